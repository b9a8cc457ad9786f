"""What a data set cannot be trained on, and what of it makes the figures doubtful; without Streamlit."""

import numpy as np

from diagnosis.core.errors import InputError
from diagnosis.datasets import SPLITS, Dataset
from diagnosis.datasets.measurable import check_measurable

FEW_TO_LEARN, FEW_TO_MEASURE = 50, 30  # cases of a class in the training split; in another
UNBALANCED = 3  # times as many of the largest class as of the smallest
WORDS = {"train": "training", "val": "validation", "test": "test"}


def class_counts(dataset: Dataset) -> dict[str, np.ndarray]:
    """Cases by split, int ``(classes,)``; of a multi-label set those that show the finding."""
    classes = len(dataset.facts.classes)
    return {
        split: labels.sum(axis=0) if labels.ndim == 2 else np.bincount(labels, minlength=classes)
        for split, labels in dataset.labels.items()
    }


def obstacles(dataset: Dataset) -> list[str]:
    """Why nothing can be trained on it: splits that lack cases of a class."""
    said = []
    for split in SPLITS:
        try:
            check_measurable(dataset, split)
        except InputError as error:
            said.append(str(error))
    return said


def cautions(dataset: Dataset, *, balanced: bool) -> list[str]:
    """What one should know before training on it.

    Args:
        dataset: to train on.
        balanced: whether rare classes are weighed more.
    """
    counts, classes = class_counts(dataset), dataset.facts.classes
    said = []
    for split, few, means in (
        (
            "train",
            FEW_TO_LEARN,
            "a network learns little from so few, and easily learns them by heart",
        ),
        ("val", FEW_TO_MEASURE, "when to stop, and the threshold, will depend on chance"),
        ("test", FEW_TO_MEASURE, "its error rates will have wide intervals"),
    ):
        least = int(counts[split].argmin())
        if (n := int(counts[split][least])) < few:
            said.append(
                f"Only {n} {WORDS[split]} image{'' if n == 1 else 's'} of “{classes[least]}”: {means}."
            )
    smallest, largest = int(counts["train"].argmin()), int(counts["train"].argmax())
    ratio = counts["train"][largest] / max(1, counts["train"][smallest])
    if ratio >= UNBALANCED:
        measure = (
            "rare classes are weighed more."
            if balanced
            else "nothing is done about it; “Weigh rare classes more” in the sidebar would."
        )
        said.append(
            f"{ratio:.0f} times as many training images of “{classes[largest]}” as of "
            f"“{classes[smallest]}”: {measure}"
        )
    return said
