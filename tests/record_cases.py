"""Small synthetic records with a known signal: of the positives, the marker rises in the second half."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from types import MappingProxyType

import numpy as np

from diagnosis.datasets import Dataset, catalogue
from diagnosis.datasets.record_set import record_dataset
from diagnosis.records.record import Record

MARKER, NOISE = "Marker", ("Pulse", "Sodium", "Visit")
LENGTH = 24


def record(label: int, rng: np.random.Generator, events: int | None = None) -> Record:
    """One record of 6 to 18 events, some of them the marker's."""
    n = int(rng.integers(6, 19)) if events is None else events
    codes = rng.choice([MARKER, *NOISE], n)
    codes[[1, n - 2]] = MARKER
    late = np.arange(n) >= n / 2
    values = rng.normal(0, 1, n).astype(np.float32) + 2
    values[late & (codes == MARKER)] += 3 * label
    values[codes == "Visit"] = np.nan
    minutes = np.cumsum(rng.exponential(60, n))
    facts = {"Age": float(rng.integers(20, 90))}
    return Record(minutes, codes.astype(object), values, facts, label)


def records(n: int, seed: int) -> list[Record]:
    """So many, positives and negatives in turn."""
    rng = np.random.default_rng(seed)
    return [record(number % 2, rng) for number in range(n)]


@cache
def toy() -> Dataset:
    """A data set of them, with a code that only the test split has."""
    facts = replace(
        catalogue()["phantoms"],
        name="toyrecords",
        title="Toy records",
        dimensions=1,
        classes=("stable", "event"),
        finding=1,
        sizes=(LENGTH,),
    )
    splits: dict[str, Sequence[Record]] = {
        "train": records(160, 1),
        "val": records(60, 2),
        "test": records(60, 3),
    }
    first = splits["test"][0]
    strange = replace(first, codes=np.array(["Novel", *first.codes[1:]], object))
    splits["test"] = [strange, *splits["test"][1:]]
    return record_dataset(
        facts, splits, sha256="0" * 64, length=LENGTH, units=MappingProxyType({MARKER: "mg/dL"})
    )


def table(by_patient: dict[str, Record]) -> str:
    """Records as CSV; facts have no time."""
    lines = ["patient,time,code,value"]
    for patient, each in by_patient.items():
        lines += [f"{patient},,{name},{value}" for name, value in each.facts.items()]
        for minute, code, value in zip(each.minutes, each.codes, each.values, strict=True):
            at = np.datetime64("2024-01-01T00:00:00") + np.timedelta64(round(minute * 60), "s")
            lines.append(f"{patient},{at},{code},{'' if np.isnan(value) else value}")
    return "\n".join(lines) + "\n"
