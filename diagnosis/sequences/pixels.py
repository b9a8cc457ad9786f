"""A scan becomes a picture of the kind a data set holds, the way MedMNIST made its own; and its grey values.

Cropped "with a window size of length of the short edge" and resized, says the paper
(doi:10.1038/s41597-022-01721-8). What it does not say was found from originals and their published twins:
grey by ITU-R 601 luma, Pillow's antialiased bilinear filter after the crop, and for PneumoniaMNIST one pass
through JPEG of quality 75. That gives all of them to the last grey level (tests/sequences/test_framing.py).
"""

from io import BytesIO

import numpy as np
from PIL import Image


def framed(
    pixels: np.ndarray, *, size: int, channels: int = 1, jpeg_quality: int | None = None
) -> np.ndarray:
    """Crop one frame to a square and reduce it.

    Args:
        pixels: uint8, ``(height, width, 1 or 3)``, as a scan is shown.
        size: pixels along each side of the result.
        channels: 1 grey, 3 colour.
        jpeg_quality: of the JPEG that the reduced picture goes through; None for none.

    Returns:
        uint8, ``(size, size)`` or ``(size, size, 3)``.
    """
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    mode = "L" if channels == 1 else "RGB"
    if picture.mode != mode:  # else Pillow would copy it
        picture = picture.convert(mode)
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    # crop, then resize: resize(box=...) would draw on pixels just outside the box
    square = picture.crop((left, top, left + side, top + side))
    reduced = square.resize((size, size), Image.Resampling.BILINEAR)
    if jpeg_quality is not None:
        file = BytesIO()
        reduced.save(file, "JPEG", quality=jpeg_quality)
        reduced = Image.open(file)
    return np.asarray(reduced)


def resized_depth(slices: np.ndarray, size: int) -> np.ndarray:
    """Resample the number of slices to ``size``; uint8 ``(slices, H, W[, C])``."""
    flat = Image.fromarray(slices.reshape(len(slices), -1).astype(np.float32))
    resized = flat.resize((flat.width, size), Image.Resampling.BILINEAR)
    levels: np.ndarray = np.rint(np.asarray(resized))
    return levels.astype(np.uint8).reshape(size, *slices.shape[1:])


def standardised(values: np.ndarray) -> np.ndarray:
    """Zero mean and unit variance per image.

    The divisor is at least ``1 / sqrt(number of values)``, so that a blank image stays blank instead
    of becoming amplified noise (the rule of ``tf.image.per_image_standardization``).

    Args:
        values: float32, ``(n, ...)``.
    """
    mean, divisor = standard(values)
    z: np.ndarray = (values - mean) / divisor
    return z


def standard(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and divisor of each image that ``standardised`` uses, ``(n, 1, ...)``, to undo it."""
    axes = tuple(range(1, values.ndim))
    floor = np.float32(1 / np.sqrt(np.prod(values.shape[1:])))
    divisor = np.maximum(values.std(axis=axes, keepdims=True), floor)
    return values.mean(axis=axes, keepdims=True), divisor
