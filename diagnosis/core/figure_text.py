"""Measured figures in words: what they are called, and never without their interval."""

from collections.abc import Mapping
from typing import Any

LABELS = {
    "auc": "AUC",
    "balanced_accuracy": "balanced accuracy",
    "ppv": "positive predictive value",
    "npv": "negative predictive value",
    "brier": "Brier score",
    "ece": "expected calibration error",
    "mean_absolute_error": "mean absolute error",
}


def figure_of(metrics: Mapping[str, Any], name: str) -> str:
    """A measured figure with its interval, ``0.951 (0.932–0.969)``; a dash if it was not measured."""
    measured = metrics.get(name)
    if measured is None:
        return "–"
    return f"{measured['estimate']:.3f} ({measured['lower']:.3f}–{measured['upper']:.3f})"
