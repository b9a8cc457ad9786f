"""From probabilities to what is called: the one rule of each task."""

import numpy as np


def decide(
    probabilities: np.ndarray, *, task: str, finding: int | None, threshold: float | None
) -> np.ndarray:
    """What is called, in the form of the labels of a data set.

    Args:
        probabilities: calibrated, ``(..., classes)``.
        task: binary, multi-class, ordinal or multi-label.
        finding: binary: the class that is looked for.
        threshold: binary: the finding is called from this probability on.

    Returns:
        A class, int ``(...)``; for multi-label tasks each label or not, bool ``(..., classes)``.
    """
    if task == "multi-label":
        return probabilities >= 0.5
    if threshold is None or finding is None:
        return probabilities.argmax(axis=-1)
    return np.where(probabilities[..., finding] >= threshold, finding, 1 - finding)


def wrong(answer: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Which answers differ from the labels, bool ``(n,)``; of several labels all must be right.

    Args:
        answer: as `answers` gives them, for cases ``(n,)``.
        labels: int, ``(n,)``, or 0/1 ``(n, classes)`` for multi-label tasks.
    """
    differ = answer != labels
    return differ.any(axis=1) if differ.ndim == 2 else differ


def named(answer: np.ndarray, classes: tuple[str, ...]) -> tuple[str, ...]:
    """The names of what is called, or of a label: one class, or any number of labels.

    Args:
        answer: one case's, a class ``()`` or labels ``(classes,)``.
        classes: their names.
    """
    chosen = np.flatnonzero(answer) if np.ndim(answer) else [int(answer)]
    return tuple(classes[index] for index in chosen)
