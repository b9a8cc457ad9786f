"""From a source to a data set in memory and the report on it. Nothing is written here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from diagnosis.core.errors import nearest
from diagnosis.datasets.archive import MAX_CLASSES
from diagnosis.datasets.dataset import SPLITS, DatasetError
from diagnosis.datasets.import_options import Options
from diagnosis.datasets.importing import checks
from diagnosis.datasets.importing.assigning import assign, patient_indices
from diagnosis.datasets.importing.duplicates import near_duplicates, without_copies
from diagnosis.datasets.importing.examining import Examined, Progress, examine
from diagnosis.datasets.importing.labelled import Picture, Source, one_form
from diagnosis.datasets.importing.report import ImportReport, by_level


@dataclass(frozen=True, eq=False)
class Prepared:
    """What would be stored, and the report; empty arrays where the report has errors that prevent splits."""

    report: ImportReport
    images: Mapping[str, np.ndarray]  # by split: uint8 (n, size, size[, 3])
    labels: Mapping[str, np.ndarray]  # by split: int64 (n,)
    patients: Mapping[str, np.ndarray]  # by split: int32 (n,), -1 unknown; empty without patients
    pictures: Mapping[str, Sequence[Picture]]  # by split, in the order of the images

    def leaving_out(self) -> "Prepared":
        """The same without the files that cannot be read, none of which is among the images anyway."""
        return replace(self, report=self.report.leaving_out())

    def looking_for(self, finding: str) -> "Prepared":
        """The same with another class as the finding."""
        return replace(self, report=replace(self.report, finding=finding))


def prepare(
    source: Source, options: Options | None = None, *, progress: Progress = lambda done, total: None
) -> Prepared:
    """Read and check a source.

    Args:
        source: must be open.
        options: the defaults unless given.
        progress: called with pictures read and pictures in all, and on while they are compared; what it
            raises ends the import.

    Raises:
        DatasetError: the source is unusable, too large, or has no class ``options.finding``.
        InputError: an option is out of range.
    """
    options = options or Options()
    classes = source.classes or _ordered({picture.label for picture in source.pictures})
    finding = _finding(classes, options.finding and one_form(options.finding))
    examined, failed = examine(source, size=options.size, progress=progress)
    total = len(source.pictures)
    copies = without_copies(examined, between=lambda: progress(total, total))
    unique = copies.unique
    channels = options.channels or _channels(unique)
    if len(unique) * options.size**2 * channels > source.most:
        raise DatasetError("The pictures are too large in all: choose a smaller size.")
    findings = [
        *source.findings,
        *checks.unreadable(failed, skip=options.skip_unreadable),
        *checks.class_names(classes, unique),
        *copies.findings,
        *checks.balance(classes, unique),
        *checks.pictures(unique, options.size, channels),
        *checks.telling(unique),
    ]
    numbers = {name: number for number, name in enumerate(classes)}
    labels = np.array([numbers[one.picture.label] for one in unique], dtype=np.int64)
    splits, rule = None, ""
    if 1 < len(classes) <= MAX_CLASSES and len(np.unique(labels)) == len(classes):
        assigned = assign(copies, labels, classes, options)
        splits, rule = assigned.splits, assigned.rule
        findings += [*assigned.findings, *near_duplicates(copies, splits, given=assigned.given)]
    patients = patient_indices(unique)
    counts: dict[str, tuple[int, ...]] = {}
    members = {split: np.flatnonzero(splits == split) for split in SPLITS if splits is not None}
    if splits is not None:
        counts = {split: _counts(labels[chosen], len(classes)) for split, chosen in members.items()}
        findings += checks.per_split(classes, counts)
    report = ImportReport(
        kind=source.kind,
        found=len(source.pictures),
        usable=len(unique),
        size=options.size,
        channels=channels,
        modalities=_modalities(unique),
        classes=tuple(classes),
        finding=finding,
        counts=counts,
        patients=None
        if patients is None or splits is None
        else {split: _patients_in(patients[chosen]) for split, chosen in members.items()},
        split_rule=rule,
        findings=by_level(findings),
    )
    return Prepared(
        report=report,
        images={split: _images(unique, chosen, channels) for split, chosen in members.items()},
        labels={split: labels[chosen] for split, chosen in members.items()},
        patients={}
        if patients is None
        else {split: patients[chosen] for split, chosen in members.items()},
        pictures={
            split: [unique[index].picture for index in chosen] for split, chosen in members.items()
        },
    )


def _ordered(names: set[str]) -> tuple[str, ...]:
    """By name, numbers in them by value: grade 2 before grade 10."""

    def key(name: str) -> list[tuple[int, int, str]]:
        parts = re.findall(r"[0-9]{1,18}|[^0-9]+|[0-9]+", name.casefold())
        return [(0, int(p), "") if p.isdecimal() and len(p) < 19 else (1, 0, p) for p in parts]

    return tuple(sorted(sorted(names), key=key))


def _finding(classes: Sequence[str], wanted: str | None) -> str | None:
    if wanted is not None and wanted not in classes:
        raise DatasetError(f"There is no class {wanted!r}.{nearest(wanted, list(classes))}")
    if len(classes) != 2:
        return None
    return wanted or classes[1]


def _channels(unique: Sequence[Examined]) -> int:
    coloured = sum(one.colour is not None for one in unique)
    return 3 if 2 * coloured > len(unique) else 1


def _counts(labels: np.ndarray, classes: int) -> tuple[int, ...]:
    return tuple(int(n) for n in np.bincount(labels, minlength=classes))


def _modalities(unique: Sequence[Examined]) -> tuple[str, ...]:
    stated = {one.modality for one in unique}
    return () if "" in stated else tuple(sorted(stated))


def _images(unique: Sequence[Examined], chosen: np.ndarray, channels: int) -> np.ndarray:
    """uint8 ``(n, size, size)`` or with 3 channels, in which a grey picture has equal ones."""
    if channels == 1:
        return np.stack([unique[index].grey for index in chosen])
    return np.stack(
        [
            np.repeat(one.grey[..., None], 3, axis=2) if one.colour is None else one.colour
            for one in (unique[index] for index in chosen)
        ]
    )


def _patients_in(patients: np.ndarray) -> int:
    """How many there are; a picture whose patient is not known (-1) is a patient of its own."""
    known = patients >= 0
    return len(np.unique(patients[known])) + int((~known).sum())
