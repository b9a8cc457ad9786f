"""Two models on the same cases: the differences of their figures, with intervals and tests.

Cases that are hard for one model are mostly hard for the other, so the difference is known more precisely
than two separate intervals suggest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from diagnosis.evaluation.auc import mean_auc, placement_variance, placements
from diagnosis.evaluation.decision_rule import DecisionRule
from diagnosis.evaluation.estimates import LEVEL, Estimate, bootstrap, proportion

DELONG = "DeLong's covariance"
SQUARE_AND_ADD = "Newcombe's interval, McNemar's exact test"
BOOTSTRAP = "paired bootstrap"
DRAWS = {
    "multi-label": 100
}  # ranking every label takes long; 500 otherwise, as for the figures themselves


@dataclass(frozen=True)
class Difference:
    """A figure of the first model minus that of the second."""

    figure: Estimate
    p: float | None  # two-sided, of there being no difference; None where the method tests nothing
    n: int  # cases it was measured on
    method: str
    only_first: int | None = None  # cases that only the first model has right; of proportions
    only_second: int | None = None

    @property
    def apart(self) -> bool:
        """Whether the interval excludes 0; no where there is none."""
        return self.figure.lower > 0 or self.figure.upper < 0

    @property
    def signs(self) -> int:
        """How many of interval and test speak for a difference, 0 to 2; both count where there is no test."""
        outside = self.apart
        return outside + (outside if self.p is None else self.p < 1 - self.figure.level)

    def to_json(self) -> dict[str, Any]:
        """The estimate's keys, and ``p``, ``n``, ``method``, ``only_first``, ``only_second``."""
        return self.figure.to_json() | {
            "p": self.p,
            "n": self.n,
            "method": self.method,
            "only_first": self.only_first,
            "only_second": self.only_second,
        }


def compare(
    labels: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    *,
    rules: tuple[DecisionRule, DecisionRule],
) -> Mapping[str, Difference]:
    """Differences of two models of one task.

    Args:
        labels: int, ``(n,)``, or 0/1 ``(n, classes)`` for multi-label tasks.
        first: calibrated probabilities of the first model, ``(n, classes)``.
        second: of the second.
        rules: of each; they differ in their thresholds alone.

    Returns:
        By name: auc and accuracy, in binary tasks also sensitivity and specificity. Multi-label tasks are
        bootstrapped over cases, because the labels of one case are not independent: there is no test of
        their errors.

    Raises:
        ValueError: a class is missing.
    """
    task, finding = rules[0].task, rules[0].finding
    right = [  # bool (n,), or (n, classes)
        rule.predict(probabilities) == labels
        for rule, probabilities in zip(rules, (first, second), strict=True)
    ]
    if task == "binary":
        assert finding is not None
        truth = labels == finding
        return {
            "auc": auc_difference(truth, first[:, finding], second[:, finding]),
            "accuracy": proportion_difference(*right),
            "sensitivity": proportion_difference(*(hits[truth] for hits in right)),
            "specificity": proportion_difference(*(hits[~truth] for hits in right)),
        }
    one_hot = labels == 1 if labels.ndim == 2 else np.eye(first.shape[1], dtype=bool)[labels]
    measured = {"auc": _bootstrapped(_auc_apart, one_hot, first, second, task=task)}
    if task == "multi-label":
        measured["accuracy"] = _bootstrapped(_mean_apart, *right, task=task)
    else:
        measured["accuracy"] = proportion_difference(*right)
    return measured


def auc_difference(truth: np.ndarray, first: np.ndarray, second: np.ndarray) -> Difference:
    """Difference of two AUCs on the same cases, with DeLong's covariance.

    DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988), equation 5 for the contrast (1, -1): its variance
    is that of the differences of the placements. Interval and test are normal, so they agree.

    Args:
        truth: bool or 0/1, ``(n,)``.
        first: scores of the first model, ``(n,)``; higher means more likely true.
        second: of the second.

    Raises:
        ValueError: one of the two classes is missing.
    """
    above, below = (
        one - other
        for one, other in zip(placements(truth, first), placements(truth, second), strict=True)
    )
    difference = float(above.mean())
    error = float(np.sqrt(placement_variance(above, below)))
    if error == 0:  # the models order all pairs alike, or there are too few cases to see a variance
        edge, p = (0.0, 1.0) if difference == 0 else (float("nan"), float("nan"))
    else:
        edge = float(stats.norm.ppf(0.5 + LEVEL / 2)) * error
        p = float(2 * stats.norm.sf(abs(difference) / error))
    interval = Estimate(difference, difference - edge, difference + edge)
    return Difference(interval, p, len(above) + len(below), DELONG)


def proportion_difference(first: np.ndarray, second: np.ndarray) -> Difference:
    """Difference of two proportions of the same cases.

    Interval: square-and-add of Wilson's, with corrected φ: Newcombe, Statist. Med. 17:2635 (1998), method 10,
    one of the three recommended by Fagerland, Lydersen & Laake, Statist. Med. 33:2850 (2014). Test: McNemar,
    Psychometrika 12:153 (1947), in its exact form: of the cases that only one model has right, each half.
    Interval and test may disagree where 0 is at the edge of the interval: the exact test is the stricter one.

    Args:
        first: bool, ``(n,)``: which cases the first model has right.
        second: likewise.
    """
    n = len(first)
    both, neither = int((first & second).sum()), int((~first & ~second).sum())
    only_first, only_second = int((first & ~second).sum()), int((~first & second).sum())
    one, other = proportion(both + only_first, n), proportion(both + only_second, n)
    difference = one.estimate - other.estimate
    phi = _corrected_phi(both, only_first, only_second, neither)
    lower = difference - _joined(one.estimate - one.lower, other.upper - other.estimate, phi)
    upper = difference + _joined(one.upper - one.estimate, other.estimate - other.lower, phi)
    discordant = only_first + only_second
    p = float(stats.binomtest(only_first, discordant).pvalue) if discordant else 1.0
    return Difference(
        Estimate(difference, lower, upper), p, n, SQUARE_AND_ADD, only_first, only_second
    )


def _corrected_phi(a: int, b: int, c: int, d: int) -> float:
    """Newcombe's φ: that of the table a b / c d, drawn n/2 towards 0 from above."""
    product = float(a * d - b * c)
    if product > 0:
        product = max(product - (a + b + c + d) / 2, 0.0)
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    return float(product / np.sqrt(margins)) if margins else 0.0


def _joined(one: float, other: float, phi: float) -> float:
    """How far the difference reaches, from how far each of two correlated figures does."""
    return float(np.sqrt(one**2 - 2 * phi * one * other + other**2))


def _bootstrapped(statistic: Any, *arrays: np.ndarray, task: str) -> Difference:
    interval = bootstrap(statistic, *arrays, draws=DRAWS.get(task, 500))
    return Difference(interval, None, len(arrays[0]), BOOTSTRAP)


def _auc_apart(truth: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    return mean_auc(truth, first) - mean_auc(truth, second)


def _mean_apart(first: np.ndarray, second: np.ndarray) -> float:
    """Of multi-label predictions: the mean over cases and labels, as MedMNIST has it."""
    return float(first.mean() - second.mean())
