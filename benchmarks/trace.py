"""How long a full trace takes, beside the bare forward pass and ``model.predict``.

    python -m benchmarks.trace

3 × LSTM(128) reads one 28 × 28 scan. The two compiled functions run in turn, so both meet the same noise.
"""

import argparse
import gc
import statistics
import time
from collections.abc import Callable

import keras
import numpy as np

from diagnosis.datasets import catalogue
from diagnosis.models.build import build
from diagnosis.models.compiled import compiled
from diagnosis.models.config import config_for
from diagnosis.traces.tracer import Tracer


def main() -> None:
    """Print first call, medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=500)
    rounds = parser.parse_args().rounds

    model = build(config_for("stacked_lstm", catalogue()["phantoms"]))
    scan = np.random.default_rng(1).normal(size=(1, 28, 28)).astype(np.float32)
    tracer = Tracer(model)
    first = _milliseconds(lambda: tracer(scan[0]))
    forward = compiled(lambda x: model(x, training=False))
    first_forward = _milliseconds(lambda: forward(scan))

    functions: dict[str, Callable[[], object]] = {
        "forward": lambda: forward(scan),
        "trace": lambda: tracer(scan[0]),
    }
    gc.collect()
    gc.freeze()  # as the app does once it is warm
    times = _in_turn(functions, rounds)
    predict = _in_turn({"predict": lambda: model.predict(scan, verbose=0)}, 20)["predict"]
    ratios = [trace / bare for trace, bare in zip(times["trace"], times["forward"], strict=True)]

    print(f"Keras {keras.__version__} on {keras.backend.backend()}, {rounds} rounds, medians")
    print(f"forward pass, compiled      {statistics.median(times['forward']):8.2f} ms")
    print(f"full trace                  {statistics.median(times['trace']):8.2f} ms")
    print(f"model.predict               {statistics.median(predict):8.2f} ms")
    print(f"trace / forward             {statistics.median(ratios):8.2f}")
    faster = statistics.median(predict) / statistics.median(times["trace"])
    print(f"predict / trace             {faster:8.1f}")
    print(f"first trace, compilation in {first / 1000:8.2f} s")
    print(f"first forward, likewise     {first_forward / 1000:8.2f} s")


def _in_turn(functions: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each call, round by round, after a warm-up."""
    for call in functions.values():
        for _ in range(10):
            call()
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, call in functions.items():
            times[name].append(_milliseconds(call))
    return times


def _milliseconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
