"""How values of a code and gaps between events are scaled: mean and standard deviation, learned once."""

import numpy as np

from diagnosis.core.settings import Settings

SMALLEST = 1e-6  # a standard deviation; values that are all the same stay at 0


class Scale(Settings):
    """Of the values of one code in a training split.

    Many measurements are log-normal: where the logarithm is the less skewed, it is what is scaled.
    """

    log: bool
    mean: float
    deviation: float
    low: float  # the least value there was
    high: float


def scale_of(values: np.ndarray) -> Scale | None:
    """The scale of values, float ``(n,)``; None if there are none."""
    if not len(values):
        return None
    low, high = float(values.min()), float(values.max())
    log = low > 0 and abs(_skew(np.log(values))) < abs(_skew(values))
    scaled = np.log(values) if log else values
    deviation = float(scaled.std())
    return Scale(
        log=log,
        mean=float(scaled.mean()),
        deviation=deviation if deviation > SMALLEST else 1.0,
        low=low,
        high=high,
    )


def gap_scale(gaps: np.ndarray) -> tuple[float, float]:
    """Mean and deviation of log(1 + minutes), of gaps in minutes ``(n,)``."""
    logs = np.log1p(gaps) if len(gaps) else np.zeros(1)
    deviation = float(logs.std())
    return float(logs.mean()), deviation if deviation > SMALLEST else 1.0


def _skew(values: np.ndarray) -> float:
    deviation = values.std()
    if deviation < SMALLEST:
        return 0.0
    return float((((values - values.mean()) / deviation) ** 3).mean())
