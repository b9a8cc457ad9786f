"""How a task is answered: the width of the last layer, and what its logits mean.

The last layer gives logits; probabilities are computed from them here, once, in NumPy (``head_ops`` has what
training and exports need of Keras):

* binary: one logit, the second class's log odds.
* multi-class: softmax.
* multi-label: one logistic a label.
* ordinal: CORN (Shi, Cao & Raschka, 2021, arXiv:2111.08851): logit ``k`` is the log odds of being above
  level ``k`` for a case known to be above level ``k - 1``; the products fall with ``k`` by construction.
"""

import numpy as np
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
        shares: np.ndarray = softmax(logits, axis=-1)
        return shares
    logistic: np.ndarray = expit(logits)
    if task == "multi-label":
        return logistic
    if task == "binary":
        return np.concatenate([expit(-logits), logistic], axis=-1)
    above = np.cumprod(logistic, axis=-1)  # P(y > k)
    edge = np.ones_like(above[..., :1])
    levels: np.ndarray
    levels = np.concatenate([edge, above], axis=-1) - np.concatenate([above, 0 * edge], axis=-1)
    return levels
