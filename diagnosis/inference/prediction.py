"""The output of one model version for one case: probabilities, outcome and the facts behind it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from diagnosis.core.population import Population
from diagnosis.core.reason import Reason
from diagnosis.evaluation.decision_rule import DecisionRule
from diagnosis.evaluation.reliability import Bin
from diagnosis.inference.detail import Detail
from diagnosis.inference.out_of_distribution import OODResult
from diagnosis.inference.policy import Outcome
from diagnosis.inference.scan_kind import ScanKind
from diagnosis.scans import Quality
from diagnosis.sequences import Sequence
from diagnosis.traces import Trace


@dataclass(frozen=True, eq=False)
class Prediction:
    """What one model version predicts for one image, or why it abstains."""

    model: str  # "data set/variant"
    version: str
    population: Population  # whom the model is for
    rule: DecisionRule
    outcome: Outcome
    reasons: tuple[Reason, ...]  # of an abstention; none if predicted
    warnings: tuple[Reason, ...]  # amber findings
    predicted_classes: tuple[str, ...]  # one; any number for multi-label tasks; none if it abstains
    classes: tuple[str, ...]
    probabilities: np.ndarray  # calibrated, float64 (classes,)
    scores: np.ndarray  # before calibration, float64 (classes,)
    quality: Quality
    ood: OODResult | None  # None for versions without the check
    detail: Detail | None  # likewise
    scan_kind: ScanKind | None  # None for versions that do not ask for it
    margin: float  # distance from another prediction, in log odds (`DecisionRule.margins`)
    observed: dict[str, Bin]  # by class, of the test cases of similar probability; none if rejected
    image: np.ndarray  # uint8: what the model saw
    sequence: Sequence  # the same as the network received it
    trace: Trace | None  # recurrent models, on request
    per_step: np.ndarray | None  # calibrated, (timesteps, classes)
    decision_step: int | None  # see `traces.decision_step`; None, too, if it abstains

    @property
    def threshold(self) -> float | None:
        """Binary: of the finding's probability."""
        return self.rule.threshold

    @property
    def is_predicted(self) -> bool:
        """Whether the model did not abstain."""
        return self.outcome == "predicted"

    @property
    def is_rejected(self) -> bool:
        """Whether the case is not analysed: its numbers are no prediction, and not shown as one."""
        return self.outcome == "rejected"

    @property
    def never_crossed(self) -> bool:
        """Whether what is predicted was so after every step: there is no decision step."""
        return self.is_predicted and self.per_step is not None and self.decision_step is None

    @property
    def findings(self) -> tuple[Reason, ...]:
        """Reasons and warnings."""
        return self.reasons + self.warnings

    def to_json(self) -> dict[str, Any]:
        """Everything but image and trace.

        ``prediction`` is a string for single-label tasks, a list (of any length) for multi-label tasks, and
        null if the model abstains. ``reasons`` and ``warnings`` are lists of ``{"code", ...facts}``.
        """
        return {
            "model": self.model,
            "version": self.version,
            "population": self.population.to_json(),
            "outcome": self.outcome,
            "prediction": self.prediction_json(),
            "reasons": [reason.to_json() for reason in self.reasons],
            "warnings": [reason.to_json() for reason in self.warnings],
            "probabilities": self.by_class(self.probabilities),
            "scores": self.by_class(self.scores),
            "threshold": self.threshold,
            "quality": self.quality.to_json(),
            "ood": None if self.ood is None else self.ood.to_json(),
            "detail": None if self.detail is None else self.detail.to_json(),
            "scan_kind": None if self.scan_kind is None else self.scan_kind.to_json(),
            "observed": {name: similar.to_json() for name, similar in self.observed.items()},
            "margin": self.margin,
            "decision_step": None if self.decision_step is None else self.decision_step + 1,
            "trace_difference": None if self.trace is None else self.trace.difference,
        }

    def prediction_json(self) -> str | list[str] | None:
        """A class, a list of labels for multi-label tasks, or None."""
        if not self.is_predicted:
            return None
        if self.rule.task == "multi-label":
            return list(self.predicted_classes)
        return self.predicted_classes[0]

    def by_class(self, values: np.ndarray) -> dict[str, float]:
        """Numbers ``(classes,)`` by the names of the classes."""
        return dict(zip(self.classes, map(float, values), strict=True))
