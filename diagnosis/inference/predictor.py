"""One case through one model version: forward pass, calibration, policy."""

import threading
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TypeVar
from weakref import WeakSet

import numpy as np

from diagnosis.cases import Case
from diagnosis.evaluation.decision_rule import DecisionRule, class_names
from diagnosis.evaluation.reliability import Bin
from diagnosis.inference import policy
from diagnosis.inference.detail import DetailLimit
from diagnosis.inference.out_of_distribution import OODDetector, OODResult
from diagnosis.inference.prediction import Prediction
from diagnosis.inference.split_predictions import abstention, calibration_of, observed, stored
from diagnosis.models import heads
from diagnosis.models.forward import Forward
from diagnosis.models.store import OOD, Version
from diagnosis.scans import Quality
from diagnosis.sequences import Sequence
from diagnosis.traces import Trace, decision_step
from diagnosis.traces.ablation import AblatedOutput, Ablation
from diagnosis.traces.check import check_logits, check_states, rebuilt_once
from diagnosis.traces.tracer import Tracer

T = TypeVar("T")


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
        self.calibration = calibration_of(version)
        self.threshold: float | None = version.card.threshold
        self.rule = DecisionRule(self.config.task, self.config.finding, self.threshold)
        self.population = version.population
        self.forward = Forward(version)
        self._agree: WeakSet[Tracer | Ablation] = WeakSet()  # that were seen to, once
        self._building = threading.Lock()
        self.detector = ood_detector(version)
        self.detail = detail_limit(version)
        self.abstention = abstention(version)
        self.measured = stored(version, "test")

    @cached_property
    def tracer(self) -> Tracer | None:
        """Traces of a recurrent model; None for one without states."""
        return Tracer(self.forward.model) if self.config.recurrent else None

    @cached_property
    def ablation(self) -> Ablation:
        """Predictions with ablated units.

        Raises:
            InputError: the model has no units to ablate.
        """
        return Ablation(self.forward.model)

    def predict(self, case: Case, *, trace: bool = True) -> Prediction:
        """Read a case.

        Args:
            case: a scan or an example.
            trace: whether to return states, gates and per-step predictions.

        Raises:
            InputError: the case does not have what the model reads.
            CheckError: as ``checked``.
        """
        return self.predict_perturbed(case, self.config.encoder.encode(case), trace=trace)

    def quality(self, case: Case) -> Quality:
        """Whether a case is fit to be read by this model."""
        encoder = self.config.encoder
        return case.quality(
            whole=encoder.whole, expects_grey=encoder.expects_grey, population=self.population
        )

    def predict_perturbed(
        self,
        case: Case,
        sequence: Sequence,
        *,
        trace: bool = True,
        ablated: Mapping[str, Collection[int]] = MappingProxyType({}),
    ) -> Prediction:
        """Read a case whose sequence was perturbed, or with units ablated.

        Quality and out-of-distribution check are of the case itself: a perturbation is meant to be unusual.

        Args:
            case: that the sequence was made of.
            sequence: that is read.
            trace: whether to return states, gates and per-step predictions.
            ablated: units, as ``Ablation`` takes them. There are per-step predictions then, but no trace.

        Raises:
            InputError: there are no such units, or the case does not have what the model reads.
            CheckError: as ``checked``.
        """
        image, own = self.config.encoder.example(case), self.config.encoder.encode(case)
        values, quality = sequence.values, self.quality(case)
        traced: Trace | None = None
        output: Trace | AblatedOutput | None = None
        if any(ablated.values()):
            output = self.checked(lambda: self._ablated(values, ablated))
        elif trace and self.config.recurrent:
            traced = output = self.checked(lambda: self._traced(values))
        logits = self.forward(values[None])[0] if output is None else output.logits
        probabilities = self._probabilities(logits)
        per_step = None if output is None else self._probabilities(output.per_step_logits)
        ood = self._ood(own.values)
        detail = None if self.detail is None else self.detail(image)
        (margin,) = self.rule.margins(probabilities[None]).tolist()
        too_close = policy.margin_reason(margin, self.abstention, self.config.task)
        decision = policy.decide(quality, ood, detail, too_close)
        is_predicted = decision.outcome == "predicted"
        return Prediction(
            model=self.version.name,
            version=self.version.version,
            population=self.population,
            rule=self.rule,
            outcome=decision.outcome,
            reasons=decision.reasons,
            warnings=decision.warnings,
            predicted_classes=class_names(self.rule.predict(probabilities), self.config.classes)
            if is_predicted
            else (),
            classes=self.config.classes,
            probabilities=probabilities,
            scores=heads.probabilities(logits, self.config.task),
            quality=quality,
            ood=ood,
            detail=detail,
            margin=margin,
            observed=self._observed(probabilities) if decision.outcome != "rejected" else {},
            image=image,
            sequence=sequence,
            trace=traced,
            per_step=per_step,
            decision_step=decision_step(self.rule.predict(per_step))
            if is_predicted and per_step is not None
            else None,
        )

    def checked(self, compute: Callable[[], T]) -> T:
        """Compute with what is compiled of the model; if its check fails, build that again, once.

        Raises:
            CheckError: the check failed again.
        """
        forward = self.forward

        def rebuild() -> None:
            with self._building:
                if self.forward is forward:  # no other thread was first
                    self.forward = Forward(self.version)
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

    def _ablated(
        self, sequence: np.ndarray, ablated: Mapping[str, Collection[int]]
    ) -> AblatedOutput:
        ablation = self.ablation
        self._check(ablation, sequence, lambda: ablation(sequence, {}).logits)
        return ablation(sequence, ablated)

    def _check(
        self, part: Tracer | Ablation, sequence: np.ndarray, logits: Callable[[], np.ndarray]
    ) -> None:
        """Once for whatever was compiled: the model's own layers take a hundred times as long."""
        if part not in self._agree:
            check_logits(self.forward.model, sequence, logits())
            self._agree.add(part)

    def _ood(self, values: np.ndarray) -> OODResult | None:
        if self.detector is None:
            return None
        (result,) = self.detector(values[None])
        return result

    def _observed(self, probabilities: np.ndarray) -> dict[str, Bin]:
        return {} if self.measured is None else observed(self.measured, probabilities)

    def _probabilities(self, logits: np.ndarray) -> np.ndarray:
        return heads.probabilities(self.calibration(logits), self.config.task)


def ood_detector(version: Version) -> OODDetector | None:
    """A version's out-of-distribution detector; None if it came without.

    Raises:
        ModelError: its file is not what was saved.
    """
    arrays = version.arrays(OOD, "centres", "distances")
    return None if arrays is None else OODDetector(*arrays)


def detail_limit(version: Version) -> DetailLimit | None:
    """The least detail of a version's pictures; None if it is from before that was measured."""
    ood = version.card.ood
    detail = None if ood is None else ood.detail
    return None if detail is None else DetailLimit(detail.least, detail.of)
