"""The running verdict: what the answer would have been after each row, and when it was settled."""

import numpy as np


def decided_at(answers: np.ndarray) -> int:
    """The timestep after which the answer no longer changes.

    Args:
        answers: after each timestep, a class ``(timesteps,)`` or the labels that are called
            ``(timesteps, labels)``.

    Returns:
        Index of the first timestep from which every answer equals the last one.
    """
    changes = (answers != answers[-1]).reshape(len(answers), -1).any(axis=1)
    different = np.flatnonzero(changes)
    return int(different[-1]) + 1 if len(different) else 0
