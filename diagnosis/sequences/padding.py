"""Sequences of unequal lengths in one batch: padded at the end, and masked by the model."""

from collections.abc import Sequence

import numpy as np

# A value no standardised pixel or coded event takes. Zero would not do: a row of a blank image is
# all zeros, and the mask would swallow it.
PADDING = np.float32(-1e4)


def pad(sequences: Sequence[np.ndarray], timesteps: int | None = None) -> np.ndarray:
    """Stack sequences, filling the end of the shorter ones with ``PADDING``.

    Args:
        sequences: float, ``(timesteps_k, features)`` each.
        timesteps: length of the result; the longest sequence's by default. Longer ones keep their end,
            the part nearest to the prediction.

    Returns:
        float32, ``(n, timesteps, features)``.
    """
    timesteps = timesteps or max(len(sequence) for sequence in sequences)
    padded = np.full((len(sequences), timesteps, sequences[0].shape[-1]), PADDING, np.float32)
    for row, sequence in zip(padded, sequences, strict=True):
        end = sequence[-timesteps:]
        row[: len(end)] = end
    return padded
