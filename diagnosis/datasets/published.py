"""Does a file hold the set that its name promises?"""

from dataclasses import replace

import numpy as np

from diagnosis.datasets.archive import Archive
from diagnosis.datasets.dataset import SPLITS, Dataset, DatasetError
from diagnosis.datasets.facts import DatasetFacts
from diagnosis.datasets.groups import GROUPED_BY, groups
from diagnosis.datasets.splits import Splits, arrange


def open_published(archive: Archive, facts: DatasetFacts, size: int) -> Dataset:
    """The data set ``facts`` from a file that should be its published one.

    A file whose MD5 is not the published one is used all the same, with a note, when in every split
    the images have the published number, shape and type (uint8), the labels the published range,
    and the classes their known counts; where those are not known, every class must occur in the
    training split. The pixels themselves are not checked then.

    Raises:
        DatasetError: the arrays are not those of the set; the sentence says what differs.
    """
    splits = arrange(archive)
    published = facts.files[size]
    difference = difference_from(splits, facts, size)
    if difference:
        raise DatasetError(
            f"{archive.path} is not {facts.title} at size {size}: {difference}; get "
            f"{published.filename} (MD5 {published.md5}) from {published.url}, or rename the file "
            "if it is another set."
        )
    notes = splits.notes
    if archive.md5 != published.md5:
        notes = (
            f"{archive.path.name} is not the published file (MD5 {archive.md5}, published "
            f"{published.md5}); shapes, types and label counts are the published ones.",
            *notes,
        )
    dataset = Dataset(facts, size, splits.images, splits.labels, archive.sha256, notes)
    known = groups(facts.name)
    by_split = {} if known is None else known.of(splits.images)
    if not any((each >= 0).any() for each in by_split.values()):  # another size
        return dataset
    dataset = replace(dataset, patients=by_split, grouped_by=GROUPED_BY[facts.name])
    return replace(dataset, notes=(*notes, shared_groups(dataset)))


def shared_groups(dataset: Dataset) -> str:
    """How many validation and test cases have their patient, or a near copy, in the training split."""
    counts = [
        f"{int(shared.sum()):,} of {len(shared):,} {name} images ({100 * shared.mean():.0f} %)"
        for split, name in (("val", "validation"), ("test", "test"))
        for shared in [dataset.known_from(split, "train")]
    ]
    what = {"patient": "Of patients", "near copies": "Near copies of images"}[dataset.grouped_by]
    return (
        f"{what} in the training split: {', '.join(counts)}. Such cases are easier than new ones."
    )


def difference_from(splits: Splits, facts: DatasetFacts, size: int) -> str | None:
    """The first thing that differs from what is published, in words."""
    kind = (splits.dimensions, splits.channels, splits.size)
    expected = (facts.dimensions, facts.channels, size)
    if kind != expected:
        return f"its images are {_kind(*kind)}, published are {_kind(*expected)}"
    for split in SPLITS:
        difference = _difference_of_labels(splits.labels[split], split, facts)
        if difference:
            return difference
    return None


def _difference_of_labels(labels: np.ndarray, split: str, facts: DatasetFacts) -> str | None:
    n = facts.counts[split]
    if len(labels) != n:
        return f"its {split} split has {len(labels)} images, published are {n}"
    classes = len(facts.classes)
    columns, highest = (classes, 1) if facts.task == "multi-label" else (1, classes - 1)
    found = labels.shape[1] if labels.ndim == 2 else 1
    if found != columns:
        return f"its {split} labels have {found} column(s), published are {columns}"
    if labels.max() > highest:
        return f"a {split} label is {labels.max()}, the highest published is {highest}"
    counts = _class_counts(labels, classes)
    if facts.class_counts and counts != facts.class_counts[split]:
        return f"its {split} classes have {counts} images, not {facts.class_counts[split]}"
    if split == "train" and 0 in counts:
        return f"no {split} image shows {facts.classes[counts.index(0)]}"
    return None


def _class_counts(labels: np.ndarray, classes: int) -> tuple[int, ...]:
    counts = labels.sum(axis=0) if labels.ndim == 2 else np.bincount(labels, minlength=classes)
    return tuple(int(count) for count in counts)


def _kind(dimensions: int, channels: int, size: int) -> str:
    return "×".join([str(size)] * dimensions) + (" colour" if channels == 3 else " grey")
