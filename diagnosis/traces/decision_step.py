"""The running verdict: what the answer would have been after each row, and when it was settled."""

import numpy as np


def decision_step(predicted: np.ndarray) -> int:
    """The timestep after which the answer no longer changes.

    Args:
        answers: after each timestep, a class ``(timesteps,)`` or the labels that are called
            ``(timesteps, labels)``.

    Returns:
        Index of the first timestep from which every answer equals the last one.
    """
    changes = (predicted != predicted[-1]).reshape(len(predicted), -1).any(axis=1)
    different = np.flatnonzero(changes)
    return int(different[-1]) + 1 if len(different) else 0
