"""The running verdict: what the answer would have been after each row, and when it was settled."""

import numpy as np


def decided_at(
    running: np.ndarray, threshold: float | None = None, finding: int | None = None
) -> int:
    """The timestep after which the answer no longer changes.

    Args:
        running: class probabilities after each timestep, ``(timesteps, classes)``.
        threshold: binary tasks: the finding is called from this probability on; without it the most
            probable class is the answer.
        finding: binary tasks: column of the finding.

    Returns:
        Index of the first timestep from which every answer equals the last one.
    """
    if threshold is not None and finding is not None:
        answers = (running[:, finding] >= threshold).astype(int)
    else:
        answers = running.argmax(axis=-1)
    different = np.flatnonzero(answers != answers[-1])
    return int(different[-1]) + 1 if len(different) else 0
