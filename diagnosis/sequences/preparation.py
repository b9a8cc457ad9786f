"""How images become sequences, stored with every model and applied to whatever it reads."""

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import AfterValidator, ConfigDict, Field, model_validator

from diagnosis.core.errors import InputError
from diagnosis.core.settings import Asked, Settings
from diagnosis.sequences.sequence import COLUMN, ROW, ROW_UPWARD, SLICE, SLICE_UPWARD, StepKind
from diagnosis.sequences.view import PixelRows, SliceStack, StepView

# Rows top-down, rows bottom-up, or columns left to right.
Order = Literal["rows", "rows-reversed", "columns"]
Size = Annotated[
    int,
    Field(
        ge=4,
        le=512,
        title="number of pixels a side",
        description="pixels along each side, where there is a choice",
    ),
    Asked("Pixels along each side"),
]


def _grey_or_rgb(channels: int) -> int:
    if channels not in (1, 3):
        raise InputError(f"An image has 1 channel (grey) or 3 (RGB), not {channels}.")
    return channels


Channels = Annotated[int, AfterValidator(_grey_or_rgb)]


class Preparation(Settings):
    """What is done to an image before a network reads it.

    An image of ``size`` × ``size`` becomes rows, ``(size, size · channels)``; a volume becomes slices,
    ``(size, size · size · channels)``.
    """

    model_config = ConfigDict(title="preparation")

    size: Size = 28  # MedMNIST's smallest
    channels: Channels = 1
    volume: bool = False  # slices of a volume instead of rows of an image
    order: Annotated[Order, Field(description="how a scan is read")] = "rows"
    jpeg_quality: Annotated[int, Field(ge=1, le=95)] | None = (
        None  # of the data set's pictures, if they went through JPEG once reduced
    )
    standardise: Annotated[  # exposure then says nothing
        bool, Field(description="zero mean and unit variance for each scan")
    ] = True

    @model_validator(mode="after")
    def _slices_have_no_columns(self) -> Self:
        if self.volume and self.order == "columns":
            raise InputError("A volume is read slice by slice: choose rows or rows-reversed.")
        return self

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
    def steps(self) -> StepKind:
        """What a step is called, and which way the steps run."""
        upward = self.order == "rows-reversed"
        if self.volume:
            return SLICE_UPWARD if upward else SLICE
        return COLUMN if self.order == "columns" else ROW_UPWARD if upward else ROW

    @property
    def features(self) -> int:
        """Values in one row (slice)."""
        return self.size * self.channels * (self.size if self.volume else 1)

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one image in a data set: ``(H, W)``, ``(H, W, 3)``, ``(D, H, W)`` or with both."""
        spatial = (self.size,) * (3 if self.volume else 2)
        return spatial if self.channels == 1 else (*spatial, self.channels)


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


def view(image: np.ndarray, preparation: Preparation) -> StepView:
    """What is drawn of an image beside its states and gates.

    Args:
        image: uint8, ``preparation.image_shape``.
        preparation: of the sequence that was made of it.
    """
    if not preparation.volume:
        return PixelRows(as_pictures(image[None], preparation)[0])
    slices = image if preparation.channels > 1 else image[..., None]
    return SliceStack(slices[::-1] if preparation.order == "rows-reversed" else slices)
