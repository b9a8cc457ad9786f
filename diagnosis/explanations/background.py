"""The mean of the training cases and a few of them: baseline and null distribution of explanations."""

from dataclasses import dataclass

import numpy as np

from diagnosis.datasets import Dataset
from diagnosis.explanations.mean_sequence import mean_sequence
from diagnosis.sequences import Encoder

DRAWN = 32  # training cases from which random steps are taken
SEED = 20260101


@dataclass(frozen=True, eq=False)
class Background:
    """The training split as one model reads it. Built once a version."""

    mean: np.ndarray  # float32 (timesteps, features): the mean sequence; of records padding
    cases: np.ndarray  # float32 (drawn, timesteps, features): training cases drawn at random
    events: bool = False  # whether a step whose first number is 0 is padding

    @property
    def read(self) -> np.ndarray:
        """Which steps of the cases are no padding, bool ``(drawn, timesteps)``."""
        read: np.ndarray = self.cases[..., 0] > 0
        return read if self.events else np.ones_like(read)


def background(dataset: Dataset, encoder: Encoder) -> Background:
    """The mean of the training split and a few of its cases, as sequences of the model.

    The same data set and encoder give the same background on every call.

    Args:
        dataset: that the model was trained on.
        encoder: the model's.

    Raises:
        InputError: the images do not have the shape that was prepared for.
    """
    images = dataset.images["train"]
    drawn = np.random.default_rng(SEED).choice(len(images), min(DRAWN, len(images)), replace=False)
    cases = encoder.batch(images[np.sort(drawn)])
    return Background(mean_sequence(images, encoder), cases, events=bool(encoder.embedded))
