"""A set of one's own: any NPZ in MedMNIST's layout, its facts inferred from its arrays."""

import re
from dataclasses import replace
from pathlib import Path
from unicodedata import normalize

import numpy as np

from diagnosis.datasets.archive import CLASS_NAMES, MAX_CLASSES, PATIENT_KEYS, Archive
from diagnosis.datasets.dataset import SPLITS, Dataset, DatasetError
from diagnosis.datasets.facts import DatasetFacts, Task
from diagnosis.datasets.splits import Splits, arrange


def safe_name(path: Path) -> str:
    """The name of a file's set: its stem in lower-case letters, digits, ``-`` and ``_``."""
    return re.sub(r"[^a-z0-9_]+", "-", path.stem.lower()).strip("-") or "unnamed"


def open_own(archive: Archive) -> Dataset:
    """The data set in a file that no table knows.

    One column of labels is binary (two classes; class 1 is the finding) or multi-class. Several columns
    of 0 and 1 are the same if every image has a single 1 (one-hot), else multi-label. Class names are
    "class 0", "class 1", … unless the archive has a text array ``class_names``. Patients are known if it
    has ``train_patients`` and so on.

    Raises:
        DatasetError: see `arrange`; or the labels do not number the classes 0, 1, 2, … with each of
            them among the training images, ``class_names`` does not name each class once, or patients are no
            whole numbers.
    """
    splits = _single(arrange(archive))
    task, classes = _task(splits, archive)
    facts = DatasetFacts(
        name=safe_name(archive.path),
        title=archive.path.stem,
        sentence=f"A set of your own, read from {archive.path.name}.",
        task=task,
        classes=_class_names(archive, classes),
        channels=splits.channels,
        dimensions=splits.dimensions,
        finding=1 if task == "binary" else None,
        counts={split: len(splits.labels[split]) for split in SPLITS},
        files={},
        licence="not stated",
        citation="not stated",
        flip=False,  # unknown, so no
        synthetic=False,
        sizes=(splits.size,),
    )
    notes = (*splits.notes, "Its task and classes are inferred from its labels.")
    return Dataset(
        facts,
        splits.size,
        splits.images,
        splits.labels,
        archive.sha256,
        notes,
        _patients(splits, archive),
    )


def _single(splits: Splits) -> Splits:
    """The same with the number of the column where one-hot labels have their 1."""
    if splits.labels["train"].ndim == 1:
        return splits
    ones = [(labels == 1).sum(axis=1) for labels in splits.labels.values()]
    most = max(int(labels.max()) for labels in splits.labels.values())
    if most > 1 or max(int(row.max()) for row in ones) > 1:
        return splits
    if without := sum(int((row == 0).sum()) for row in ones):
        note = (
            f"No image has more than one finding, and {without:,} of them have none. If these have a class "
            "each, give every image its label: one column of numbers."
        )
        return replace(splits, notes=(*splits.notes, note))
    note = (
        "Each image has a single 1 among its labels: they are taken for classes, not for findings."
    )
    labels = {split: labels.argmax(axis=1) for split, labels in splits.labels.items()}
    return replace(splits, labels=labels, notes=(*splits.notes, note))


def _patients(splits: Splits, archive: Archive) -> dict[str, np.ndarray] | None:
    if PATIENT_KEYS[0] not in archive.arrays:
        return None
    patients = {split: archive.arrays[f"{split}_patients"].reshape(-1) for split in SPLITS}
    for split, numbers in patients.items():
        if len(numbers) != len(splits.labels[split]):
            raise DatasetError(
                f"{archive.path}: {split}_patients must be one whole number for each image, -1 where "
                "the patient is not known; or one name, empty where not known."
            )
    if any(each.dtype.kind == "U" for each in patients.values()):
        return _numbered(patients)
    return patients


def _numbered(names: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Patients that are named as numbers, int64 ``(n,)`` by split, -1 for those without a name."""
    every = np.concatenate([names[split].astype(str) for split in SPLITS])
    numbers = np.where(every == "", -1, np.unique(every, return_inverse=True)[1])
    ends = np.cumsum([len(names[split]) for split in SPLITS])[:-1]
    return dict(zip(SPLITS, np.split(numbers, ends), strict=True))


def _task(splits: Splits, archive: Archive) -> tuple[Task, int]:
    """The task and the number of classes."""
    train = splits.labels["train"]
    highest = {split: int(splits.labels[split].max()) for split in SPLITS}
    if train.ndim == 2:
        if max(highest.values()) > 1:
            raise DatasetError(
                f"{archive.path}: labels of several columns must be 0 or 1, found "
                f"{max(highest.values())}."
            )
        if not train.any(axis=0).all():
            raise DatasetError(f"{archive.path}: a finding never occurs among the training labels.")
        return "multi-label", train.shape[1]
    classes = highest["train"] + 1
    if not 2 <= classes <= MAX_CLASSES:
        raise DatasetError(
            f"{archive.path}: the highest training label is {classes - 1}; expected labels from 0 "
            f"to at least 1 and at most {MAX_CLASSES - 1}."
        )
    for split in SPLITS:
        if highest[split] >= classes:
            raise DatasetError(
                f"{archive.path}: a {split} label is {highest[split]}, but the highest training "
                f"label is {classes - 1}."
            )
    absent = np.flatnonzero(np.bincount(train, minlength=classes) == 0)
    if absent.size:
        raise DatasetError(
            f"{archive.path}: no training image has label {absent[0]}; number the classes 0, 1, 2 "
            "and so on, without gaps."
        )
    return ("binary" if classes == 2 else "multi-class"), classes


def _class_names(archive: Archive, classes: int) -> tuple[str, ...]:
    if CLASS_NAMES not in archive.arrays:
        return tuple(f"class {index}" for index in range(classes))
    array = archive.arrays[CLASS_NAMES]
    names = tuple(normalize("NFC", str(name)).strip() for name in array.ravel())
    if len(names) != classes or len(set(names)) != classes or not all(map(is_class_name, names)):
        raise DatasetError(
            f"{archive.path}: class_names must be a text array with one different, printable name "
            f"(at most 100 characters) for each of the {classes} classes."
        )
    return names


def is_class_name(name: str) -> bool:
    """Whether a name of a class is valid: printable, 1 to 100 characters."""
    return 0 < len(name) <= 100 and name.isprintable()
