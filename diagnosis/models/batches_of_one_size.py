"""Many sequences in batches of one shape, so that what reads them is compiled once."""

from collections.abc import Iterator

import numpy as np

BATCH = 64  # compiled once for this many; one more sequence costs a whole batch, and that is cheap


def full_batches(sequences: np.ndarray) -> Iterator[tuple[np.ndarray, int]]:
    """Cut into batches; the last one is filled up with zeros.

    Args:
        sequences: ``(n, timesteps, features)``.

    Yields:
        A batch, float32 ``(BATCH, timesteps, features)``, and how many of its sequences are meant.
    """
    for start in range(0, len(sequences), BATCH):
        part = sequences[start : start + BATCH]
        full = np.zeros((BATCH, *part.shape[1:]), np.float32)
        full[: len(part)] = part
        yield full, len(part)
