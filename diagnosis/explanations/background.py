"""What training cases look like on average, and a few of them: baselines and controls of explanations."""

from dataclasses import dataclass

import numpy as np

from diagnosis.datasets import Dataset
from diagnosis.explanations.mean_sequence import mean_sequence
from diagnosis.sequences import Encoder

DRAWN = 32  # training cases that random rows are taken from
SEED = 20260101


@dataclass(frozen=True, eq=False)
class Background:
    """The training split as one model sees it. Built once a version."""

    mean: np.ndarray  # float32 (timesteps, features): the mean sequence
    cases: np.ndarray  # float32 (drawn, timesteps, features): training cases drawn at random


def background(dataset: Dataset, encoder: Encoder) -> Background:
    """Prepare the training split as the model's images are prepared, and keep its mean and a few cases.

    The same data set and encoder give the same background on every call.

    Args:
        dataset: that the model learned from.
        encoder: the model's.

    Raises:
        InputError: the images do not have the shape that was prepared for.
    """
    images = dataset.images["train"]
    drawn = np.random.default_rng(SEED).choice(len(images), min(DRAWN, len(images)), replace=False)
    return Background(mean_sequence(images, encoder), encoder.batch(images[np.sort(drawn)]))
