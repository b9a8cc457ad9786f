"""Estimates: a measured figure with its interval. Sentences are in ``diagnosis.text.evaluation``."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A figure with its confidence interval (the shape of CHAI's model card, schema v0.2)."""

    estimate: float
    lower: float
    upper: float
    level: float = LEVEL

    def to_json(self) -> dict[str, Any]:
        """``{"estimate", "lower", "upper", "level"}``."""
        return asdict(self)

    def __str__(self) -> str:
        if math.isnan(self.estimate):
            return "–"
        return f"{self.estimate:.3f} ({self.lower:.3f}–{self.upper:.3f})"


def proportion(hits: int, cases: int) -> Estimate:
    """A proportion with Wilson's score interval (Wilson, JASA 1927); NaN without cases."""
    if cases == 0:
        return Estimate(float("nan"), float("nan"), float("nan"))
    from scipy import stats  # takes a third of a second; commands that only list need none of it

    interval = stats.binomtest(hits, cases).proportion_ci(LEVEL, method="wilson")
    return Estimate(hits / cases, float(interval.low), float(interval.high))


def bootstrap(statistic: Any, *arrays: np.ndarray, draws: int = 500, seed: int = 1) -> Estimate:
    """A statistic of paired arrays with its percentile bootstrap interval (Efron 1979).

    Args:
        statistic: function of the arrays; may raise ValueError for a draw that lacks a class, which is
            then left out.
        arrays: ``(n, ...)`` each, resampled together.
        draws: bootstrap samples.
        seed: of the resampling.
    """
    rng = np.random.default_rng(seed)
    cases = len(arrays[0])
    values = []
    for _ in range(draws):
        chosen = rng.integers(0, cases, cases)
        try:
            values.append(statistic(*(array[chosen] for array in arrays)))
        except ValueError:
            continue
    tail = 100 * (1 - LEVEL) / 2
    lower, upper = np.nanpercentile(values, [tail, 100 - tail]) if values else (np.nan, np.nan)
    return Estimate(float(statistic(*arrays)), float(lower), float(upper))
