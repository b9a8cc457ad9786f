"""Predictions of versions for a whole split, and the cases on which they differ."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from diagnosis.core.errors import InputError
from diagnosis.datasets import Dataset
from diagnosis.inference import split_predictions
from diagnosis.inference.split_predictions import Predictions

if TYPE_CHECKING:  # it brings Keras
    from diagnosis.inference.predictor import Predictor


def predict(model: "Predictor", dataset: Dataset, split: str = "test") -> Predictions:
    """Read a whole split.

    Raises:
        InputError: the data set's images or classes are not those that the model learned from.
    """
    config, facts = model.config, dataset.facts
    if (facts.task, facts.classes, facts.finding) != (config.task, config.classes, config.finding):
        raise InputError(
            f"It predicts {', '.join(config.classes)}, and {facts.title} on this machine has other classes "
            "or another finding: restore the data set that it was trained on."
        )
    return split_predictions.predict(model.forward, dataset, split)


def disagreements(versions: Sequence[Predictions]) -> np.ndarray:
    """Indices of the cases, int ``(k,)``, for which two or more versions predict different classes."""
    first, *others = (each.predicted.reshape(len(each.predicted), -1) for each in versions)
    differ = np.zeros(len(first), bool)
    for other in others:
        differ |= (other != first).any(axis=1)
    return np.flatnonzero(differ)
