"""All metrics of a split, each with its interval."""

import numpy as np

from diagnosis.evaluation.auc import auc, mean_auc
from diagnosis.evaluation.decision_rule import LABEL_THRESHOLD, DecisionRule
from diagnosis.evaluation.estimates import Estimate, bootstrap, proportion
from diagnosis.evaluation.operating import confusion
from diagnosis.evaluation.reliability import expected_calibration_error


def evaluate(
    probabilities: np.ndarray,
    labels: np.ndarray,
    *,
    rule: DecisionRule,
    classes: tuple[str, ...],
) -> dict[str, Estimate]:
    """Measure probabilities against labels.

    Args:
        probabilities: ``(n, classes)``.
        labels: int, ``(n,)``, or 0/1 ``(n, classes)`` for multi-label tasks.
        rule: task, finding and threshold.
        classes: names, for the figures of each class.

    Returns:
        By name. Always auc, accuracy, brier and ece; binary also sensitivity, specificity, ppv, npv and
        balanced_accuracy; multi-class and ordinal ``recall <class>``; ordinal mean_absolute_error;
        multi-label ``auc <class>``. AUC of several classes is the mean of one-against-rest, accuracy of
        multi-label tasks the mean over labels: MedMNIST's definitions.
    """
    if rule.task == "binary":
        assert rule.finding is not None and rule.threshold is not None
        return _binary(probabilities[:, rule.finding], labels == rule.finding, rule.threshold)
    if rule.task == "multi-label":
        return _multi_label(probabilities, labels.astype(bool), classes)
    return _single_label(probabilities, labels, classes, ordinal=rule.task == "ordinal")


def _binary(probability: np.ndarray, truth: np.ndarray, threshold: float) -> dict[str, Estimate]:
    counts = confusion(truth, probability, threshold)
    return {
        "auc": auc(truth, probability),
        "accuracy": counts.accuracy,
        "balanced_accuracy": bootstrap(_mean_recall, truth, probability >= threshold),
        "sensitivity": counts.sensitivity,
        "specificity": counts.specificity,
        "ppv": counts.ppv,
        "npv": counts.npv,
        "brier": bootstrap(lambda y, p: float(((p - y) ** 2).mean()), truth, probability),
        "ece": bootstrap(expected_calibration_error, truth, probability),
    }


def _single_label(
    probabilities: np.ndarray, labels: np.ndarray, classes: tuple[str, ...], *, ordinal: bool
) -> dict[str, Estimate]:
    predicted = probabilities.argmax(axis=1)
    one_hot = np.eye(len(classes))[labels]
    measured = {
        "auc": bootstrap(mean_auc, one_hot, probabilities),
        "accuracy": proportion(int((predicted == labels).sum()), len(labels)),
        "balanced_accuracy": bootstrap(_mean_recall, labels, predicted),
        "brier": bootstrap(
            lambda y, p: float(((y - p) ** 2).sum(axis=1).mean()), one_hot, probabilities
        ),
        "ece": bootstrap(
            expected_calibration_error, predicted == labels, probabilities.max(axis=1)
        ),
    }
    if ordinal:
        measured["mean_absolute_error"] = bootstrap(
            lambda y, p: float(np.abs(y - p).mean()), labels, predicted
        )
    for index, name in enumerate(classes):
        of_class = labels == index
        measured[f"recall {name}"] = proportion(
            int((predicted[of_class] == index).sum()), int(of_class.sum())
        )
    return measured


def _multi_label(
    probabilities: np.ndarray, truth: np.ndarray, classes: tuple[str, ...]
) -> dict[str, Estimate]:
    predicted = probabilities >= LABEL_THRESHOLD
    measured = {
        "auc": bootstrap(mean_auc, truth, probabilities, draws=100),
        "accuracy": bootstrap(lambda y, c: float((y == c).mean()), truth, predicted),
        "brier": bootstrap(lambda y, p: float(((y - p) ** 2).mean()), truth, probabilities),
        "ece": bootstrap(
            lambda y, p: expected_calibration_error(y.ravel(), p.ravel()),
            truth,
            probabilities,
            draws=100,
        ),
    }
    for index, name in enumerate(classes):
        if 0 < truth[:, index].sum() < len(truth):
            measured[f"auc {name}"] = auc(truth[:, index], probabilities[:, index])
    return measured


def _mean_recall(labels: np.ndarray, predicted: np.ndarray) -> float:
    """Balanced accuracy: the mean over the classes that occur."""
    return float(np.mean([(predicted[labels == k] == k).mean() for k in np.unique(labels)]))
