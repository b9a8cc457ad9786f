"""How images become sequences, stored with every model and applied to whatever it reads."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np

from diagnosis.errors import InputError, nearest

Order = Literal["rows", "rows-reversed", "columns"]


@dataclass(frozen=True)
class Preparation:
    """What is done to an image before a network reads it.

    An image of ``size`` × ``size`` becomes rows, ``(size, size · channels)``; a volume becomes slices,
    ``(size, size · size · channels)``.
    """

    size: int = 28  # pixels along each side; MedMNIST's smallest
    channels: int = 1  # 1 grey, 3 RGB
    volume: bool = False  # slices of a volume instead of rows of an image
    order: Order = (
        "rows"  # rows top-down, rows bottom-up ("rows-reversed"), or columns left to right
    )
    jpeg_quality: int | None = (
        None  # of the data set's pictures, if they went through JPEG once reduced
    )
    standardise: bool = True  # zero mean, unit variance per image: exposure then says nothing

    def __post_init__(self) -> None:
        if not 4 <= self.size <= 512:
            raise InputError(f"The size must be 4 to 512 pixels a side, not {self.size}.")
        if self.channels not in (1, 3):
            raise InputError(f"An image has 1 channel (grey) or 3 (RGB), not {self.channels}.")
        if self.jpeg_quality is not None and not 1 <= self.jpeg_quality <= 95:
            raise InputError(f"A JPEG quality is 1 to 95, not {self.jpeg_quality}.")
        if self.order not in get_args(Order):
            raise InputError(
                f"There is no reading order {self.order!r}.{nearest(self.order, list(get_args(Order)))}"
            )
        if self.volume and self.order == "columns":
            raise InputError("A volume is read slice by slice: choose rows or rows-reversed.")

    @property
    def timesteps(self) -> int:
        """Rows (slices) that are read."""
        return self.size

    @property
    def unit(self) -> str:
        """What a timestep is: "row", "column" or "slice"."""
        if self.volume:
            return "slice"
        return "column" if self.order == "columns" else "row"

    @property
    def features(self) -> int:
        """Values in one row (slice)."""
        return self.size * self.channels * (self.size if self.volume else 1)

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one image in a data set: ``(H, W)``, ``(H, W, 3)``, ``(D, H, W)`` or with both."""
        spatial = (self.size,) * (3 if self.volume else 2)
        return spatial if self.channels == 1 else (*spatial, self.channels)

    def to_json(self) -> dict[str, Any]:
        """The fields as a JSON object."""
        return asdict(self)


def as_sequences(images: np.ndarray, preparation: Preparation) -> np.ndarray:
    """Turn images into sequences.

    Args:
        images: uint8 or float, 0..255, ``(n, *preparation.image_shape)``.
        preparation: what to do.

    Returns:
        float32, ``(n, timesteps, features)``.

    Raises:
        InputError: the images do not have the shape that was prepared for.
    """
    if images.shape[1:] != preparation.image_shape:
        raise InputError(
            f"The model reads images of shape {preparation.image_shape}, "
            f"but these are {images.shape[1:]}: choose a data set of that size."
        )
    values = images.astype(np.float32) / np.float32(255)
    if preparation.standardise:
        values = standardised(values)
    if preparation.order == "rows-reversed":
        values = values[:, ::-1]
    elif preparation.order == "columns":
        values = values.swapaxes(1, 2)
    return np.ascontiguousarray(
        values.reshape(len(values), preparation.timesteps, preparation.features)
    )


def standardised(values: np.ndarray) -> np.ndarray:
    """Zero mean and unit variance per image.

    The divisor is at least ``1 / sqrt(number of values)``, so that a blank image stays blank instead
    of becoming amplified noise (the rule of ``tf.image.per_image_standardization``).

    Args:
        values: float32, ``(n, ...)``.
    """
    mean, divisor = standard(values)
    return (values - mean) / divisor


def standard(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and divisor of each image that ``standardised`` uses, ``(n, 1, ...)``, to undo it."""
    axes = tuple(range(1, values.ndim))
    floor = np.float32(1 / np.sqrt(np.prod(values.shape[1:])))
    divisor = np.maximum(values.std(axis=axes, keepdims=True), floor)
    return values.mean(axis=axes, keepdims=True), divisor


def as_pictures(images: np.ndarray, preparation: Preparation) -> np.ndarray:
    """Lay images out so that axis 1 is time: row ``t`` of the picture is timestep ``t``.

    Args:
        images: ``(n, *preparation.image_shape)``, any type.

    Returns:
        ``(n, timesteps, width, channels)``, same type. Volumes give one line per slice: its mean along
        the slice's rows, ``(n, D, W, channels)``.
    """
    pictures = images if preparation.channels > 1 else images[..., None]
    if preparation.volume:
        pictures = pictures.mean(axis=2).astype(images.dtype)
    if preparation.order == "rows-reversed":
        pictures = pictures[:, ::-1]
    elif preparation.order == "columns":
        pictures = pictures.swapaxes(1, 2)
    return pictures
