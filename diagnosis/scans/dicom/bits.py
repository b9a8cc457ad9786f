"""Where a stored value sits in its word, and which values are padding (PS3.5, 8.1.1; PS3.3, C.7.5.1.1.2)."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset

from diagnosis.scans.dicom.frames import numbers, value_of
from diagnosis.scans.dicom.image import ImagePixel

# Padding value and the other end of its range, by the kind of pixels.
PADDING = ("PixelPaddingValue", "PixelPaddingRangeLimit")
PADDING_FLOAT = {
    4: ("FloatPixelPaddingValue", "FloatPixelPaddingRangeLimit"),
    8: ("DoubleFloatPixelPaddingValue", "DoubleFloatPixelPaddingRangeLimit"),
}


def aligned(words: np.ndarray, image: ImagePixel) -> tuple[np.ndarray, list[str]]:
    """Stored values without what stands above or below them in their words; in place.

    The high bit says where they stand. Files are known that give a wrong one: it is not believed
    where values that fit below vary in the bits under it.
    """
    size = 8 * words.dtype.itemsize
    below = image.high + 1 - image.stored
    if words.dtype.kind not in "iu" or image.allocated == 1 or image.stored == size:
        return words, []
    notes = []
    if below:
        ends = int(words.min()), int(words.max())
        if _fits(ends, image) and np.ptp(words & ((1 << below) - 1)):
            below = 0
            notes.append(
                f"The file's high bit ({image.high}) is not where its values end; they were read "
                f"from the lower {image.stored} bits."
            )
    if not words.flags.writeable:
        words = words.copy()
    np.left_shift(words, size - below - image.stored, out=words)
    np.right_shift(words, size - image.stored, out=words)
    return words, notes


def _fits(ends: tuple[int, int], image: ImagePixel) -> bool:
    if image.signed:
        return -(1 << image.stored - 1) <= ends[0] and ends[1] < 1 << image.stored - 1
    return ends[1] < 1 << image.stored


def padding_of(values: np.ndarray, dataset: Dataset, bits: int) -> np.ndarray | None:
    """Where the values are padding, a mask of their shape; None where none or all are.

    Args:
        values: stored values, or the words that they stand in.
        dataset: with the padding value and perhaps its range limit, of whatever VR: both are words of
            the pixels' own kind.
        bits: of the words that count.
    """
    whole = values.dtype.kind in "iu"
    value, limit = PADDING if whole else PADDING_FLOAT[values.dtype.itemsize]
    first = _number(dataset, value)
    if first is None:
        return None
    last = _number(dataset, limit)
    ends = [first, first if last is None else last]
    if whole:
        ends = [_as_word(end, bits, signed=values.dtype.kind == "i") for end in ends]
    else:
        ends = [float(values.dtype.type(end)) for end in ends]
    low, high = sorted(ends)
    if low > values.max() or high < values.min():
        return None
    mask = (values >= low) & (values <= high)
    return mask if mask.any() and not mask.all() else None


def _number(dataset: Dataset, keyword: str) -> float | None:
    value = value_of(dataset, keyword)
    if isinstance(value, bytes) and len(value) == 2:  # of an unknown VR
        value = int.from_bytes(value, "little")
    found = numbers([value], 1)
    return None if found is None else float(found[0])


def _as_word(number: float, bits: int, *, signed: bool) -> int:
    """The same bits as a number of another sign: 63536 and -2000 are one in 16 bits."""
    word = int(number) & ((1 << bits) - 1)
    return word - (1 << bits) if signed and word >> (bits - 1) else word
