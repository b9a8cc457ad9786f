"""How long one scan takes a model, measured here and now."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from diagnosis.inference.predictor import Predictor

ROUNDS, WARM_UPS = 15, 2


@dataclass(frozen=True)
class Timing:
    """Median milliseconds of one prepared scan, in this process, after it was compiled."""

    forward: float  # the prediction alone
    trace: float | None  # with states, gates and per-step predictions; None for a CNN


def time_of(model: Predictor) -> Timing:
    """Measure a model on a blank scan: pixel values do not change the work."""
    encoder = model.config.encoder
    sequence = np.zeros((encoder.length, encoder.features), np.float32)
    tracer = model.tracer
    return Timing(
        forward=_median(lambda: model.forward(sequence[None])),
        trace=None if tracer is None else _median(lambda: tracer(sequence)),
    )


def _median(call: Callable[[], object]) -> float:
    times = []
    for _ in range(WARM_UPS + ROUNDS):
        started = time.perf_counter()
        call()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times[WARM_UPS:])
