"""What versions say about a whole split, and where they differ."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from diagnosis.datasets import Dataset
from diagnosis.errors import InputError
from diagnosis.evaluation.answers import answers
from diagnosis.models import heads
from diagnosis.reading import Model
from diagnosis.sequences import as_sequences


@dataclass(frozen=True, eq=False)
class Predictions:
    """One version's answers to all cases of a split, in their order. Read-only: it is shared."""

    probabilities: np.ndarray  # calibrated, float64 (n, classes)
    answers: np.ndarray  # what is called: a class (n,), or labels (n, classes)
    threshold: float | None  # binary: of the finding's probability

    def __post_init__(self) -> None:
        self.probabilities.setflags(write=False)
        self.answers.setflags(write=False)


def predict(model: Model, dataset: Dataset, split: str = "test") -> Predictions:
    """Read a whole split.

    Raises:
        InputError: the data set's images or classes are not those that the model learned from.
    """
    config, facts = model.config, dataset.facts
    if (facts.task, facts.classes, facts.finding) != (config.task, config.classes, config.finding):
        raise InputError(
            f"It answers {', '.join(config.classes)}, and {facts.title} on this machine has other classes or "
            "another finding: restore the data set that it learned from."
        )
    logits = model.reader(as_sequences(dataset.images[split], config.preparation))
    probabilities = heads.probabilities(model.calibration(logits), config.task)
    called = answers(
        probabilities, task=config.task, finding=config.finding, threshold=model.threshold
    )
    return Predictions(probabilities, called, model.threshold)


def disagreements(predictions: Sequence[Predictions]) -> np.ndarray:
    """Indices of the cases, int ``(k,)``, that are not called alike by all of two or more versions."""
    first, *others = (each.answers.reshape(len(each.answers), -1) for each in predictions)
    differ = np.zeros(len(first), bool)
    for called in others:
        differ |= (called != first).any(axis=1)
    return np.flatnonzero(differ)
