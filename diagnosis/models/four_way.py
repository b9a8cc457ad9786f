"""What a network of four directions reads, and what its head does: rows down and up, columns there and back.

Each step is read in a window of three: the line itself and its neighbours on both sides. The head gets mean
and maximum over the steps of every direction (after ReNet: Visin et al. 2015, arXiv:1505.00393).
"""

from collections.abc import Sequence
from typing import Any

from keras import ops

WINDOW = 3  # lines that are read together


def entered(x: Any) -> tuple[Any, Any]:
    """What the layers across and along read, ``(batch, steps, WINDOW · features)`` each.

    Args:
        x: lines of square pictures, ``(batch, steps, steps · channels)``.
    """
    size, channels = x.shape[1], x.shape[2] // x.shape[1]
    grid = ops.reshape(x, (-1, size, size, channels))
    across = ops.reshape(ops.transpose(grid, (0, 2, 1, 3)), (-1, size, size * channels))
    return _windows(across), _windows(x)


def _windows(lines: Any) -> Any:
    padded, steps = ops.pad(lines, ((0, 0), (WINDOW // 2, WINDOW // 2), (0, 0))), lines.shape[1]
    return ops.concatenate([padded[:, at : at + steps] for at in range(WINDOW)], axis=-1)


def pooled(states: Sequence[Any], masks: Sequence[Any] = ()) -> Any:
    """What the head reads, ``(batch, 2 · units of all directions)``: all means, then all maxima.

    Args:
        states: ``(batch, steps, units)`` each.
        masks: for each, bool ``(batch, steps)``, true where a step is read, or None.
    """
    means, maxima = [], []
    for values, mask in zip(states, masks or [None] * len(states), strict=True):
        if mask is None:
            means.append(ops.mean(values, axis=1))
            maxima.append(ops.max(values, axis=1))
        else:
            read = ops.cast(mask, values.dtype)[:, :, None]
            means.append(ops.sum(values * read, axis=1) / ops.sum(read, axis=1))
            maxima.append(ops.max(values * read - 2 * (1 - read), axis=1))  # a state is above -1
    return ops.concatenate([*means, *maxima], axis=-1)
