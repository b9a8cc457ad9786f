"""From scores to probabilities: one temperature and one shift a class, fitted on the validation split."""

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


def calibrate(logits: np.ndarray, labels: np.ndarray, task: str) -> Calibration:
    """Fit to a validation split by minimising its negative log likelihood.

    Args:
        logits: float, ``(n, logits)``.
        labels: int, ``(n,)``, or ``(n, labels)`` for multi-label tasks.
        task: binary, multi-class, multi-label or ordinal (see ``models.heads``).
    """
    width = logits.shape[1]

    def loss(parameters: np.ndarray) -> float:
        scaled = logits / np.exp(parameters[0]) + parameters[1:]
        # a weak pull towards no change keeps separable splits finite
        return negative_log_likelihood(scaled, labels, task) + 1e-4 * float(parameters @ parameters)

    fitted = optimize.minimize(loss, np.zeros(1 + width), method="L-BFGS-B").x
    bias = fitted[1:] - (fitted[1:].mean() if task == "multi-class" else 0.0)
    return Calibration(float(np.exp(fitted[0])), tuple(float(shift) for shift in bias))


def negative_log_likelihood(logits: np.ndarray, labels: np.ndarray, task: str) -> float:
    """Mean negative log likelihood of ``labels`` under ``logits``; shapes as ``calibrate``."""
    if task == "multi-class":
        return float(
            -np.take_along_axis(log_softmax(logits, axis=1), labels[:, None], axis=1).mean()
        )
    if task in ("binary", "multi-label"):
        truth = labels.reshape(len(labels), -1)
        return float(-(truth * log_expit(logits) + (1 - truth) * log_expit(-logits)).mean())
    steps = np.arange(logits.shape[1])
    reached, above = labels[:, None] >= steps, labels[:, None] > steps
    each = reached * np.where(above, log_expit(logits), log_expit(-logits))
    return float(-each.sum(axis=1).mean())
