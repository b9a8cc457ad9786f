"""The decision step of a per-step prediction."""

import numpy as np


def decision_step(predicted: np.ndarray) -> int:
    """The timestep after which the predicted classes no longer change.

    Args:
        predicted: after each timestep, a class ``(timesteps,)`` or the predicted labels
            ``(timesteps, labels)``.

    Returns:
        Index of the first timestep from which all predictions equal the last one.
    """
    changes = (predicted != predicted[-1]).reshape(len(predicted), -1).any(axis=1)
    different = np.flatnonzero(changes)
    return int(different[-1]) + 1 if len(different) else 0
