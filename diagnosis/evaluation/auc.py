"""Area under the ROC curve, with DeLong's placements and variance."""

import numpy as np
from scipy import stats

from diagnosis.evaluation.estimates import LEVEL, Estimate, proportion


def auc(truth: np.ndarray, scores: np.ndarray) -> Estimate:
    """AUC with its interval by DeLong, on the logit scale so that it stays within 0..1.

    Method: DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988); placements from midranks after Sun & Xu,
    IEEE Signal Processing Letters 21 (2014). Logit-transformed interval: Pepe (2003), section 5.2.

    Args:
        truth: bool or 0/1, ``(n,)``.
        scores: float, ``(n,)``; higher means more likely true.

    Raises:
        ValueError: one of the two classes is missing.
    """
    value, variance = auc_variance(truth, scores)
    if (
        not 0 < value < 1 or variance == 0
    ):  # no variance to be seen: Wilson's interval for the rarer class
        fewest = int(min(np.sum(truth), np.sum(~np.asarray(truth, bool))))
        edge = proportion(round(value * fewest), fewest)
        return Estimate(value, min(edge.lower, value), max(edge.upper, value))
    centre = np.log(value / (1 - value))
    spread = stats.norm.ppf(0.5 + LEVEL / 2) * np.sqrt(variance) / (value * (1 - value))
    lower, upper = 1 / (1 + np.exp(-(centre + np.array([-spread, spread]))))
    return Estimate(value, float(lower), float(upper))


def auc_variance(truth: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    """AUC and DeLong's variance of it; arguments and errors as ``auc``."""
    above, below = placements(truth, scores)
    return float(above.mean()), placement_variance(above, below)


def placements(truth: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """DeLong's placements: how much of the other class each case is ordered rightly with, ties counted half.

    Args:
        truth: bool or 0/1, ``(n,)``.
        scores: float, ``(n,)``.

    Returns:
        V10, of the true cases: the share of the others that scores lower, ``(m,)``; and V01, of the others:
        the share of the true cases that scores higher, ``(n - m,)``. The mean of either is the AUC.

    Raises:
        ValueError: one of the two classes is missing.
    """
    truth = np.asarray(truth, bool)
    positive, negative = np.asarray(scores)[truth], np.asarray(scores)[~truth]
    m, n = len(positive), len(negative)
    if m == 0 or n == 0:
        raise ValueError("An AUC needs cases of both classes.")
    everything = stats.rankdata(np.concatenate([positive, negative]))
    above = (everything[:m] - stats.rankdata(positive)) / n  # (m,)
    below = 1 - (everything[m:] - stats.rankdata(negative)) / m  # (n,)
    return above, below


def placement_variance(above: np.ndarray, below: np.ndarray) -> float:
    """DeLong's variance of the mean of placements ``(m,)`` and ``(n,)``, or of their differences."""
    return float(
        sum(np.var(each, ddof=1) / len(each) if len(each) > 1 else 0.0 for each in (above, below))
    )


def mean_auc(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean one-against-rest AUC of several classes.

    From ranks, all classes at once: scikit-learn's ``roc_auc_score`` gives the same and takes a
    hundred times as long, which counts in a bootstrap.

    Args:
        truth: bool or 0/1, ``(n, classes)``.
        probabilities: float, ``(n, classes)``.

    Raises:
        ValueError: a class is missing, or is all there is.
    """
    truth = truth.astype(bool)
    present = truth.sum(axis=0)  # (classes,)
    absent = len(truth) - present
    if not (present.all() and absent.all()):
        raise ValueError("A class is missing.")
    ranks = stats.rankdata(probabilities, axis=0)  # ties share their mean rank
    below = (ranks * truth).sum(axis=0) - present * (present + 1) / 2
    return float((below / (present * absent)).mean())
