"""One case through one model: a scan becomes a reading, with everything that may be said about it."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, TypeVar
from weakref import WeakSet

import numpy as np

from diagnosis.core.population import Population
from diagnosis.evaluation.calibration import Calibration
from diagnosis.evaluation.reliability import Bin
from diagnosis.inference.abstention import margins
from diagnosis.inference.decision_rule import decide, named
from diagnosis.inference.detail import Detail, DetailLimit
from diagnosis.inference.out_of_distribution import OODDetector, OODResult
from diagnosis.inference.outcome_text import headline, sentence
from diagnosis.inference.split_predictions import abstention, observed, stored
from diagnosis.models import heads
from diagnosis.models.reader import Reader
from diagnosis.models.store import OOD, Version
from diagnosis.scans import Quality, Scan, assess
from diagnosis.sequences import as_sequences, frame_scan
from diagnosis.traces import AblatedOutput, Ablation, Trace, Tracer, decision_step
from diagnosis.traces.check import check_logits, check_states, rebuilt_once

Outcome = Literal["predicted", "indeterminate", "rejected"]
UNVOUCHED = "Unlike most of the training images, and the file does not state its modality."
T = TypeVar("T")


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
    sequence: np.ndarray  # the same as it was read, float32 (timesteps, features)
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


class Predictor:
    """A version that reads scans and data set images. Safe to share between threads.

    It never changes, but for what is compiled of it: that is built again if its check fails.
    """

    def __init__(self, version: Version) -> None:
        """Load it.

        Raises:
            ModelError: its files are not what was saved.
        """
        self.version = version
        self.config = version.config
        self.calibration = Calibration.from_json(version.card["calibration"])
        self.threshold: float | None = version.card["threshold"]
        self.population = version.population
        self.reader = Reader(version)
        self._agree: WeakSet[Tracer | Ablation] = WeakSet()  # that were seen to, once
        self._building = threading.Lock()
        self.detector = ood_detector(version)
        self.detail = detail_limit(version)
        self.abstention = abstention(version)
        self.measured = stored(version, "test")

    @cached_property
    def tracer(self) -> Tracer | None:
        """Traces of a recurrent model; None for one without states."""
        return Tracer(self.reader.model) if self.config.recurrent else None

    @cached_property
    def ablation(self) -> Ablation:
        """Readings with silenced units.

        Raises:
            InputError: the model has no units to silence.
        """
        return Ablation(self.reader.model)

    def read(self, scan: Scan, *, frame: int = 0, trace: bool = True) -> Prediction:
        """Read a scan.

        Args:
            scan: as read from a file.
            frame: which frame of a stack or slice of a volume, for models of pictures.
            trace: whether to keep states, gates and the running verdict.

        Raises:
            InputError: the scan does not have what the model reads.
            CheckError: as ``checked``.
        """
        preparation = self.config.preparation
        seen = None if preparation.volume else frame
        image = frame_scan(scan, preparation, frame=frame)
        return self.read_image(image, self.quality(scan, seen), trace=trace)

    def quality(self, scan: Scan, frame: int | None, *, of_data_set: bool = False) -> Quality:
        """Whether a frame, or with None all of them, is fit to be read by this model; see `assess`."""
        return assess(
            scan,
            frame,
            expects_grey=self.config.preparation.channels == 1,
            population=self.population,
            of_data_set=of_data_set,
        )

    def read_image(self, image: np.ndarray, quality: Quality, *, trace: bool = True) -> Prediction:
        """Read an image as data sets hold it, uint8 ``preparation.image_shape``."""
        (sequence,) = as_sequences(image[None], self.config.preparation)
        return self.read_sequence(sequence, image, quality, trace=trace)

    def read_sequence(
        self,
        sequence: np.ndarray,
        image: np.ndarray,
        quality: Quality,
        *,
        trace: bool = True,
        ablated: Mapping[str, Sequence[int]] = MappingProxyType({}),
    ) -> Prediction:
        """Read a prepared sequence, float32 ``(timesteps, features)``, such as one that was edited.

        Args:
            sequence: what is read.
            image: that it was made of, for showing.
            quality: of that image.
            trace: whether to keep states, gates and the running verdict.
            silenced: units that nobody hears, as ``Ablation`` takes them. There is a running verdict then,
                but no trace.

        Raises:
            InputError: there are no such units.
            CheckError: as ``checked``.
        """
        traced: Trace | None = None
        output: Trace | AblatedOutput | None = None
        if any(ablated.values()):
            output = self.checked(lambda: self._ablated(sequence, ablated))
        elif trace and self.config.recurrent:
            traced = output = self.checked(lambda: self._traced(sequence))
        logits = self.reader(sequence[None])[0] if output is None else output.logits
        probabilities = self._probabilities(logits)
        per_step = None if output is None else self._probabilities(output.per_step_logits)
        ood = self._ood(image)
        detail = None if self.detail is None else self.detail(image)
        likeness = {one.level for one in (ood, detail) if one}
        margin = self._margin(probabilities)
        indeterminate = self.abstention(margin) if self.abstention else None
        unvouched = UNVOUCHED if "amber" in likeness and not quality.modality_known else None
        refused = quality.level == "red" or bool(quality.mismatches) or "red" in likeness
        outcome: Outcome = (
            "rejected"
            if refused
            else "indeterminate"
            if indeterminate or unvouched
            else "predicted"
        )
        is_predicted = outcome == "predicted"
        return Prediction(
            model=self.version.name,
            version=self.version.version,
            population=self.population,
            outcome=outcome,
            predicted_classes=self._called(probabilities) if is_predicted else (),
            classes=self.config.classes,
            probabilities=probabilities,
            scores=heads.probabilities(logits, self.config.task),
            threshold=self.threshold,
            quality=quality,
            ood=ood,
            detail=detail,
            margin=margin,
            indeterminate=indeterminate if outcome == "indeterminate" else None,
            unvouched=unvouched if outcome == "indeterminate" else None,
            observed=self._observed(probabilities) if not refused else {},
            image=image,
            sequence=sequence,
            trace=traced,
            per_step=per_step,
            decision_step=decision_step(self._answers(per_step))
            if is_predicted and per_step is not None
            else None,
        )

    def checked(self, compute: Callable[[], T]) -> T:
        """Compute with what is compiled of the model; if its check fails, build that again, once.

        Raises:
            CheckError: the check failed again.
        """
        reader = self.reader

        def rebuild() -> None:
            with self._building:
                if self.reader is reader:  # no other thread was first
                    self.reader = Reader(self.version)
                    for part in ("tracer", "ablation"):
                        self.__dict__.pop(part, None)

        return rebuilt_once(compute, rebuild)

    def _traced(self, sequence: np.ndarray) -> Trace:
        tracer = self.tracer
        assert tracer is not None
        trace = tracer(sequence)
        check_states(trace.difference)
        self._check(tracer, sequence, lambda: trace.logits)
        return trace

    def _ablated(self, sequence: np.ndarray, ablated: Mapping[str, Sequence[int]]) -> AblatedOutput:
        ablation = self.ablation
        self._check(ablation, sequence, lambda: ablation(sequence, {}).logits)
        return ablation(sequence, ablated)

    def _check(
        self, part: Tracer | Ablation, sequence: np.ndarray, logits: Callable[[], np.ndarray]
    ) -> None:
        """Once for whatever was compiled: the model's own layers take a hundred times as long."""
        if part not in self._agree:
            check_logits(self.reader.model, sequence, logits())
            self._agree.add(part)

    def _ood(self, image: np.ndarray) -> OODResult | None:
        if self.detector is None:
            return None
        (found,) = self.detector(as_sequences(image[None], self.config.preparation))
        return found

    def _observed(self, probabilities: np.ndarray) -> dict[str, Bin]:
        return {} if self.measured is None else observed(self.measured, probabilities)

    def _margin(self, probabilities: np.ndarray) -> float:
        config = self.config
        (margin,) = margins(
            probabilities[None], task=config.task, finding=config.finding, threshold=self.threshold
        )
        return float(margin)

    def _probabilities(self, logits: np.ndarray) -> np.ndarray:
        return heads.probabilities(self.calibration(logits), self.config.task)

    def _answers(self, probabilities: np.ndarray) -> np.ndarray:
        """What is called: a class ``(...)``; for multi-label tasks each label or not, ``(..., classes)``."""
        config = self.config
        return decide(
            probabilities, task=config.task, finding=config.finding, threshold=self.threshold
        )

    def _called(self, probabilities: np.ndarray) -> tuple[str, ...]:
        return named(self._answers(probabilities), self.config.classes)


def ood_detector(version: Version) -> OODDetector | None:
    """What tells cases that are not like a version's training images; None if it came without.

    Raises:
        ModelError: its file is not what was saved.
    """
    arrays = version.arrays(OOD, "centres", "distances")
    return None if arrays is None else OODDetector(*arrays)


def detail_limit(version: Version) -> DetailLimit | None:
    """The least detail of a version's pictures; None if it is from before that was measured."""
    known = version.card.get("ood", {}).get("detail")
    return None if known is None else DetailLimit(float(known["least"]), int(known["of"]))
