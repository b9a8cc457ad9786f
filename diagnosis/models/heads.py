"""How a task is answered: the width of the last layer, its loss, and what its logits mean.

The last layer gives logits; probabilities are computed from them here, once, in NumPy:

* binary: one logit, the second class's log odds.
* multi-class: softmax.
* multi-label: one logistic a label.
* ordinal: CORN (Shi, Cao & Raschka, 2021, arXiv:2111.08851): logit ``k`` is the log odds of being above
  level ``k`` for a case known to be above level ``k - 1``; the products fall with ``k`` by construction.
"""

from typing import Any

import keras
import numpy as np
from keras import ops
from scipy.special import expit, softmax

from diagnosis.datasets.facts import Task


def logit_count(task: Task, classes: int) -> int:
    """Width of the last layer."""
    return {"binary": 1, "multi-class": classes, "multi-label": classes, "ordinal": classes - 1}[
        task
    ]


def probabilities(logits: np.ndarray, task: Task) -> np.ndarray:
    """Class probabilities, float64 ``(..., classes)``, from logits ``(..., logit_count)``.

    They sum to one, but for multi-label tasks, where each label has its own.
    """
    logits = np.asarray(logits, np.float64)
    if task == "multi-class":
        return softmax(logits, axis=-1)
    if task == "multi-label":
        return expit(logits)
    if task == "binary":
        return np.concatenate([expit(-logits), expit(logits)], axis=-1)
    above = np.cumprod(expit(logits), axis=-1)  # P(y > k)
    edge = np.ones_like(above[..., :1])
    return np.concatenate([edge, above], axis=-1) - np.concatenate([above, 0 * edge], axis=-1)


def score_layers(logits: Any, task: Task) -> Any:
    """The same map as ``probabilities`` as Keras operations, for exported models."""
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

    What a gradient is taken of: unlike a probability it does not flatten where the network is sure.

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
