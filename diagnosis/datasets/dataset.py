"""A data set in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from diagnosis.core.errors import InputError
from diagnosis.datasets.facts import DatasetFacts
from diagnosis.records.studies import IMAGE, is_study, part

if TYPE_CHECKING:
    from diagnosis.cases import Case

SPLITS = ("train", "val", "test")


class DatasetError(InputError):
    """A data set cannot be found, downloaded or used as it is."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Examples and labels of the three splits, read-only, with the facts about them.

    ``images[split]`` is uint8: grey ``(n, H, W)``, colour ``(n, H, W, 3)``, volumes
    ``(n, D, H, W)``; of records float32 ``(n, events, 3)``, see ``records.examples``;
    of studies ``(n,)`` elements of both, see ``records.studies``.
    ``labels[split]`` is int64: ``(n,)``, or for a multi-label set 0/1 of shape ``(n, classes)``.
    """

    facts: DatasetFacts
    size: int  # pixels along each side; of records the events of an example
    images: Mapping[str, np.ndarray]
    labels: Mapping[str, np.ndarray]
    sha256: str  # of the file; of records and phantoms: of what was read
    notes: tuple[str, ...] = ()  # what a person should know about this copy, shown with it
    # int (n,) by split, where known: equal numbers are one person, in all splits; -1 is nobody known
    patients: Mapping[str, np.ndarray] | None = None
    grouped_by: str = (
        "patient"  # what ``patients`` number instead, such as near copies of a picture
    )
    codes: tuple[str, ...] = ()  # of records: of the training split; the first has number 1
    units: Mapping[str, str] = field(default_factory=dict)  # of records: of values, by code

    def __post_init__(self) -> None:
        for arrays in (self.images, self.labels):
            for array in arrays.values():
                array.setflags(write=False)  # one copy is shared by everybody who asks for the set

    def known_from(self, split: str, *others: str) -> np.ndarray:
        """Which cases of a split share a patient or group with a case of others, bool ``(n,)``."""
        if self.patients is None:
            return np.zeros(len(self.labels[split]), bool)
        own, seen = self.patients[split], np.concatenate([self.patients[each] for each in others])
        return np.isin(own, seen[seen >= 0])

    @property
    def is_of_studies(self) -> bool:
        """Whether each case is a picture and a record of one patient."""
        return is_study(self.images["train"])

    @property
    def holds(self) -> str:
        """What a case is, in a word: as an example of it is named."""
        if self.is_of_studies:
            return "study"
        return "record" if self.facts.dimensions == 1 else "image"

    def pictures(self, split: str) -> np.ndarray:
        """The images of a split, of studies too; of records their events."""
        return part(self.images[split], IMAGE)

    def case(self, split: str, number: int) -> "Case":
        """A case of a split with its label, by its number from 1; a volume or record is read whole."""
        from diagnosis.cases import Case, Example, select

        facts = self.facts
        volume, whole = facts.dimensions == 3, facts.dimensions != 2
        example = Example(
            self.images[split][number - 1],
            volume,
            facts.name,
            facts.title,
            split,
            number,
            facts.synthetic,
        )
        label = self.labels[split][number - 1]
        classes = (
            tuple(name for name, there in zip(facts.classes, label, strict=True) if there)
            if facts.task == "multi-label"
            else (facts.classes[int(label)],)
        )
        return Case(example, select(example, whole=whole), example.name, classes)
