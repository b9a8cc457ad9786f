"""What a recurrent layer reads of a slice: features of a small convolution that all slices share.

Three 3 × 3 convolutions, each of stride 2, with once, twice and four times as many filters, so that a slice
of 28 × 28 pixels becomes 4 × 4 places with 4 · filters features each. The places are kept and not averaged:
where a shape lies in its slice is what the recurrence compares between slices. No slice is seen beside its
neighbours here; what a step hears of other steps it hears through the state alone.
"""

from collections.abc import Sequence
from typing import Any

from keras import layers, ops

PREFIX = "slice_"  # of the layers' names
WIDTHS = (1, 2, 4)  # filters of each convolution, in multiples


def convolutions(filters: int, dtype: str) -> list[layers.Layer]:
    """The shared layers, in their order."""
    return [
        layers.Conv2D(
            filters * width, 3, strides=2, padding="same", activation="relu",
            name=f"{PREFIX}conv_{number}", dtype=dtype,
        )
        for number, width in enumerate(WIDTHS, start=1)
    ]  # fmt: skip


def entered(x: Any, shared: Sequence[layers.Layer]) -> Any:
    """What the first recurrent layer reads, ``(batch, timesteps, features of a slice)``.

    Args:
        x: slices, ``(batch, timesteps, height · width · channels)``.
        shared: of `convolutions`.
    """
    timesteps = size = x.shape[1]  # a volume is resampled to as many slices as pixels a side
    values = ops.reshape(x, (-1, size, size, x.shape[2] // size**2))  # one batch of slices
    for layer in shared:
        values = layer(values)
    features = values.shape[1] * values.shape[2] * values.shape[3]
    return ops.reshape(values, (-1, timesteps, features))
