"""Predictions of one version for a whole split, with labels, margins and losses."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from diagnosis.datasets import Dataset
from diagnosis.evaluation.calibration import Calibration
from diagnosis.evaluation.decision_rule import EDGE, LABEL_THRESHOLD, DecisionRule, misclassified
from diagnosis.evaluation.reliability import Bin, most_similar
from diagnosis.inference.abstention import Abstention, Selective
from diagnosis.models import heads
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import PREDICTIONS, Version

if TYPE_CHECKING:  # it brings Keras
    from diagnosis.models.forward import Forward

FEWEST = 40  # test cases of which some are more similar to a case than others


@dataclass(frozen=True, eq=False)
class Predictions:
    """One version's predictions for all cases of a split, in their order. Read-only: it is shared."""

    labels: np.ndarray  # int (n,), or 0/1 (n, classes) for multi-label tasks
    probabilities: np.ndarray  # calibrated, float64 (n, classes)
    config: ModelConfig
    rule: DecisionRule

    def __post_init__(self) -> None:
        for array in (self.labels, self.probabilities):
            array.setflags(write=False)

    @property
    def threshold(self) -> float | None:
        """Binary: of the finding's probability."""
        return self.rule.threshold

    def at(self, threshold: float) -> "Predictions":
        """The same probabilities of a binary task at another operating point."""
        return replace(self, rule=replace(self.rule, threshold=threshold))

    def of(self, chosen: np.ndarray) -> "Predictions":
        """Those of some cases, bool ``(n,)``."""
        return replace(self, labels=self.labels[chosen], probabilities=self.probabilities[chosen])

    @cached_property
    def predicted(self) -> np.ndarray:
        """Predicted classes, int ``(n,)``, or labels, bool ``(n, classes)``."""
        predicted = self.rule.predict(self.probabilities)
        predicted.setflags(write=False)
        return predicted

    @cached_property
    def wrong(self) -> np.ndarray:
        """Which cases are misclassified, bool ``(n,)``."""
        return misclassified(self.predicted, self.labels)

    @cached_property
    def margins(self) -> np.ndarray:
        """Distance of each prediction from another one, float64 ``(n,)``; see ``DecisionRule``."""
        return self.rule.margins(self.probabilities)

    @cached_property
    def losses(self) -> np.ndarray:
        """Negative log likelihood of each label, float64 ``(n,)``; of several labels their sum."""
        likely = np.clip(self.probabilities, EDGE, 1 - EDGE)
        if self.config.task == "multi-label":
            each: np.ndarray = -np.where(self.labels == 1, np.log(likely), np.log1p(-likely))
            return np.asarray(each.sum(axis=1))
        of_label = np.take_along_axis(likely, self.labels[:, None].astype(int), axis=1)[:, 0]
        return np.asarray(-np.log(of_label))

    def worst(self) -> np.ndarray:
        """Indices of the misclassified cases, int ``(k,)``: missed findings first, then by falling loss."""
        cases = np.flatnonzero(self.wrong)
        finding = self.config.finding
        missed = np.zeros(len(cases)) if finding is None else self.truth(finding)[cases]
        return cases[np.lexsort((-self.losses[cases], ~missed.astype(bool)))]

    def truth(self, index: int) -> np.ndarray:
        """Which cases have a class or label, bool ``(n,)``."""
        several = self.config.task == "multi-label"
        return np.asarray(self.labels[:, index] == 1 if several else self.labels == index)


def predictions(
    logits: np.ndarray,
    labels: np.ndarray,
    config: ModelConfig,
    calibration: Calibration,
    threshold: float | None,
) -> Predictions:
    """Predictions from the logits ``(n, logits)`` of a split.

    Args:
        logits: of a model of ``config``.
        labels: int, ``(n,)``, or 0/1 ``(n, classes)`` for multi-label tasks.
        config: the model's.
        calibration: the version's.
        threshold: binary: of the finding's probability.
    """
    probabilities = heads.probabilities(calibration(logits), config.task)
    rule = DecisionRule(config.task, config.finding, threshold)
    return Predictions(labels.view(), probabilities, config, rule)


def predict(forward: "Forward", dataset: Dataset, split: str) -> Predictions:
    """Read a whole split. Of cases that a cross-fitted version learned from, the held-out predictions.

    Args:
        forward: of a version.
        dataset: with images as the version reads them, and its classes.
        split: "train", "val" or "test".
    """
    version, config = forward.version, forward.config
    own = version.card.cross_fit is not None and version.card.dataset.sha256 == dataset.sha256
    if own and split != "test" and (held := stored(version, split)) is not None:
        return held
    logits = forward(config.encoder.batch(dataset.images[split]))
    labels, threshold = dataset.labels[split], version.card.threshold
    return predictions(logits, labels, config, calibration_of(version), threshold)


def stored(version: Version, split: str) -> Predictions | None:
    """Predictions as they were when the version was measured; None if they were not stored.

    Args:
        version: of any data set.
        split: "val" or "test"; of a cross-fitted version "train", too, both held out.

    Raises:
        ModelError: its file differs from the one that was saved.
    """
    arrays = version.arrays(PREDICTIONS, f"{split}_logits", f"{split}_labels")
    if arrays is None:
        return None
    logits, labels = arrays
    threshold = version.card.threshold
    return predictions(logits, labels, version.config, calibration_of(version), threshold)


def observed(test: Predictions, probabilities: np.ndarray) -> dict[str, Bin]:
    """Observed frequency of the classes in question among the test cases of similar probability.

    Args:
        test: the version's predictions for the test split.
        probabilities: of the case, calibrated, ``(classes,)``.

    Returns:
        By class: of the finding; without one of the most probable class; or of all predicted labels and of
        the one closest to its threshold. Empty for a small split: all would be similar.
    """
    config = test.config
    if len(test.labels) < FEWEST:
        return {}
    if config.task == "multi-label":
        closest = int(np.abs(probabilities - LABEL_THRESHOLD).argmin())
        predicted = np.flatnonzero(probabilities >= LABEL_THRESHOLD).tolist()
        classes = sorted({*predicted, closest})
    else:
        classes = [int(probabilities.argmax()) if config.finding is None else config.finding]
    return {
        config.classes[k]: most_similar(
            test.truth(k), test.probabilities[:, k], float(probabilities[k])
        )
        for k in classes
    }


def to_arrays(
    logits: Mapping[str, np.ndarray], labels: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Logits and labels of some splits as the arrays that `stored` reads."""
    arrays = {f"{split}_logits": values for split, values in logits.items()}
    return arrays | {f"{split}_labels": labels[split] for split in logits}


def abstention(version: Version) -> Abstention | None:
    """A version's margin limit; None if it was trained before there was one.

    Raises:
        ModelError: its card cannot be read.
    """
    facts = version.card.abstention
    if facts is None:
        return None
    val, test = (
        Selective(part.n, part.n_abstained, part.wrong_predicted, part.wrong_abstained)
        for part in (facts.val, facts.test)
    )
    return Abstention(facts.limit, val, test)


def calibration_of(version: Version) -> Calibration:
    """A version's calibration.

    Raises:
        ModelError: its card cannot be read.
    """
    facts = version.card.calibration
    return Calibration(facts.temperature, facts.bias, facts.method)
