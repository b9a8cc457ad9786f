"""Pictures and records of the same patients as one data set, with splits and labels as every other."""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from diagnosis.datasets.dataset import SPLITS, Dataset
from diagnosis.datasets.facts import DatasetFacts
from diagnosis.datasets.record_set import record_dataset
from diagnosis.datasets.variables import units
from diagnosis.records.record import Record
from diagnosis.records.studies import studies


def study_dataset(
    facts: DatasetFacts,
    images: Mapping[str, np.ndarray],
    records: Mapping[str, Sequence[Record]],
    *,
    length: int,
    notes: tuple[str, ...] = (),
    patients: Mapping[str, np.ndarray] | None = None,
    grouped_by: str = "patient",
) -> Dataset:
    """The data set of some studies.

    Args:
        facts: about it; ``record`` is true.
        images: of each split, uint8 ``(n, size, size[, 3])``.
        records: of each split, in the order of the images; every one has its label, and may be empty.
        length: events of a record, facts counted in.
        notes: what a person should know about this copy.
        patients, grouped_by: as of `Dataset`.

    Raises:
        DatasetError: as `record_dataset`.
    """
    of_records = record_dataset(facts, records, sha256="", length=length, units=units(facts.name))
    arrays = {split: studies(images[split], of_records.images[split]) for split in SPLITS}
    digest = hashlib.sha256()
    for split in SPLITS:
        digest.update(arrays[split].tobytes())
        digest.update(of_records.labels[split].tobytes())
    return Dataset(
        facts,
        size=images["train"].shape[1],
        images=arrays,
        labels=of_records.labels,
        sha256=digest.hexdigest(),
        notes=(*notes, *of_records.notes),
        patients=patients,
        grouped_by=grouped_by,
        codes=of_records.codes,
        units=of_records.units,
    )
