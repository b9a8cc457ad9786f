"""What rows of a picture and slices of a volume have in common: settings, framing and grey values."""

from abc import abstractmethod
from math import prod
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, Field

from diagnosis.cases import Case, Example
from diagnosis.core.errors import InputError
from diagnosis.core.settings import Asked
from diagnosis.records.studies import IMAGE, SEEN, is_study, part
from diagnosis.sequences.augmentation import Augmentation, augment
from diagnosis.sequences.encoder import Encoder
from diagnosis.sequences.pixels import standard, standardised
from diagnosis.sequences.sequence import Sequence

# From the first, from the last, or columns left to right. Each kind of encoder has its own.
Order = Literal["rows", "rows-reversed", "columns", "slices", "slices-reversed"]
BLUR = 1 / 14  # standard deviation of the Gaussian, of the picture's side: 2 pixels of 28
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


class PictureEncoder(Encoder):
    """Pictures of ``size`` × ``size`` pixels, or volumes of as many slices."""

    size: Size = 28  # MedMNIST's smallest
    channels: Channels = 1
    order: Annotated[Order, Field(description="how a scan is read")] = "rows"
    jpeg_quality: Annotated[int, Field(ge=1, le=95)] | None = (
        None  # of the data set's pictures, if they went through JPEG once reduced
    )
    standardise: Annotated[  # exposure then says nothing
        bool, Field(description="zero mean and unit variance for each scan")
    ] = True

    def own(self, examples: np.ndarray) -> np.ndarray:
        """The pictures of studies."""
        return part(examples, IMAGE)

    @property
    def length(self) -> int:
        """Rows (slices)."""
        return self.size

    @property
    def features(self) -> int:
        """Values in one row (slice)."""
        return int(np.prod(self.grid[1:]))

    @property
    def grid(self) -> tuple[int, ...]:
        """Sides, then channels."""
        return (*(self.size,) * (3 if self.whole else 2), self.channels)

    @property
    def example_shape(self) -> tuple[int, ...]:
        """``(H, W)``, ``(H, W, 3)``, ``(D, H, W)`` or with both."""
        return self.grid if self.channels > 1 else self.grid[:-1]

    @property
    def data_size(self) -> int:
        """Its own."""
        return self.size

    @property
    def extent(self) -> str:
        """Pixels."""
        return f"{self.size} × {self.size} pixels{' a slice' if self.whole else ''}"

    @property
    def expects_grey(self) -> bool:
        """Unless it reads colour."""
        return self.channels == 1

    def example(self, case: Case) -> np.ndarray:
        """Framed as the data set's pictures were; an example of a data set is one already."""
        if isinstance(case.payload, Example):
            values = case.payload.values
            if is_study(values) and not values[SEEN]:
                raise InputError("This model reads images, and this study has none.")
            return part(values, IMAGE)
        return case.cached(("picture", *self._framing), lambda: self._framed(case))

    @property
    def _framing(self) -> tuple[object, ...]:
        """The settings that an example depends on: encoders that have the same share it."""
        return self.whole, self.size, self.channels, self.jpeg_quality

    @abstractmethod
    def _framed(self, case: Case) -> np.ndarray:
        """A scan as a data set would hold it, uint8 ``example_shape``."""

    def batch(self, examples: np.ndarray) -> np.ndarray:
        """See ``Encoder.batch``."""
        examples = self.own(examples)
        self.check(examples)
        values = examples.astype(np.float32) / np.float32(255)
        if self.standardise:
            values = standardised(values)
        values = self._in_order(values)
        return np.ascontiguousarray(values.reshape(*values.shape[:2], prod(values.shape[2:])))

    def augmented(
        self, examples: np.ndarray, augmentation: Augmentation, rng: np.random.Generator
    ) -> np.ndarray:
        """See ``augment``."""
        return augment(self.own(examples), augmentation, volume=self.whole, rng=rng)

    def blurred(self, values: np.ndarray) -> np.ndarray:
        """A Gaussian along every axis of the picture or volume, not across colours."""
        from scipy import ndimage

        picture = values.reshape(self.grid)
        sigma = [BLUR * self.size] * (picture.ndim - 1) + [0]
        blur: np.ndarray = ndimage.gaussian_filter(picture, sigma, mode="nearest")
        return blur.reshape(values.shape)

    def _drawn(self, example: np.ndarray, sequence: Sequence | None) -> np.ndarray:
        """The picture or volume that is drawn, uint8, ``grid``: axis 0 is time."""
        picture = self._in_order(example[None]).reshape(self.grid)
        if sequence is None:
            return picture
        values = sequence.values
        changed = (values != self.batch(example[None])[0]).any(axis=1)
        mean, divisor = np.float32(0), np.float32(1)
        if self.standardise:
            mean, divisor = (part.item() for part in standard(example[None] / np.float32(255)))
        greys = (values * divisor + mean).reshape(self.grid) * 255
        picture = picture.copy()
        picture[changed] = np.clip(np.rint(greys[changed]), 0, 255)
        return picture

    @abstractmethod
    def _in_order(self, examples: np.ndarray) -> np.ndarray:
        """Axis 1 becomes time, ``(n, ...)``."""
