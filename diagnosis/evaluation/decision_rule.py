"""From probabilities to predicted classes: the one rule of each task, and how close a prediction was."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

EDGE = 1e-12  # probabilities of 0 and 1 are moved inside by this much before logarithms
LABEL_THRESHOLD = 0.5  # of each label of a multi-label task


@dataclass(frozen=True)
class DecisionRule:
    """Task, finding and operating point, which always travel together.

    Attributes:
        task: binary, multi-class, ordinal or multi-label.
        finding: binary: index of the positive class.
        threshold: binary: the finding is predicted at or above this probability.
    """

    task: str
    finding: int | None = None
    threshold: float | None = None

    def predict(self, probabilities: NDArray[np.floating]) -> NDArray[np.generic]:
        """Predicted classes in the form of a data set's labels.

        Args:
            probabilities: calibrated, ``(..., classes)``.

        Returns:
            A class, int ``(...)``; for multi-label tasks each label or not, bool ``(..., classes)``.
        """
        if self.task == "multi-label":
            return probabilities >= LABEL_THRESHOLD
        if self.threshold is None or self.finding is None:
            return np.asarray(probabilities.argmax(axis=-1))
        positive = probabilities[..., self.finding] >= self.threshold
        return np.where(positive, self.finding, 1 - self.finding)

    def margins(self, probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
        """Distance of each prediction from another one, in log odds, float64 ``(n,)``.

        Binary: from the threshold. Multi-class and ordinal: of the most probable class from the second.
        Multi-label: of the label that is closest to its threshold.

        Args:
            probabilities: calibrated, ``(n, classes)``.
        """
        inside = np.clip(np.asarray(probabilities, np.float64), EDGE, 1 - EDGE)
        if self.task == "multi-label":
            return np.asarray(np.abs(logit(inside)).min(axis=1))
        if self.task == "binary":
            assert self.finding is not None and self.threshold is not None
            threshold = logit(np.clip(self.threshold, EDGE, 1 - EDGE))
            return np.asarray(np.abs(logit(inside[:, self.finding]) - threshold))
        second, first = np.sort(inside, axis=1)[:, -2:].T
        return np.asarray(np.log(first / second))

    def indeterminate_zone(self, limit: float | None) -> tuple[float, float] | None:
        """The probabilities whose margin is at most ``limit``: of the finding, or of each of several labels.

        Args:
            limit: a margin, in log odds; None if none is indeterminate.

        Returns:
            The lowest and the highest; None if there are none, or if the margin depends on two classes.
        """
        threshold = LABEL_THRESHOLD if self.task == "multi-label" else self.threshold
        if limit is None or threshold is None:
            return None
        middle = logit(np.clip(threshold, EDGE, 1 - EDGE))
        return float(expit(middle - limit)), float(expit(middle + limit))


def misclassified(predicted: NDArray[np.generic], labels: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Which predictions differ from the labels, bool ``(n,)``; of several labels all must be right.

    Args:
        predicted: as `DecisionRule.predict` gives them, for cases ``(n,)``.
        labels: int, ``(n,)``, or 0/1 ``(n, classes)`` for multi-label tasks.
    """
    differ: NDArray[np.bool_] = predicted != labels
    return np.asarray(differ.any(axis=1)) if differ.ndim == 2 else differ


def class_names(predicted: NDArray[np.generic], classes: tuple[str, ...]) -> tuple[str, ...]:
    """Names of a predicted class or a label: one class, or any number of labels.

    Args:
        predicted: of one case, a class ``()`` or labels ``(classes,)``.
        classes: all names.
    """
    chosen = np.flatnonzero(predicted) if np.ndim(predicted) else [int(predicted)]
    return tuple(classes[index] for index in chosen)
