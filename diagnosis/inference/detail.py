"""Fine detail of an image: a gradient or a blurred shape has less than any film.

A picture's detail is the mean square of its Laplacian once it has zero mean and unit variance, so neither
exposure nor contrast counts. Nothing of it is learned, so training and validation pictures are drawn like
others of their kind: a picture with less detail than all but k of n of them has a conformal p-value of
(k + 1) / (n + 1), see `conformal`.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from diagnosis.inference.conformal import REJECTED, UNUSUAL
from diagnosis.scans import Level
from diagnosis.sequences.pixels import standardised

RAREST = 0.001  # of training and validation pictures, those that may have less than the limit


@dataclass(frozen=True)
class Detail:
    """Detail of one case, and the limit that nearly all of a data set's pictures reach."""

    value: float
    least: float  # the limit
    of: int  # training and validation pictures

    @property
    def level(self) -> Level:
        """Red: less than nearly all; amber where these are few; green where there are too few of them."""
        rarest = 1 / (self.of + 1)
        if self.value >= self.least or rarest > UNUSUAL:
            return "green"
        return "red" if rarest <= REJECTED else "amber"

    def to_json(self) -> dict[str, Any]:
        """``{"value", "least", "of", "share_below", "level"}``."""
        return {**asdict(self), "share_below": RAREST, "level": self.level}


@dataclass(frozen=True)
class DetailLimit:
    """What all but `RAREST` of a data set's training and validation pictures have, and how many they are."""

    least: float
    of: int

    @classmethod
    def fit(cls, *splits: np.ndarray) -> "DetailLimit":
        """Of whole splits, each as `detail` takes it; the test split is none of them.

        The pictures are resampled once by half a pixel, because files often were: a bilinear filter removes
        most detail there.
        """
        parts = (
            split[start : start + 512] for split in splits for start in range(0, len(split), 512)
        )
        measured = np.concatenate([detail(_half_a_pixel_aside(images)) for images in parts])
        return cls(float(np.quantile(measured, RAREST, method="lower")), len(measured))

    def __call__(self, image: np.ndarray) -> Detail:
        """The detail of one case, uint8 as in a data set."""
        return Detail(float(detail(image[None])[0]), self.least, self.of)

    def to_json(self) -> dict[str, Any]:
        """As a card has it."""
        return asdict(self)


def detail(images: np.ndarray) -> np.ndarray:
    """The detail of each case, float32 ``(n,)``.

    Args:
        images: 0..255, ``(n, H, W)`` or ``(n, D, H, W)``, with or without three channels at the end, of which
            the mean counts.
    """
    values = standardised(images.astype(np.float32) / np.float32(255))
    axes = _spatial(values)
    inside = tuple(slice(1, -1) if axis in axes else slice(None) for axis in range(values.ndim))
    bends: np.ndarray = np.zeros_like(values[inside])
    for axis in axes:
        whole = tuple(slice(None) if each == axis else cut for each, cut in enumerate(inside))
        bends += np.diff(values[whole], 2, axis=axis)
    energy: np.ndarray = np.square(bends).mean(axis=tuple(range(1, values.ndim)))
    return energy


def _half_a_pixel_aside(images: np.ndarray) -> np.ndarray:
    """Each pixel the mean of its neighbourhood of two in every direction, float32, one shorter along each."""
    values: np.ndarray = images.astype(np.float32)
    for axis in _spatial(values):
        first, last = np.arange(values.shape[axis] - 1), np.arange(1, values.shape[axis])
        values = (values.take(first, axis) + values.take(last, axis)) / 2
    return values


def _spatial(images: np.ndarray) -> list[int]:
    """All axes but the first and that of colours."""
    return [axis for axis in range(1, images.ndim) if images.shape[axis] > 3]
