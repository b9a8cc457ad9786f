"""What a recurrent layer reads of a row: features of a small convolution over it and the rows read before it.

Two 3 × 3 convolutions, each followed by the maximum of two neighbouring places of a row. Along the steps they
are causal (van den Oord et al. 2016, arXiv:1609.03499): what enters at a step is of that row and the four
before it, so a per-step prediction has seen no row that is still to come. The rows themselves are all kept:
what is farther away the recurrence must remember.
"""

from collections.abc import Sequence
from typing import Any

from keras import layers, ops

PREFIX = "row_"  # of the layers' names
CONVOLUTIONS = 2
POOLED = 2  # places of a row of which the largest counts


def convolutions(filters: int, dtype: str) -> list[layers.Layer]:
    """The layers, in their order."""
    return [
        layers.Conv2D(
            filters, 3, padding="valid", activation="relu", name=f"{PREFIX}conv_{number}", dtype=dtype
        )
        for number in range(1, CONVOLUTIONS + 1)
    ]  # fmt: skip


def entered(x: Any, embedding: Sequence[layers.Layer], channels: int) -> Any:
    """What the first recurrent layer reads, ``(batch, timesteps, features of a row)``.

    Args:
        x: rows, ``(batch, timesteps, width · channels)``.
        embedding: of `convolutions`.
        channels: of a pixel.
    """
    width = x.shape[2] // channels
    values = layers.Reshape((-1, width, channels))(x)
    for layer in embedding:
        before = ((0, 0), (layer.kernel_size[0] - 1, 0), (1, 1), (0, 0))
        values = layer(ops.pad(values, before))
        values = layers.MaxPooling2D((1, POOLED))(values)
    return layers.Reshape((-1, values.shape[2] * values.shape[3]))(values)
