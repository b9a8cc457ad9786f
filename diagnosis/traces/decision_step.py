"""The decision step: after which the prediction no longer changes."""

import numpy as np


def decision_step(predicted: np.ndarray) -> int:
    """The step after which the prediction no longer changes.

    Args:
        predicted: after each timestep, a class ``(timesteps,)`` or whether each label is predicted
            ``(timesteps, labels)``.

    Returns:
        Index of the first timestep from which every prediction equals the last one.
    """
    changes = (predicted != predicted[-1]).reshape(len(predicted), -1).any(axis=1)
    different = np.flatnonzero(changes)
    return int(different[-1]) + 1 if len(different) else 0
