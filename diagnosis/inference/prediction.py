"""What one model version makes of one case, with everything that may be said about it."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from diagnosis.core.population import Population
from diagnosis.evaluation.reliability import Bin
from diagnosis.inference.detail import Detail
from diagnosis.inference.out_of_distribution import OODResult
from diagnosis.inference.outcome_text import headline, sentence
from diagnosis.scans import Quality
from diagnosis.sequences import Sequence
from diagnosis.traces import Trace

Outcome = Literal["predicted", "indeterminate", "rejected"]


@dataclass(frozen=True, eq=False)
class Prediction:
    """What one model version made of one image."""

    model: str  # "data set/variant"
    version: str
    population: Population  # whom the model is for
    outcome: Outcome  # "no call": too close; "refused": not fit to be called; see `refusals`
    predicted_classes: tuple[
        str, ...
    ]  # classes that are called; several only for multi-label tasks
    classes: tuple[str, ...]
    probabilities: np.ndarray  # calibrated, float64 (classes,)
    scores: np.ndarray  # before calibration, float64 (classes,)
    threshold: float | None  # binary: of the finding's probability
    quality: Quality  # of the picture, for any model of its kind
    ood: OODResult | None  # how unlike the training pictures; None for versions that cannot tell
    detail: Detail | None  # whether it has as much as they have; None likewise
    margin: float  # how far the answer is from another one, in log odds (evaluation.abstention)
    indeterminate: str | None  # why that is too close to call; None if it is not
    unvouched: str | None  # why nobody can tell whether the model is for it; None if one can
    observed: dict[str, Bin]  # of the test cases with the most similar estimates; none if refused
    image: np.ndarray  # uint8: what the model saw
    sequence: Sequence  # the same as it was read
    trace: Trace | None  # recurrent models, if it was asked for
    per_step: (
        np.ndarray | None
    )  # calibrated probabilities after each timestep, (timesteps, classes)
    decision_step: int | None  # timestep from which the answer stays; None if nothing is called

    def to_json(self) -> dict[str, Any]:
        """The answer and what is said about it, without picture and trace."""
        return {
            "model": self.model,
            "version": self.version,
            "population": self.population.to_json(),
            "outcome": self.outcome,
            "predicted": list(self.predicted_classes) if self.is_predicted else None,
            "probabilities": self.by_class(self.probabilities),
            "scores": self.by_class(self.scores),
            "threshold": self.threshold,
            "quality": {"level": self.quality.level, "reasons": list(self.quality.reasons)},
            "ood": None if self.ood is None else self.ood.to_json(),
            "detail": None if self.detail is None else self.detail.to_json(),
            "observed": {name: alike.to_json() for name, alike in self.observed.items()},
            "margin": self.margin,
            "mismatches": [mismatch.to_json() for mismatch in self.quality.mismatches],
            "codes": list(self.codes),
            "refusals": list(self.refusals),
            "decision_step": None if self.decision_step is None else self.decision_step + 1,
            "trace_difference": None if self.trace is None else self.trace.difference,
        }

    def by_class(self, values: np.ndarray) -> dict[str, float]:
        """Numbers ``(classes,)`` by the names of the classes."""
        return dict(zip(self.classes, map(float, values), strict=True))

    @property
    def is_predicted(self) -> bool:
        """Whether it is called."""
        return self.outcome == "predicted"

    @property
    def codes(self) -> tuple[str, ...]:
        """Why nothing is called, a code each, in the order of `refusals`; empty if something is."""
        return tuple(code for code, _ in self._against)

    @property
    def headline(self) -> str:
        """The same in a few words."""
        return headline(self.outcome, self.codes)

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why nothing is called, a sentence each; empty if something is."""
        return tuple(words for _, words in self._against)

    @property
    def _against(self) -> tuple[tuple[str, str], ...]:
        if self.outcome == "indeterminate":
            found: list[tuple[str, str | None]] = [
                ("margin", self.indeterminate),
                ("modality not stated", self.unvouched),
            ]
        else:
            found = [(each.code, sentence(each)) for each in self.quality.mismatches]
            if self.quality.level == "red":
                found += [("quality", reason) for reason in self.quality.reasons]
            likeness = (("similarity", self.ood), ("detail", self.detail))
            found += [(code, one.sentence) for code, one in likeness if one and one.level == "red"]
        return tuple((code, words) for code, words in found if words)

    @property
    def doubts(self) -> tuple[str, ...]:
        """Everything that was found against calling it, red or amber, a sentence each."""
        likeness = (self.ood, self.detail)
        found = (
            *(sentence(each) for each in self.quality.mismatches),
            *self.quality.reasons,
            *(one.sentence for one in likeness if one and one.level != "green"),
            self.indeterminate,
            self.unvouched,
        )
        return tuple(filter(None, found))
