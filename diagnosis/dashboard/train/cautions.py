"""Why a data set cannot be trained on, and why its figures would be unreliable; without Streamlit."""

import numpy as np

from diagnosis.core.errors import InputError
from diagnosis.datasets import SPLITS, Dataset
from diagnosis.datasets.measurable import check_measurable

FEW_TO_LEARN, FEW_TO_MEASURE = 50, 30  # cases of a class in the training split; in another
UNBALANCED = 3  # times as many of the largest class as of the smallest
WORDS = {"train": "training", "val": "validation", "test": "test"}


def case_word(dataset: Dataset) -> str:
    """What one case of a set is."""
    return "patient" if dataset.facts.dimensions == 1 else "image"


def class_counts(dataset: Dataset) -> dict[str, np.ndarray]:
    """Cases by split, int ``(classes,)``; of a multi-label set those that show the finding."""
    classes = len(dataset.facts.classes)
    return {
        split: labels.sum(axis=0) if labels.ndim == 2 else np.bincount(labels, minlength=classes)
        for split, labels in dataset.labels.items()
    }


def obstacles(dataset: Dataset) -> list[str]:
    """Why nothing can be trained on it: splits that lack cases of a class."""
    sentences = []
    for split in SPLITS:
        try:
            check_measurable(dataset, split)
        except InputError as error:
            sentences.append(str(error))
    return sentences


def cautions(dataset: Dataset, *, balanced: bool) -> list[str]:
    """Small classes and imbalance, a sentence each.

    Args:
        dataset: to train on.
        balanced: whether rare classes get larger weights.
    """
    counts, classes = class_counts(dataset), dataset.facts.classes
    case = case_word(dataset)
    sentences = []
    for split, few, effect in (
        (
            "train",
            FEW_TO_LEARN,
            "a network learns little from so few and overfits easily",
        ),
        ("val", FEW_TO_MEASURE, "early stopping and the threshold will depend on chance"),
        ("test", FEW_TO_MEASURE, "its error rates will have wide intervals"),
    ):
        least = int(counts[split].argmin())
        if (n := int(counts[split][least])) < few:
            sentences.append(
                f"Only {n} {WORDS[split]} {case}{'' if n == 1 else 's'} of “{classes[least]}”: {effect}."
            )
    smallest, largest = int(counts["train"].argmin()), int(counts["train"].argmax())
    ratio = counts["train"][largest] / max(1, counts["train"][smallest])
    if ratio >= UNBALANCED:
        measure = (
            "class weights correct for it."
            if balanced
            else "turn on class weights in the sidebar to correct for it."
        )
        sentences.append(
            f"{ratio:.0f} times as many training {case}s of “{classes[largest]}” as of "
            f"“{classes[smallest]}”: {measure}"
        )
    return sentences
