"""What is odd about the pictures and labels of a source, a finding each."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from diagnosis.datasets.archive import MAX_CLASSES
from diagnosis.datasets.dataset import SPLITS
from diagnosis.datasets.importing.examining import Examined
from diagnosis.datasets.importing.report import (
    LEFT_OUT,
    UNREADABLE,
    Finding,
    Level,
    counted,
)
from diagnosis.datasets.user_npz import is_class_name

FEW = 10  # pictures of a class in the test split, below which a figure says next to nothing
UNEVEN, VERY_UNEVEN = 3, 10  # largest class to smallest


def unreadable(failed: Sequence[tuple[str, str]], *, skip: bool) -> list[Finding]:
    """Files that are no pictures, a finding for each reason."""
    by_reason = defaultdict(list)
    for name, reason in failed:
        by_reason[reason].append((name,))
    level: Level = "warning" if skip else "error"
    end = LEFT_OUT if skip else ""
    return [
        Finding(
            level,
            UNREADABLE,
            f"Not readable: {counted(len(names), 'file')}. {reason}{end}",
            tuple(names),
        )
        for reason, names in by_reason.items()
    ]


def class_names(classes: Sequence[str], unique: Sequence[Examined]) -> list[Finding]:
    """Too few or too many classes, names that cannot be shown, classes without a picture."""
    found = []
    if len(classes) < 2:
        only = f", {classes[0]!r}" if classes else ""
        found.append(
            _error("one-class", f"There is only one class{only}: at least two are needed.")
        )
    if len(classes) > MAX_CLASSES:
        found.append(
            _error(
                "classes",
                f"There are {len(classes):,} classes; at most {MAX_CLASSES:,} are possible.",
            )
        )
    if odd := sum(not is_class_name(name) for name in classes):
        sentence = f"Class names that are empty or longer than 100 characters: {odd}."
        found.append(_error("class-name", sentence))
    folded = Counter(name.casefold() for name in classes)
    if twice := [name for name in classes if folded[name.casefold()] > 1]:
        sentence = f"Some class names differ only in upper and lower case: {', '.join(twice)}."
        found.append(Finding("warning", "class-case", sentence))
    present = {one.picture.label for one in unique}
    if empty := [name for name in classes if name not in present]:
        sentence = f"No picture can be read of: {', '.join(empty[:5])}."
        found.append(_error("empty-class", sentence))
    return found


def balance(classes: Sequence[str], unique: Sequence[Examined]) -> list[Finding]:
    """Classes of very different numbers."""
    counts = Counter(one.picture.label for one in unique)
    if len(classes) < 2 or len(counts) < len(classes):
        return []
    (most, n), (least, m) = counts.most_common()[0], counts.most_common()[-1]
    if n < UNEVEN * m:
        return []
    sentence = (
        f"The classes are uneven: {n:,} of {most!r}, {m:,} of {least!r}. Training weighs them; judge a model "
        "by AUC or balanced accuracy, not by accuracy."
    )
    return [Finding("warning" if n >= VERY_UNEVEN * m else "note", "uneven", sentence)]


def pictures(unique: Sequence[Examined], size: int, channels: int) -> list[Finding]:
    """Mixed sizes, kinds of file and colour; small and unfit pictures; text burned in."""
    found = []
    if unfit := [one for one in unique if one.unfit]:
        reasons = Counter(one.unfit for one in unfit).most_common(1)[0][0]
        sentence = (
            f"Not fit to be read: {counted(len(unfit), 'picture')}, mostly because: {reasons}"
        )
        found.append(Finding("warning", "unfit", sentence, _names(unfit)))
    if small := [one for one in unique if min(one.sides) < size]:
        sentence = (
            f"Enlarged, having fewer than {size} pixels a side: {counted(len(small), 'picture')}."
        )
        found.append(Finding("warning", "small", sentence, _names(small)))
    if burned := [one for one in unique if one.burned_in]:
        sentence = (
            f"Text is burned into the picture, as the file itself says: {counted(len(burned), 'file')}. "
            "It is not removed and may name a person."
        )
        found.append(Finding("warning", "burned-in", sentence, _names(burned)))
    if several := [one for one in unique if one.frames > 1]:
        sentence = (
            f"With several frames: {counted(len(several), 'file')}. Of each, the middle slice of a volume "
            "or the first frame is taken."
        )
        found.append(Finding("note", "frames", sentence, _names(several)))
    found += _mixed_colour(unique, channels)
    sides = {one.sides for one in unique}
    if len(sides) > 1:
        heights, widths = zip(*sides, strict=True)
        sentence = (
            f"The pictures differ in size: {min(widths)} to {max(widths)} wide, {min(heights)} to "
            f"{max(heights)} high. Of each the central square is taken and reduced to {size} × {size}."
        )
        found.append(Finding("note", "sizes", sentence))
    formats = Counter(one.format for one in unique)
    if len(formats) > 1:
        found.append(Finding("note", "formats", f"Kinds of file: {_listed(formats)}."))
    modalities = Counter(one.modality or "not stated" for one in unique)
    if len(modalities - Counter({"not stated": modalities["not stated"]})) > 1:
        sentence = f"The DICOM files are of several modalities: {_listed(modalities)}."
        found.append(Finding("warning", "modalities", sentence))
    return found


def telling(unique: Sequence[Examined]) -> list[Finding]:
    """Properties of the file that give the class away: a network would learn those instead."""
    found = []
    properties: dict[str, Callable[[Examined], Any]] = {
        "kind of file": lambda one: one.format,
        "modality": lambda one: one.modality,
        "colour": lambda one: one.colour is not None,
        "size": lambda one: one.sides,
    }
    for name, of in properties.items():
        values = defaultdict(set)
        for one in unique:
            values[one.picture.label].add(of(one))
        distinct = set().union(*values.values())
        apart = sum(map(len, values.values())) == len(distinct)  # no value in two classes
        if len(values) > 1 and apart and (name != "size" or len(distinct) == len(values)):
            sentence = (
                f"The {name} alone tells the classes apart, so a network may learn that and nothing of the "
                "pictures: give files of all classes from the same source."
            )
            found.append(Finding("warning", "telling", sentence))
    return found


def per_split(classes: Sequence[str], counts: Mapping[str, Sequence[int]]) -> list[Finding]:
    """Classes that a split lacks, or of which the test split has few."""
    found = []
    for split in SPLITS:
        if absent := [name for name, n in zip(classes, counts[split], strict=True) if n == 0]:
            sentence = f"The {split} split has no picture of: {', '.join(absent[:5])}."
            found.append(_error("split-lacks-class", sentence))
    least = int(np.argmin(counts["test"]))
    if 0 < counts["test"][least] < FEW:
        sentence = (
            f"The test split has only {counted(counts['test'][least], 'picture')} of {classes[least]!r}: "
            "figures measured on it will be very uncertain."
        )
        found.append(Finding("warning", "few", sentence))
    return found


def _mixed_colour(unique: Sequence[Examined], channels: int) -> list[Finding]:
    coloured = sum(one.colour is not None for one in unique)
    if channels == 1 and coloured:
        sentence = f"{coloured:,} of {len(unique):,} pictures are in colour and are turned to grey."
        return [Finding("warning" if coloured < len(unique) else "note", "colour", sentence)]
    if channels == 3 and coloured < len(unique):
        sentence = f"{len(unique) - coloured:,} of {len(unique):,} pictures are grey, and stored as colour."
        return [Finding("warning", "colour", sentence)]
    return []


def _names(some: Sequence[Examined]) -> tuple[tuple[str, ...], ...]:
    return tuple((one.picture.name,) for one in some)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {n:,}" for name, n in counts.most_common())


def _error(code: str, sentence: str) -> Finding:
    return Finding("error", code, sentence)
