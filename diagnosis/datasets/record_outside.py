"""Records from outside, as a model that learned elsewhere reads them: its codes, its classes, one split."""

from pathlib import Path

from diagnosis.datasets.dataset import Dataset, DatasetError
from diagnosis.datasets.facts import DatasetFacts, Task
from diagnosis.datasets.record_folder import read_folder
from diagnosis.datasets.record_set import labels_of
from diagnosis.datasets.record_sets import records_sha256
from diagnosis.datasets.user_npz import safe_name
from diagnosis.records.examples import examples
from diagnosis.text.records import record_findings


def outside(
    folder: Path,
    split: str,
    *,
    like: str,
    task: Task,
    classes: tuple[str, ...],
    finding: int | None,
    codes: tuple[str, ...],
    length: int,
) -> Dataset:
    """The patients of a folder as one split, and no other.

    Where ``patients.csv`` gives splits, only the patients of this one are read, else all. Patients without a
    label are left out.

    Args:
        folder: see ``record_folder``.
        split: "train", "val" or "test".
        like: the set that the model learned from, in whose layout the folder may be.
        task: the model's, as all that follows.
        classes: in the order of the labels.
        finding: the class that is looked for, or None.
        codes: its vocabulary.
        length: events of a sequence.

    Raises:
        DatasetError: a file is missing, or nobody is in the split.
        RecordError: a table is not what it should be.
    """
    read = read_folder(folder, like)
    mine = [
        record
        for patient, record in read.by_patient.items()
        if record.label is not None and read.splits.get(patient, split) == split
    ]
    if not mine:
        raise DatasetError(
            f"{folder} has no patient with a label in its {split} split: give labels, or choose another "
            "split."
        )
    facts = DatasetFacts(
        name=safe_name(folder), title=folder.name,
        sentence=f"Records from outside, read from {folder.name}.",
        task=task, classes=classes, channels=1, dimensions=1, finding=finding,
        counts={split: len(mine)}, files={}, licence="not stated", citation="not stated", flip=False,
        synthetic=False, sizes=(length,),
    )  # fmt: skip
    array, left_out = examples(mine, codes, length)
    notes = record_findings(read.findings)
    if left_out:
        notes = (*notes, f"{left_out:,} events are left out: of each patient the latest are read.")
    labels = labels_of(mine, split, facts)
    return Dataset(
        facts, length, {split: array}, {split: labels}, records_sha256(read), notes, codes=codes
    )
