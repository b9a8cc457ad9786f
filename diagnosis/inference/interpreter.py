"""What the output of one model version means for a case: calibration, decision rule and policy. No Keras."""

import numpy as np

from diagnosis.cases import Case
from diagnosis.evaluation.decision_rule import DecisionRule, class_names
from diagnosis.evaluation.reliability import Bin
from diagnosis.inference import policy
from diagnosis.inference.detail import DetailLimit
from diagnosis.inference.out_of_distribution import OODDetector, OODResult
from diagnosis.inference.prediction import Prediction
from diagnosis.inference.scan_kind import ScanKind, kind_of, kind_reader
from diagnosis.inference.split_predictions import abstention, calibration_of, observed, stored
from diagnosis.models import heads
from diagnosis.models.store import OOD, Version
from diagnosis.scans import Quality
from diagnosis.sequences import Sequence
from diagnosis.traces import Trace, decision_step


class Interpreter:
    """Makes predictions of a version's logits. It never changes: safe to share between threads."""

    def __init__(self, version: Version) -> None:
        """Read what the version has beside its weights.

        Raises:
            ModelError: its files are not what was saved.
        """
        self.version = version
        self.config = version.config
        self.calibration = calibration_of(version)
        self.threshold: float | None = version.card.threshold
        self.rule = DecisionRule(self.config.task, self.config.finding, self.threshold)
        self.population = version.population
        self.detector = ood_detector(version)
        self.detail = detail_limit(version)
        self.kind = kind_of(version)
        self.kinds = None if self.kind is None else kind_reader()
        self.abstention = abstention(version)
        self.measured = stored(version, "test")

    def quality(self, case: Case) -> Quality:
        """Whether a case is fit to be read by this model."""
        return self.config.encoder.quality(case, self.population)

    def prediction(
        self,
        case: Case,
        sequence: Sequence,
        logits: np.ndarray,
        *,
        per_step_logits: np.ndarray | None = None,
        trace: Trace | None = None,
    ) -> Prediction:
        """What logits mean.

        Quality and out-of-distribution check are of the case itself: a perturbation is meant to be unusual.

        Args:
            case: that the sequence was made of.
            sequence: that was read.
            logits: of it, ``(logits,)``.
            per_step_logits: had it ended after each timestep, ``(timesteps, logits)``.
            trace: of it.

        Raises:
            InputError: the case does not have what the model reads.
        """
        image, own = self.config.encoder.example(case), self.config.encoder.encode(case)
        quality = self.quality(case)
        probabilities = self._probabilities(logits)
        per_step = None if per_step_logits is None else self._probabilities(per_step_logits)
        ood = self._ood(own.values)
        detail = None if self.detail is None else self.detail(image)
        scan_kind = self._scan_kind(image)
        (margin,) = self.rule.margins(probabilities[None]).tolist()
        too_close = policy.margin_reason(margin, self.abstention, self.config.task)
        decision = policy.decide(quality, ood, detail, too_close, scan_kind)
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
            scan_kind=scan_kind,
            margin=margin,
            observed=self._observed(probabilities) if decision.outcome != "rejected" else {},
            image=image,
            sequence=sequence,
            trace=trace,
            per_step=per_step,
            decision_step=decision_step(self.rule.predict(per_step))
            if is_predicted and per_step is not None
            else None,
        )

    def _ood(self, values: np.ndarray) -> OODResult | None:
        if self.detector is None:
            return None
        (result,) = self.detector(self.config.encoder.summary(values[None]))
        return result

    def _scan_kind(self, image: np.ndarray) -> ScanKind | None:
        if self.kinds is None or self.kind is None:
            return None
        return self.kinds(image, self.kind)

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
