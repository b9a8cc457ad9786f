"""Synthetic records with a known signal, so that records work offline and attributions can be tested.

Each record is two days on a ward: measurements at irregular times and one operation. Who deteriorates
(class 1) has two to four lactates raised *after* the operation. All else is the same in both classes, chance
apart: in a third of all records glucoses, in another third heart rates are raised as much, and of those who
stay stable (class 0) half have as many lactates raised *before* the operation. So neither a code nor a value
tells the class, but both and their order do. The events that carry the signal are the raised lactates and
the operation, and they are returned.

How hard they are (area under the ROC curve on the test split, benchmarks/record_baselines.py): logistic
regression on last and mean values 0.85, gradient boosting 0.93, age with counts of events 0.47.
They are drawn, not physiology, and say nothing about patients.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from diagnosis.datasets.dataset import SPLITS
from diagnosis.records.reading import Records
from diagnosis.records.record import Record

MINUTES = 48 * 60
# Of each code: how often in two days, the mean and the deviation of its values.
MEASURED = {
    "HR": (14, 85.0, 10.0),
    "Temp": (8, 37.0, 0.4),
    "Glucose": (7, 7.0, 1.0),
    "Lactate": (10, 1.4, 0.3),
    "Creatinine": (4, 1.0, 0.2),
}
SIGNAL, MARK = "Lactate", "Operation"
DISTRACTORS = ("Glucose", "HR")
COUNTS = {"train": 1200, "val": 300, "test": 500}


@dataclass(frozen=True, eq=False)
class RecordPhantoms:
    """The records, and which of their events carry the signal."""

    records: Records
    signal: Mapping[str, np.ndarray]  # bool (events,) by patient; none of a patient of class 0


def record_phantoms(*, seed: int = 0) -> RecordPhantoms:
    """Draw 1,200 / 300 / 500 records, half of each class.

    The same seed gives the same records on any machine: values are rounded. Each split has its own stream of
    random numbers.
    """
    records, signal, splits = {}, {}, {}
    for split, stream in zip(SPLITS, np.random.SeedSequence(seed).spawn(len(SPLITS)), strict=True):
        rng = np.random.default_rng(stream)
        labels = rng.permutation(np.arange(COUNTS[split]) % 2)
        for number, label in enumerate(labels, 1):
            patient = f"{split}-{number}"
            records[patient], signal[patient] = _draw(int(label), rng)
            splits[patient] = split
    return RecordPhantoms(Records(records, splits), signal)


def _draw(label: int, rng: np.random.Generator) -> tuple[Record, np.ndarray]:
    operation = int(rng.integers(MINUTES // 4, 3 * MINUTES // 4))
    minutes, codes, values = [operation], [MARK], [np.nan]
    for code, (often, mean, deviation) in MEASURED.items():
        times = _times(code, often, operation, rng)
        minutes += times
        codes += [code] * len(times)
        values += (mean + deviation * rng.standard_normal(len(times))).tolist()
    order = np.argsort(minutes, kind="stable")
    minute, value = np.array(minutes)[order], np.array(values)[order]
    measured: np.ndarray = np.array(codes, object)[order]
    after = minute > operation
    carries = np.zeros(len(order), bool)
    raised = int(rng.integers(2, 5))
    if label or rng.random() < 0.5:
        side = after if label else ~after
        carries = _some((measured == SIGNAL) & side, raised, rng)
        value[carries] += rng.uniform(1.0, 4.0, carries.sum())
    for distractor in DISTRACTORS:
        if rng.random() < 1 / 3:
            chosen = _some(measured == distractor, raised, rng)
            value[chosen] += MEASURED[distractor][2] * rng.uniform(3, 8, chosen.sum())
    signal = (carries | (measured == MARK)) if label else np.zeros(len(order), bool)
    facts = {"age": float(rng.integers(25, 90))}
    record = Record(
        minute.astype(float), measured, np.round(value, 1).astype("float32"), facts, label
    )
    return record, signal


def _times(code: str, often: int, operation: int, rng: np.random.Generator) -> list[int]:
    """Different minutes at which a code is measured; the one of the signal as often before as after."""
    n = int(rng.integers(often - often // 3, often + often // 3 + 1))
    if code != SIGNAL:
        return list(map(int, rng.choice(MINUTES, n, replace=False)))
    before = rng.choice(operation, (n + 1) // 2, replace=False)
    after = operation + 1 + rng.choice(MINUTES - operation - 1, (n + 1) // 2, replace=False)
    return list(map(int, [*before, *after]))


def _some(of: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Up to ``n`` of the events that are true, chosen at random: bool ``(events,)``."""
    places = np.flatnonzero(of)
    chosen = np.zeros(len(of), bool)
    chosen[rng.choice(places, min(n, len(places)), replace=False)] = True
    return chosen
