"""The sets of records that have a name here: where they lie, what reads them, are they complete."""

import hashlib
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path

from diagnosis.datasets.cleveland import read_cleveland
from diagnosis.datasets.dataset import SPLITS, Dataset, DatasetError
from diagnosis.datasets.facts import DatasetFacts, catalogue
from diagnosis.datasets.icu2012 import NAME as ICU2012
from diagnosis.datasets.icu2012 import read_icu2012
from diagnosis.datasets.record_phantoms import record_phantoms
from diagnosis.datasets.record_set import record_dataset
from diagnosis.datasets.variables import title_of_code, units
from diagnosis.records.reading import Records
from diagnosis.records.record import Record
from diagnosis.text.records import record_findings

READERS: Mapping[str, Callable[[Path], Records]] = {
    ICU2012: read_icu2012,
    "cleveland": read_cleveland,
}


def open_records(facts: DatasetFacts, path: Path | None) -> Dataset:
    """The data set ``facts`` from where it lies; arguments and errors as of `read_named`."""
    return _drawn() if path is None else as_dataset(facts, read_named(facts, path))


def read_named(facts: DatasetFacts, path: Path | None) -> Records:
    """The records of a set of the catalogue, with their splits.

    Args:
        facts: about the set.
        path: where it lies; None for synthetic records.

    Raises:
        DatasetError: it is not what is published: the numbers of patients or classes differ.
        RecordError: a table is not what it should be.
    """
    if path is None:
        return record_phantoms().records
    records = READERS[facts.name](path)
    for split, mine in by_split(records).items():
        if len(mine) != facts.counts[split]:
            raise DatasetError(
                f"{path} is not {facts.title}: its {split} split has {len(mine):,} patients, published are "
                f"{facts.counts[split]:,}; {facts.get}."
            )
        counts = tuple(sum(each.label == k for each in mine) for k in range(len(facts.classes)))
        if facts.class_counts and counts != facts.class_counts[split]:
            raise DatasetError(
                f"{path} is not {facts.title}: its {split} classes have {counts} patients, not "
                f"{facts.class_counts[split]}; {facts.get}."
            )
    return records


def as_dataset(facts: DatasetFacts, records: Records, *notes: str) -> Dataset:
    """The records of three splits as a data set, with what was odd about them as notes."""
    return record_dataset(
        facts,
        by_split(records),
        length=facts.sizes[0],
        units=units(facts.name),
        sha256=records_sha256(records),
        notes=(*notes, *record_findings(records.findings, partial(title_of_code, facts.name))),
    )


def by_split(records: Records) -> dict[str, list[Record]]:
    """The records of each split, in their order."""
    splits: dict[str, list[Record]] = {split: [] for split in SPLITS}
    for patient, split in records.splits.items():
        splits[split].append(records.by_patient[patient])
    return splits


def records_sha256(records: Records) -> str:
    """Of all records, their labels and splits, whatever the layout of the files that they came from."""
    digest = hashlib.sha256()
    for patient, record in records.by_patient.items():
        digest.update(
            f"{record.sha256} {record.label} {records.splits.get(patient, '')}\n".encode()
        )
    return digest.hexdigest()


@cache  # nobody can change it, and to draw it takes a second
def _drawn() -> Dataset:
    return as_dataset(
        catalogue()["recordphantoms"],
        record_phantoms().records,
        "Synthetic: drawn by a program with seed 0; no patient is shown.",
    )
