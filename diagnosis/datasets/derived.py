"""Sets made of what is here: other labels for a published set's pictures, and files that no publisher has."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from diagnosis.datasets.archive import Archive
from diagnosis.datasets.dataset import Dataset, DatasetError
from diagnosis.datasets.facts import DatasetFacts
from diagnosis.datasets.groups import groups
from diagnosis.datasets.published import difference_from, shared_groups
from diagnosis.datasets.splits import arrange
from diagnosis.datasets.user_npz import open_own

# The class of each series of PneumoniaMNIST (`datasets.groups`); of eight pictures the kind is not known.
KINDS = {"normal": 0, "normal1": 0, "normal2": 0, "bacteria": 1, "virus": 2}


def kinds_of_pneumonia(whole: Dataset, facts: DatasetFacts) -> Dataset:
    """PneumoniaMNIST with the kind of pneumonia as its label, by content; without what is of no known kind.

    Raises:
        DatasetError: it is another copy, whose pictures are not known.
    """
    known = groups(whole.facts.name)
    assert known is not None  # it comes with Scanline
    labels = {
        split: np.array([KINDS.get(name, -1) for name in known.series_of(images)])
        for split, images in whole.images.items()
    }
    there = {split: numbers >= 0 for split, numbers in labels.items()}
    if {split: int(rows.sum()) for split, rows in there.items()} != dict(facts.counts):
        raise DatasetError(
            f"{facts.title} needs {whole.facts.title} as published: of this copy's images too few are known."
        )
    return replace(
        whole,
        facts=facts,
        images=_of(whole.images, there),
        labels=_of(labels, there),
        patients=_of(whole.patients, there) if whole.patients else None,
    )


def open_placed(archive: Archive, facts: DatasetFacts, size: int) -> Dataset:
    """A set of the catalogue from a file in MedMNIST's layout that has no publisher to compare it with.

    Raises:
        DatasetError: as ``open_own``, or it is not what the catalogue says.
    """
    if difference := difference_from(arrange(archive), facts, size):
        raise DatasetError(f"{archive.path} is not {facts.title}: {difference}.")
    dataset = replace(open_own(archive), facts=facts, notes=())
    notes = () if dataset.patients is None else (shared_groups(dataset),)
    return replace(dataset, notes=notes)


def _of(arrays: Mapping[str, np.ndarray], there: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {split: values[there[split]] for split, values in arrays.items()}
