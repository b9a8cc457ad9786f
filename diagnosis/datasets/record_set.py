"""A set of records as a data set: the same arrays, splits and labels as of pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from diagnosis.datasets.dataset import SPLITS, Dataset, DatasetError
from diagnosis.datasets.facts import DatasetFacts
from diagnosis.records.examples import CODE, LENGTH, examples, vocabulary
from diagnosis.records.record import Record
from diagnosis.records.studies import RECORD, part


def record_dataset(
    facts: DatasetFacts,
    records: Mapping[str, Sequence[Record]],
    *,
    sha256: str,
    length: int = LENGTH,
    codes: Sequence[str] | None = None,
    units: Mapping[str, str] = MappingProxyType({}),
    notes: tuple[str, ...] = (),
) -> Dataset:
    """The data set of some records.

    Args:
        facts: about it; ``dimensions`` is 1.
        records: of each split; every one has its label.
        sha256: of the file or files.
        length: events of an example; see ``records.examples``.
        codes: the vocabulary of a model that is to read them; by default it is learned from the training
            split.
        units: of values, by code.
        notes: what a person should know about this copy.

    Raises:
        DatasetError: a split is missing or empty, no code is shared, or a label is missing or none of the
            classes.
    """
    if missing := [split for split in SPLITS if not records.get(split)]:
        raise DatasetError(
            f"{facts.title} has no patient in its {' and no patient in its '.join(missing)} split: give each "
            "split some."
        )
    known = tuple(vocabulary(records["train"]) if codes is None else codes)
    if not known:
        raise DatasetError(
            f"No code of {facts.title} occurs in two patients of the training split, so nothing can be "
            "learned of it: give more patients, or see that the codes are no free text."
        )
    arrays, left_out = {}, 0
    for split in SPLITS:
        arrays[split], more = examples(records[split], known, length)
        left_out += more
    if left_out:
        words = f"{left_out:,} events are left out: of each patient the latest {length} are read."
        notes = (*notes, words)
    labels = {split: labels_of(records[split], split, facts) for split in SPLITS}
    return Dataset(
        facts, length, arrays, labels, sha256, notes, codes=known, units=MappingProxyType(dict(units))
    )  # fmt: skip


def recoded(dataset: Dataset, codes: Sequence[str]) -> Dataset:
    """A set of records with the numbers of another vocabulary, such as a model's."""
    if dataset.codes == tuple(codes):
        return dataset
    numbers = {code: number for number, code in enumerate(codes, 1)}
    unknown = len(numbers) + 1
    new = np.array([0, *(numbers.get(code, unknown) for code in dataset.codes), unknown])
    arrays = {split: array.copy() for split, array in dataset.images.items()}
    for array in arrays.values():
        records = part(array, RECORD)
        records[..., CODE] = new[records[..., CODE].astype(int)]
    return replace(dataset, images=arrays, codes=tuple(codes))


def labels_of(records: Sequence[Record], split: str, facts: DatasetFacts) -> np.ndarray:
    """The labels of records, int64 ``(n,)``.

    Raises:
        DatasetError: one is missing or none of the classes.
    """
    if without := sum(record.label is None for record in records):
        patients = "patient has" if without == 1 else "patients have"
        raise DatasetError(
            f"{without:,} {patients} no label in the {split} split of {facts.title}: give one, or leave them "
            "out."
        )
    labels = np.array([record.label for record in records], np.int64)
    if labels.min() < 0 or labels.max() >= len(facts.classes):
        raise DatasetError(
            f"A label in the {split} split of {facts.title} is {labels.max()}; its classes are 0 to "
            f"{len(facts.classes) - 1}."
        )
    return labels
