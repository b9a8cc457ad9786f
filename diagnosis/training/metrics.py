"""What is watched while training; the figures that count come from ``evaluation`` afterwards."""

from typing import Any

import keras
from keras import ops

from diagnosis.datasets.facts import Task


def metrics(task: Task, classes: int) -> list[keras.metrics.Metric]:
    """Accuracy and AUC from logits: of several classes or labels the mean of one against the rest."""
    if task == "binary":
        return [
            keras.metrics.BinaryAccuracy("accuracy", threshold=0.0),
            keras.metrics.AUC(name="auc", from_logits=True),
        ]
    if task == "multi-label":
        return [
            keras.metrics.BinaryAccuracy("accuracy", threshold=0.0),
            keras.metrics.AUC(name="auc", from_logits=True, multi_label=True, num_labels=classes),
        ]
    if task == "multi-class":
        return [keras.metrics.SparseCategoricalAccuracy("accuracy"), OneAgainstRest(classes)]
    return [keras.metrics.MeanMetricWrapper(same_level, name="accuracy")]


class OneAgainstRest(keras.metrics.AUC):
    """Mean over the classes of the AUC of each against all others."""

    def __init__(self, classes: int) -> None:
        """Of ``classes`` classes."""
        super().__init__(name="auc", multi_label=True, num_labels=classes)
        self._classes = classes

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add classes ``(n, 1)`` and their logits ``(n, classes)``."""
        truth = ops.one_hot(ops.cast(ops.reshape(y_true, (-1,)), "int32"), self._classes)
        super().update_state(truth, ops.softmax(y_pred), sample_weight)


def same_level(truth: Any, logits: Any) -> Any:
    """1 where the most steps that are passed in a row lead to the true level (see ``heads``), else 0.

    Args:
        truth: levels, ``(n, 1)``.
        logits: ``(n, levels - 1)``.
    """
    passed = ops.cumprod(ops.cast(logits > 0, "float32"), axis=-1)
    return ops.cast(
        ops.sum(passed, axis=-1, keepdims=True) == ops.cast(truth, "float32"), "float32"
    )
