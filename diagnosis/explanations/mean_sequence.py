"""The mean of a training split: the neutral replacement for a step."""

import numpy as np

from diagnosis.models.batches_of_one_size import BATCH
from diagnosis.sequences import Preparation, as_sequences


def mean_sequence(images: np.ndarray, preparation: Preparation) -> np.ndarray:
    """The mean of all sequences, timestep by timestep and feature by feature.

    Args:
        images: uint8, ``(n, *preparation.image_shape)``, n at least 1: a training split.
        preparation: the model's.

    Returns:
        float32, ``(timesteps, features)``.

    Raises:
        InputError: the images do not have the shape that was prepared for.
    """
    total = np.zeros((preparation.timesteps, preparation.features))
    for start in range(0, len(images), BATCH):
        total += as_sequences(images[start : start + BATCH], preparation).sum(axis=0)
    return (total / len(images)).astype(np.float32)
