"""The decision step: after which the prediction no longer changes."""

import numpy as np


def decision_step(predicted: np.ndarray) -> int | None:
    """The step after which the prediction no longer changes.

    Args:
        predicted: after each timestep, a class ``(timesteps,)`` or whether each label is predicted
            ``(timesteps, labels)``.

    Returns:
        Index of the first timestep from which every prediction equals the last one. None if all of them do:
        the probability never crossed the threshold, so no step decided.
    """
    changes = (predicted != predicted[-1]).reshape(len(predicted), -1).any(axis=1)
    different = np.flatnonzero(changes)
    return int(different[-1]) + 1 if len(different) else None
