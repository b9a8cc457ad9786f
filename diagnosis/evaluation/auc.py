"""Area under the ROC curve, with DeLong's variance."""

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
    truth = np.asarray(truth, bool)
    positive, negative = np.asarray(scores)[truth], np.asarray(scores)[~truth]
    m, n = len(positive), len(negative)
    if m == 0 or n == 0:
        raise ValueError("An AUC needs cases of both classes.")
    everything = stats.rankdata(np.concatenate([positive, negative]))
    # placement: the share of the other class that lies below a case, ties counted half
    above = (everything[:m] - stats.rankdata(positive)) / n  # (m,)
    below = 1 - (everything[m:] - stats.rankdata(negative)) / m  # (n,)
    variance = (np.var(above, ddof=1) / m if m > 1 else 0.0) + (
        np.var(below, ddof=1) / n if n > 1 else 0.0
    )
    return float(above.mean()), float(variance)
