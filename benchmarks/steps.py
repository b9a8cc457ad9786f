"""What a slice or an event costs, up to 1,000 of them: linear or not.

    python -m benchmarks.steps
    python -m benchmarks.steps --units 128 --lengths 64 128 256 512 1000

Untrained models with random weights cost what trained ones do. *Trace* is one case with all gates and its
per-step predictions; *predict* is one case without. The last column is the slope from one length to the next
over the slope of the whole: 1 where cost is linear. Times are of the processor, the least of several, after a
pass that compiles: other work on the machine changes them little.
"""

import argparse
import time
from collections.abc import Callable

import keras
import numpy as np

from diagnosis.cli.result import table
from diagnosis.datasets import catalogue
from diagnosis.models.build import build_to_read
from diagnosis.models.compiled import compiled
from diagnosis.models.config import ModelConfig, config_for
from diagnosis.sequences import EventEncoder, RowEncoder
from diagnosis.traces.tracer import Tracer

TIMES = 7
CODES = 50


def events(variant: str, units: int, length: int) -> tuple[ModelConfig, np.ndarray]:
    """A model of records and one record of so many events, ``(length, 4)``."""
    facts = catalogue()["recordphantoms"]
    codes = tuple(f"code {number}" for number in range(CODES))
    rng = np.random.default_rng(0)
    train = np.zeros((8, length, 3), np.float32)
    train[..., 0] = rng.integers(1, CODES + 1, train.shape[:2])
    train[..., 1] = rng.normal(size=train.shape[:2])
    train[..., 2] = np.cumsum(rng.exponential(10, train.shape[:2]), axis=1)
    encoder = EventEncoder.learned(train, codes, {})
    return config_for(variant, facts, encoder=encoder, units=(units,)), encoder.batch(train)[0]


def slices(variant: str, units: int, length: int) -> tuple[ModelConfig, np.ndarray]:
    """A model of steps of 28 values, as the slices of a volume are read, and one case."""
    config = config_for(
        variant, catalogue()["phantoms"], encoder=RowEncoder(size=28), units=(units,)
    )
    return config, np.random.default_rng(0).normal(size=(length, 28)).astype(np.float32)


KINDS: dict[str, tuple[Callable[..., tuple[ModelConfig, np.ndarray]], tuple[str, ...]]] = {
    "event": (events, ("embedding_lstm", "embedding_gru")),
    "slice": (slices, ("lstm", "gru")),
}


def least(run: Callable[[], object]) -> float:
    """Seconds of the processor in the fastest run, after one that is not counted."""
    run()
    taken = []
    for _ in range(TIMES):
        began = time.process_time()
        run()
        taken.append(time.process_time() - began)
    return min(taken)


def costs(kind: str, variant: str, units: int, lengths: list[int]) -> list[tuple[str, ...]]:
    """A row of the table for each length."""
    make, _ = KINDS[kind]
    found = []
    for length in lengths:
        config, sequence = make(variant, units, length)
        model: keras.Model = build_to_read(config)
        tracer, predict = Tracer(model), compiled(lambda x, model=model: model(x, training=False))
        found.append(
            (least(lambda: tracer(sequence)), least(lambda: predict(sequence[None])))  # noqa: B023
        )
    rows: list[tuple[str, ...]] = []
    whole = (found[-1][0] - found[0][0]) / (lengths[-1] - lengths[0])
    for number, (length, (traced, predicted)) in enumerate(zip(lengths, found, strict=True)):
        slope = "–"
        if number:
            slope = (
                f"{(traced - found[number - 1][0]) / (length - lengths[number - 1]) / whole:.2f}"
            )
        rows.append(
            (f"{variant}, {length} {kind}s", f"{1000 * traced:.1f}", f"{1e6 * traced / length:.0f}",
             f"{1000 * predicted:.1f}", slope)
        )  # fmt: skip
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--units", type=int, default=128)
    parser.add_argument("--lengths", type=int, nargs="+", default=[125, 250, 500, 1000])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    asked = parser.parse_args()
    rows: list[tuple[str, ...]] = [
        ("case", "trace, ms", "µs a step", "predict, ms", "slope / mean slope")
    ]
    for kind in asked.kinds:
        for variant in KINDS[kind][1]:
            rows += costs(kind, variant, asked.units, asked.lengths)
    print(table(rows, right={1, 2, 3, 4}))


if __name__ == "__main__":
    main()
