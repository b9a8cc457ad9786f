"""The mean of a training split: the neutral replacement for a step."""

import numpy as np

from diagnosis.models.batches_of_one_size import BATCH
from diagnosis.sequences import Encoder


def mean_sequence(images: np.ndarray, encoder: Encoder) -> np.ndarray:
    """The mean of all sequences, timestep by timestep and feature by feature; of records padding.

    Args:
        images: uint8, ``(n, *encoder.example_shape)``, n at least 1: a training split.
        encoder: the model's.

    Returns:
        float32, ``(timesteps, features)``.

    Raises:
        InputError: the images do not have the shape that was prepared for.
    """
    total = np.zeros((encoder.length, encoder.features))
    if (
        encoder.embedded
    ):  # a mean of codes is none: what stands for an event is its absence, a masked step
        return total.astype(np.float32)
    for start in range(0, len(images), BATCH):
        total += encoder.batch(images[start : start + BATCH]).sum(axis=0)
    return (total / len(images)).astype(np.float32)
