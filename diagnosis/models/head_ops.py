"""Heads in Keras operations: scores of exported models, log odds to take gradients of, training losses."""

from typing import Any

import keras
import numpy as np
from keras import ops

from diagnosis.datasets.facts import Task


def score_layers(logits: Any, task: Task) -> Any:
    """The same map as ``heads.probabilities`` as Keras operations, for exported models."""
    if task == "multi-class":
        return keras.layers.Softmax(name="scores")(logits)
    if task == "multi-label":
        return keras.layers.Activation("sigmoid", name="scores")(logits)
    if task == "binary":
        return ops.concatenate([ops.sigmoid(-logits), ops.sigmoid(logits)], axis=-1)
    above = ops.sigmoid(logits[:, :1])
    columns = [1 - above]
    for k in range(1, logits.shape[-1]):
        next_above = above * ops.sigmoid(logits[:, k : k + 1])
        columns.append(above - next_above)
        above = next_above
    return ops.concatenate([*columns, above], axis=-1)


def log_odds(logits: Any, task: Task, index: int) -> Any:
    """Log odds of one class, ``log(p / (1 - p))``, as Keras operations and without overflow.

    Gradients are taken of these: a probability flattens where the network is sure, they do not.

    Args:
        logits: tensor, ``(n, logit_count)``.
        task: of the data set.
        index: of the class.

    Returns:
        Tensor, ``(n,)``: binary ± the logit, multi-label the label's own logit, else the class against
        all others together.
    """
    if task == "binary":
        return logits[:, 0] if index == 1 else -logits[:, 0]
    if task == "multi-label":
        return logits[:, index]
    weights = logits  # log p of each class, up to a constant
    if task == "ordinal":  # log P(y = k) = log σ(l_1) + ... + log σ(l_k) + log σ(-l_{k+1})
        above = ops.cumsum(-ops.softplus(-logits), axis=-1)
        edge = ops.zeros_like(logits[:, :1])
        not_above_next = ops.concatenate([-ops.softplus(logits), edge], axis=-1)
        weights = ops.concatenate([edge, above], axis=-1) + not_above_next
    others = ops.concatenate([weights[:, :index], weights[:, index + 1 :]], axis=-1)
    return weights[:, index] - ops.logsumexp(others, axis=-1)


def loss(task: Task, label_weights: np.ndarray | None = None) -> Any:
    """The training loss of a task, from logits.

    Args:
        task: of the data set.
        label_weights: multi-label only, ``(classes,)``: how much a present label counts against an
            absent one.
    """
    if task == "binary":
        return keras.losses.BinaryCrossentropy(from_logits=True)
    if task == "multi-class":
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if task == "ordinal":
        return corn_loss
    weights = 1.0 if label_weights is None else ops.convert_to_tensor(label_weights, "float32")

    def weighted_logistic(truth: Any, logits: Any) -> Any:
        truth = ops.cast(truth, logits.dtype)
        each = _logistic_loss(truth, logits) * (1 + truth * (weights - 1))
        return ops.mean(each, axis=-1)

    return weighted_logistic


def corn_loss(truth: Any, logits: Any) -> Any:
    """CORN loss per case, ``(n,)``, for levels ``(n, 1)`` and logits ``(n, levels - 1)``."""
    levels = logits.shape[-1]
    truth = ops.cast(ops.reshape(truth, (-1, 1)), logits.dtype)
    steps = ops.cast(ops.arange(levels), logits.dtype)
    above = ops.cast(truth > steps, logits.dtype)
    asked = ops.cast(truth >= steps, logits.dtype)  # known to be above the level before
    return ops.sum(asked * _logistic_loss(above, logits), axis=-1) / levels


def _logistic_loss(truth: Any, logits: Any) -> Any:
    """``-log p(truth)`` elementwise, without overflow."""
    return ops.softplus(logits) - truth * logits
