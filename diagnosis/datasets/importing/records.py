"""A person's own tables of patients become a data set of records: read, checked, and only then stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from diagnosis.core.access import require_write
from diagnosis.core.reason import Reason
from diagnosis.datasets.dataset import SPLITS, Dataset, DatasetError
from diagnosis.datasets.importing.packed_meds import read_packed_meds
from diagnosis.datasets.importing.storing import store_as
from diagnosis.datasets.record_folder import (
    SEED,
    TIMES_OF_PREDICTION,
    dataset_of,
    read_tables,
    split_records,
)
from diagnosis.datasets.record_places import EVENTS, PATIENTS
from diagnosis.datasets.user_npz import is_class_name
from diagnosis.records.columns import find_column
from diagnosis.records.reading import Records
from diagnosis.records.record import Record
from diagnosis.records.table import RecordError, format_of, read_table
from diagnosis.text.records import record_finding

DEALT = "Split by patient and class: 70 % training, 15 % validation, 15 % test."
GIVEN = "Split as the table of patients says."
NOTES = ("words", "other-columns", "not-facts")  # codes of findings that are no warning


@dataclass(frozen=True, eq=False)
class PreparedRecords:
    """Records that can be stored.

    Attributes:
        records: of the labelled patients, each with its split.
        dataset: of them; its classes have no names yet.
        dealt: whether the splits were dealt here.
        timed: whether there are times of prediction.
    """

    records: Records
    dataset: Dataset
    dealt: bool
    timed: bool

    @property
    def patients(self) -> Mapping[str, frozenset[str]]:
        """The patients of each split."""
        return {
            split: frozenset(p for p, where in self.records.splits.items() if where == split)
            for split in SPLITS
        }

    @property
    def in_two_splits(self) -> Mapping[tuple[str, str], int]:
        """How many patients any two splits share: counted, and not assumed."""
        patients = self.patients
        return {
            (one, other): len(patients[one] & patients[other])
            for one, other in combinations(SPLITS, 2)
        }

    @property
    def alike(self) -> int:
        """Records that are event by event those of a patient of another split."""
        where: dict[str, set[str]] = {}
        for patient, split in self.records.splits.items():
            where.setdefault(self.records.by_patient[patient].sha256, set()).add(split)
        return sum(len(where[each.sha256]) > 1 for each in self.records.by_patient.values())

    @property
    def events(self) -> int:
        """Events of all patients, without what is known from the start."""
        return sum(map(len, self.records.by_patient.values()))


def prepare_records(events: bytes, patients: bytes | None) -> PreparedRecords:
    """Read and check a table of events and one of patients.

    Args:
        events: of a CSV, Excel or Parquet file; or of a ZIP of a folder of MEDS, which has all in it.
        patients: of a CSV, Excel or Parquet file; None with MEDS.

    Raises:
        RecordError: a table is missing or not what it should be, or a split lacks patients of a class.
        DatasetError: no code occurs twice in the training split, or the ZIP is damaged.
    """
    if (packed := format_of(events) == "ZIP") == (patients is not None):
        raise RecordError(
            "A folder of MEDS has its own labels: leave the table of patients out."
            if packed
            else "Give the table of patients, too: it has their labels."
        )
    read = read_packed_meds(events) if patients is None else read_tables(events, patients)
    records = split_records(read)
    dataset = dataset_of(records, "records", "these records", "Records of your own.")
    timed = patients is None or (  # MEDS has a time with every label
        find_column(read_table(patients), *TIMES_OF_PREDICTION) is not None
    )
    return PreparedRecords(records, dataset, not read.splits, timed)


def store_records(prepared: PreparedRecords, name: str, classes: Sequence[str]) -> Path:
    """Keep them as an imported set.

    No patient's identifier and no date is written: patients are numbered, and times are minutes.

    Args:
        prepared: what to store.
        name: of the set.
        classes: their names, in the order of the labels.

    Returns:
        Its folder.

    Raises:
        DatasetError: a name cannot be used, or the folder cannot be written to.
    """
    require_write("import")
    classes = [each.strip() for each in classes]
    if len({*classes}) < len(classes) or not all(map(is_class_name, classes)):
        raise DatasetError("Give each class a name of its own, of at most 100 characters.")

    def write(folder: Path) -> Mapping[str, Any]:
        _events(prepared.records).to_parquet(folder / EVENTS[0], index=False)
        _patients(prepared.records).to_csv(folder / PATIENTS, index=False)
        return _card(prepared, classes)

    return store_as(name, write)


def _events(records: Records) -> pd.DataFrame:
    """A row an event; what is known from the start has no minute."""
    numbers, minutes, codes, values = [], [], [], []
    for number, record in enumerate(records.by_patient.values()):
        known = sorted(record.facts.items())
        numbers += [number] * (len(known) + len(record))
        minutes += [*[np.nan] * len(known), *record.minutes.tolist()]
        codes += [*(name for name, _ in known), *map(str, record.codes)]
        values += [*(value for _, value in known), *record.values.tolist()]
    return pd.DataFrame({
        "patient": np.array(numbers, np.int64),
        "minute": np.array(minutes, np.float64),
        "code": pd.array(codes, "string"),
        "value": np.array(values, np.float32),
    })  # fmt: skip


def _patients(records: Records) -> pd.DataFrame:
    everybody: list[tuple[str, Record]] = list(records.by_patient.items())
    return pd.DataFrame({
        "patient": range(len(everybody)),
        "label": [record.label for _, record in everybody],
        "split": [records.splits[patient] for patient, _ in everybody],
    })  # fmt: skip


def _card(prepared: PreparedRecords, classes: Sequence[str]) -> dict[str, Any]:
    """What ``set.json`` says; see `storing`."""
    facts = prepared.dataset.facts
    counts = {split: facts.counts[split] for split in SPLITS}
    assert facts.class_counts is not None
    return {
        "classes": list(classes),
        "finding": facts.finding,
        "size": facts.sizes[0],
        "channels": 1,
        "dimensions": 1,
        "counts": counts,
        "class_counts": {split: list(facts.class_counts[split]) for split in SPLITS},
        "patients": counts,
        "seed": SEED,
        "report": {
            "kind": "tables of events and patients",
            "modalities": [],
            "split_rule": DEALT if prepared.dealt else GIVEN,
            "findings": [_finding(reason) for reason in prepared.records.findings],
        },
        "sha256": prepared.dataset.sha256,
    }


def _finding(reason: Reason) -> dict[str, str]:
    level = "note" if reason.code in NOTES else "warning"
    return {"level": level, "code": reason.code, "sentence": record_finding(reason)}
