"""Cross-validation folds of training and validation split together. The test split is never looked at."""

from dataclasses import replace

import numpy as np

from diagnosis.core.errors import InputError
from diagnosis.datasets import Dataset

SEARCHED = ("train", "val")  # the splits that a search may see


def held_out(dataset: Dataset, folds: int, number: int, seed: int) -> Dataset:
    """The data set of one fold: that fold is its validation split, the others are what it trains on.

    Args:
        dataset: its training and validation split are used.
        folds: how many there are.
        number: of the fold held out, from 0.
        seed: of the folds.

    Returns:
        A data set with the splits train and val and no other.

    Raises:
        InputError: what `fold_numbers` raises.
    """
    labels = joined(dataset.labels)
    held = fold_numbers(dataset, folds, seed) == number
    images = joined(dataset.images)
    return replace(
        dataset,
        images={"train": images[~held], "val": images[held]},
        labels={"train": labels[~held], "val": labels[held]},
        patients=None,
    )


def fold_numbers(dataset: Dataset, folds: int, seed: int) -> np.ndarray:
    """The fold of each case of training and validation split, in that order, int ``(n,)``.

    All cases of a patient are in one fold where patients are known, and classes are in proportion
    (multi-label: by the rarest finding of each case).

    Raises:
        InputError: there are too few patients or cases, so that a class were missing from a fold.
    """
    import warnings

    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    labels = joined(dataset.labels)
    strata = labels if labels.ndim == 1 else _rarest(labels)
    groups = None if dataset.patients is None else groups_of(joined(dataset.patients))
    by_class = [strata[strata == stratum] for stratum in np.unique(strata)]
    fewest = (
        min(map(len, by_class))
        if groups is None
        else min(len(np.unique(groups[strata == stratum])) for stratum in np.unique(strata))
    )
    if labels.ndim == 1 and fewest < folds:
        what = "cases" if groups is None else "patients"
        raise InputError(
            f"{dataset.facts.title} has a class with only {fewest} {what} in its training and validation "
            f"splits: too few for {folds} folds."
        )
    cut = (StratifiedKFold if groups is None else StratifiedGroupKFold)(
        folds, shuffle=True, random_state=seed
    )
    numbers = np.zeros(len(labels), dtype=int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a rare combination: checked below
        for number, (_, chosen) in enumerate(cut.split(strata, strata, groups)):
            numbers[chosen] = number
    _check_measurable(dataset, labels, numbers, folds)
    return numbers


def joined(by_split: object) -> np.ndarray:
    """Arrays by split: those of the training split, then those of the validation split."""
    return np.concatenate([by_split[split] for split in SEARCHED])  # type: ignore[index]


def groups_of(patients: np.ndarray) -> np.ndarray:
    """Patients as they are; a case whose patient is not known (-1) is a patient of its own."""
    unknown = patients < 0
    groups = patients.astype(np.int64)
    groups[unknown] = -1 - np.arange(unknown.sum())
    return groups


def _rarest(labels: np.ndarray) -> np.ndarray:
    """Of each case the column of its rarest finding, -1 for none, int ``(n,)``."""
    counts = np.where(labels > 0, labels.sum(axis=0), len(labels) + 1)  # (n, findings)
    return np.where(labels.any(axis=1), counts.argmin(axis=1), -1)


def _check_measurable(
    dataset: Dataset, labels: np.ndarray, numbers: np.ndarray, folds: int
) -> None:
    one_hot = labels if labels.ndim == 2 else np.eye(len(dataset.facts.classes), dtype=int)[labels]
    for number in range(folds):
        for part in (numbers == number, numbers != number):
            present = one_hot[part].sum(axis=0)  # (classes,)
            for name, count in zip(dataset.facts.classes, present, strict=True):
                if count in (0, part.sum()):
                    raise InputError(
                        f"A fold of {dataset.facts.title} would have no case with, or none without, "
                        f"{name!r}: take fewer than {folds} folds."
                    )
