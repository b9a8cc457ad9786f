"""From scores to probabilities: one temperature and one shift a class, fitted on held-out cases."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize
from scipy.special import log_expit, log_softmax

METHOD = "bias-corrected temperature scaling"


@dataclass(frozen=True)
class Calibration:
    """``logits / temperature + bias``: bias-corrected temperature scaling.

    Alexandari, Kundaje & Shrikumar, ICML 2020 (arXiv:1901.06852); with one logit it is Platt's scaling
    (Platt 1999). The shift undoes what weighing the classes in training did to their frequencies.
    """

    temperature: float
    bias: tuple[float, ...]
    method: str = METHOD

    def __call__(self, logits: np.ndarray) -> np.ndarray:
        """Calibrated logits, float64, of the same shape ``(..., logits)``."""
        scaled = np.asarray(logits, np.float64) / self.temperature
        return np.asarray(scaled + np.asarray(self.bias))

    def to_json(self) -> dict[str, Any]:
        """``{"method", "temperature", "bias"}``."""
        return {"method": self.method, "temperature": self.temperature, "bias": list(self.bias)}


def calibrate(
    logits: np.ndarray, labels: np.ndarray, task: str, *, weights: np.ndarray | None = None
) -> Calibration:
    """Fit to cases that the model has not learned from, by minimising their negative log likelihood.

    Args:
        logits: float, ``(n, logits)``.
        labels: int, ``(n,)``, or ``(n, labels)`` for multi-label tasks.
        task: binary, multi-class, multi-label or ordinal (see ``models.heads``).
        weights: float, ``(n,)``, how much each case counts; None for all alike.
    """
    width = logits.shape[1]

    def loss(parameters: np.ndarray) -> float:
        scaled = logits / np.exp(parameters[0]) + parameters[1:]
        # a weak pull towards no change keeps separable splits finite
        lost = negative_log_likelihood(scaled, labels, task, weights)
        return lost + 1e-4 * float(parameters @ parameters)

    fitted = optimize.minimize(loss, np.zeros(1 + width), method="L-BFGS-B").x
    bias = fitted[1:] - (fitted[1:].mean() if task == "multi-class" else 0.0)
    return Calibration(float(np.exp(fitted[0])), tuple(float(shift) for shift in bias))


def prevalence_weights(truth: np.ndarray, prevalence: float) -> np.ndarray:
    """Weights that give the finding a prevalence, float ``(n,)``, mean 1.

    Args:
        truth: bool, ``(n,)``: who has it; some do and some do not.
        prevalence: between 0 and 1, both excluded.
    """
    own = truth.mean()
    weights: np.ndarray = np.where(truth, prevalence / own, (1 - prevalence) / (1 - own))
    return weights


def negative_log_likelihood(
    logits: np.ndarray, labels: np.ndarray, task: str, weights: np.ndarray | None = None
) -> float:
    """Mean negative log likelihood of ``labels`` under ``logits``; shapes as ``calibrate``."""
    return float(np.average(_losses(logits, labels, task), weights=weights))


def _losses(logits: np.ndarray, labels: np.ndarray, task: str) -> np.ndarray:
    """Of each case, ``(n,)``; of several labels their mean."""
    each: np.ndarray
    if task == "multi-class":
        each = np.take_along_axis(log_softmax(logits, axis=1), labels[:, None], axis=1)[:, 0]
    elif task in ("binary", "multi-label"):
        truth = labels.reshape(len(labels), -1)
        each = (truth * log_expit(logits) + (1 - truth) * log_expit(-logits)).mean(axis=1)
    else:
        steps = np.arange(logits.shape[1])
        reached, above = labels[:, None] >= steps, labels[:, None] > steps
        each = (reached * np.where(above, log_expit(logits), log_expit(-logits))).sum(axis=1)
    return -each
