"""Operating points of a binary task: the threshold, its error rates, and its cost ratio."""

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from scipy import stats
from scipy.special import expit, logit

from diagnosis.evaluation.estimates import LEVEL, Estimate, proportion

Probability = TypeVar("Probability", float, np.ndarray)


@dataclass(frozen=True)
class Confusion:
    """Confusion matrix; positive cases have the finding."""

    true_positive: int
    false_negative: int
    false_positive: int
    true_negative: int

    @property
    def positive(self) -> int:
        """Cases with the finding."""
        return self.true_positive + self.false_negative

    @property
    def negative(self) -> int:
        """Cases without it."""
        return self.false_positive + self.true_negative

    @property
    def sensitivity(self) -> Estimate:
        """Share of the cases with the finding that is predicted positive."""
        return proportion(self.true_positive, self.positive)

    @property
    def specificity(self) -> Estimate:
        """Share of the cases without it that is predicted negative."""
        return proportion(self.true_negative, self.negative)

    @property
    def ppv(self) -> Estimate:
        """Share of the predicted positives that have the finding, at the prevalence of these cases."""
        return proportion(self.true_positive, self.true_positive + self.false_positive)

    @property
    def npv(self) -> Estimate:
        """Share of the predicted negatives that do not have it, at the prevalence of these cases."""
        return proportion(self.true_negative, self.true_negative + self.false_negative)

    @property
    def accuracy(self) -> Estimate:
        """Share of all cases that is classified correctly."""
        return proportion(self.true_positive + self.true_negative, self.positive + self.negative)

    @property
    def prevalence(self) -> float:
        """Share of these cases that has the finding."""
        return self.positive / (self.positive + self.negative)

    def to_json(self) -> dict[str, Any]:
        """The four counts."""
        return dict(vars(self))


def confusion(truth: np.ndarray, probability: np.ndarray, threshold: float) -> Confusion:
    """Count at a threshold.

    Args:
        truth: bool, ``(n,)``: who has the finding.
        probability: of the finding, ``(n,)``.
        threshold: positive at or above this probability.
    """
    predicted = probability >= threshold
    return Confusion(
        true_positive=int((predicted & truth).sum()),
        false_negative=int((~predicted & truth).sum()),
        false_positive=int((predicted & ~truth).sum()),
        true_negative=int((~predicted & ~truth).sum()),
    )


def predictive_values(counts: Confusion, prevalence: float) -> tuple[Estimate, Estimate]:
    """Positive and negative predictive value where the finding is more or less common than among the cases.

    From sensitivity and specificity by Bayes' rule. The interval is on the logit scale (Mercaldo, Lau &
    Zhou, Statistics in Medicine 26, 2007), with half a case added to each count (Haldane 1956), so that it
    exists at 0 and 1, too. Their own adjustment, half of z², covers less than it promises
    (tests/evaluation/test_operating.py).

    Args:
        counts: with cases of both kinds.
        prevalence: between 0 and 1, both excluded.

    Raises:
        ValueError: cases of one kind are missing, or the prevalence is 0 or 1.
    """
    if not (counts.positive and counts.negative and 0 < prevalence < 1):
        raise ValueError("Predictive values need cases of both kinds and a prevalence within 0..1.")
    z = float(stats.norm.ppf(0.5 + LEVEL / 2))
    n1, n0 = counts.positive + 1, counts.negative + 1
    sensitivity, specificity = (counts.true_positive + 0.5) / n1, (counts.true_negative + 0.5) / n0
    odds = logit(prevalence)
    positive = odds + np.log(sensitivity / (1 - specificity))
    negative = -odds + np.log(specificity / (1 - sensitivity))
    spread_positive = z * np.sqrt(
        (1 - sensitivity) / (sensitivity * n1) + specificity / ((1 - specificity) * n0)
    )
    spread_negative = z * np.sqrt(
        sensitivity / ((1 - sensitivity) * n1) + (1 - specificity) / (specificity * n0)
    )
    detected = counts.sensitivity.estimate * prevalence
    false_positive = (1 - counts.specificity.estimate) * (1 - prevalence)
    missed = (1 - counts.sensitivity.estimate) * prevalence
    cleared = counts.specificity.estimate * (1 - prevalence)
    return (
        _around(detected, false_positive, positive, spread_positive),
        _around(cleared, missed, negative, spread_negative),
    )


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold, its confusion matrix on a split, and its figures at another prevalence."""

    threshold: float  # positive at or above this probability
    counts: Confusion
    calibrated_at: float | None  # prevalence among the cases of the calibration
    prevalence: float | None = None  # where the model is used; None: as among these cases

    @property
    def ppv(self) -> Estimate:
        """Positive predictive value at the prevalence."""
        if self.prevalence is None:
            return self.counts.ppv
        return predictive_values(self.counts, self.prevalence)[0]

    @property
    def npv(self) -> Estimate:
        """Negative predictive value at the prevalence."""
        if self.prevalence is None:
            return self.counts.npv
        return predictive_values(self.counts, self.prevalence)[1]

    @property
    def cost_ratio(self) -> float | None:
        """Cost ratio (missed case : false positive) for which this threshold is optimal.

        None if the prevalence among the cases of the calibration is unknown.
        """
        if self.calibrated_at is None:
            return None
        prevalence = self.counts.prevalence if self.prevalence is None else self.prevalence
        return cost_ratio(
            at_prevalence(self.threshold, known=self.calibrated_at, prevalence=prevalence)
        )

    def to_json(self) -> dict[str, Any]:
        """Threshold, prevalence, counts, the figures that follow from them, and the cost ratio."""
        of_counts = ("sensitivity", "specificity", "accuracy")
        return {
            "threshold": self.threshold,
            "prevalence": self.prevalence,
            "counts": self.counts.to_json(),
            **{name: getattr(self.counts, name).to_json() for name in of_counts},
            "ppv": self.ppv.to_json(),
            "npv": self.npv.to_json(),
            "cost_ratio": self.cost_ratio,
        }


def _around(right: float, wrong: float, centre: float, spread: float) -> Estimate:
    """The share of ``right`` with its interval; NaN where there is no such prediction."""
    if right + wrong == 0:
        return Estimate(float("nan"), float("nan"), float("nan"))
    value = right / (right + wrong)
    lower, upper = expit(centre - spread), expit(centre + spread)
    return Estimate(value, min(float(lower), value), max(float(upper), value))


def at_prevalence(probability: Probability, *, known: float, prevalence: float) -> Probability:
    """A probability that was calibrated at one prevalence, at another: the odds shift with the prior odds.

    Saerens, Latinne & Decaestecker, Neural Computation 14 (2002), equation 2.4.

    Args:
        probability: of the finding, in 0..1; one or several.
        known: prevalence among the cases of the calibration.
        prevalence: elsewhere.
    """
    if prevalence == known:
        return probability
    shifted: np.ndarray = expit(logit(probability) + (logit(prevalence) - logit(known)))
    return shifted if isinstance(probability, np.ndarray) else float(shifted)


def cost_ratio(threshold: float) -> float:
    """Cost ratio (missed case : false positive) for which this threshold is optimal.

    There the expected harm of a miss equals that of a false positive: Pauker & Kassirer, New England
    Journal of Medicine 302 (1980). Infinite at 0.
    """
    return float("inf") if threshold == 0 else (1 - threshold) / threshold


def operating_point(probability: np.ndarray, truth: np.ndarray) -> float:
    """The threshold with the highest sensitivity + specificity (Youden, Cancer 1950).

    Fitted on the validation split. It does not depend on the prevalence, as accuracy does, which differs
    between clinics. Between equally good thresholds the middle one is taken.

    Args:
        probability: of the finding, ``(n,)``.
        truth: bool, ``(n,)``.

    Raises:
        ValueError: one of the two classes is missing.
    """
    from sklearn.metrics import roc_curve

    if truth.all() or not truth.any():
        raise ValueError("An operating point needs cases with and without the finding.")
    false_rate, true_rate, thresholds = roc_curve(truth, probability, drop_intermediate=False)
    best = int(np.argmax(true_rate - false_rate))
    below = probability[probability < thresholds[best]]
    low = below.max() if len(below) else 0.0
    return float((min(thresholds[best], 1.0) + low) / 2)
