"""Sample values on their way from a file into a `Scan`: type, scale, gaps, channels."""

from __future__ import annotations

import numpy as np

from diagnosis.scans.limits import MEGABYTE, Limits, variable
from diagnosis.scans.scan import ScanError


def check_memory(size: int, limits: Limits) -> None:
    """Reject values that would take more bytes than 4 for every pixel allowed, before they are made."""
    most = 4 * limits.pixels
    if size > most:
        raise ScanError(
            f"The file unpacks to {size / MEGABYTE:,.0f} MB, and the limit is "
            f"{most / MEGABYTE:,.0f} MB: give a smaller one or raise {variable('pixels')}."
        )


def rescaled(
    values: np.ndarray, slope: float | np.ndarray = 1.0, intercept: float | np.ndarray = 0.0
) -> np.ndarray:
    """Return ``slope * values + intercept`` in the narrowest type that a `Scan` may hold.

    Whole values stay whole (uint8 unchanged, else uint16 or int16 where they fit); everything else
    becomes float32. Arrays of slopes broadcast against ``values``. C-contiguous, native byte order.
    """
    whole = (
        values.dtype.kind in "biu" and np.ndim(slope) == np.ndim(intercept) == 0 and slope == 1
    ) and float(intercept).is_integer()
    if not whole:
        with np.errstate(over="ignore", invalid="ignore"):  # `finite` deals with the result
            scaled: np.ndarray = np.multiply(values, slope, out=_floats(values), dtype=np.float32)
            scaled += np.asarray(intercept, dtype=np.float32)
        return scaled
    shift = int(intercept)
    if values.dtype in (np.bool_, np.uint8) and shift == 0:
        return np.ascontiguousarray(values, dtype=np.uint8)
    low, high = int(values.min()) + shift, int(values.max()) + shift
    for dtype in (np.uint16, np.int16):
        limits = np.iinfo(dtype)
        if limits.min <= low and high <= limits.max:
            found: np.ndarray = np.ascontiguousarray(values, dtype=dtype)
            # what is added may not fit the file's own type, the sum does: both wrap alike
            return found + np.array(shift).astype(dtype) if shift else found
    shifted: np.ndarray = np.add(values, float(shift), out=_floats(values), dtype=np.float32)
    return shifted


def _floats(values: np.ndarray) -> np.ndarray:
    """Where to write as many, in order whatever theirs is: no second copy is needed."""
    return np.empty(values.shape, np.float32)


def finite(pixels: np.ndarray) -> tuple[np.ndarray, str | None]:
    """Set values that are no number (NaN, infinite) to the smallest that is, with a note; in place.

    Raises:
        ScanError: no value is a number.
    """
    if pixels.dtype.kind != "f":
        return pixels, None
    good = np.isfinite(pixels)
    missing = pixels.size - int(np.count_nonzero(good))
    if not missing:
        return pixels, None
    if missing == pixels.size:
        raise ScanError(
            "The scan holds no grey values (every value is NaN): export it again from its source."
        )
    filled = pixels if pixels.flags.writeable else pixels.copy()
    np.copyto(filled, np.min(pixels, where=good, initial=np.inf), where=~good)
    return filled, (
        f"{missing:,} of {pixels.size:,} values were no numbers (NaN); set to the darkest value."
    )


def one_channel_if_equal(pixels: np.ndarray) -> np.ndarray:
    """Reduce ``(frames, height, width, 3)`` to one channel where all three agree everywhere.

    X-ray and ultrasound pictures are often saved as RGB without any colour in them.
    """
    if pixels.shape[3] == 3:
        first = pixels[..., 0]
        if np.array_equal(first, pixels[..., 1]) and np.array_equal(first, pixels[..., 2]):
            return np.ascontiguousarray(first)[..., np.newaxis]
    return pixels


def extremes(pixels: np.ndarray) -> tuple[float, float]:
    """The smallest and the largest value."""
    return float(pixels.min()), float(pixels.max())


def usable_window(
    window: tuple[float, float] | None, pixels: np.ndarray
) -> tuple[tuple[float, float], str | None]:
    """The file's window where it shows something, else the range of its values, with a note."""
    low, high = extremes(pixels)
    if window is None:
        return (low, high), None
    if np.isfinite(window).all() and window[0] <= high and low <= window[1]:
        return window, None
    return (
        low,
        high,
    ), "The window stored in the file shows none of its grey values; all are shown."
