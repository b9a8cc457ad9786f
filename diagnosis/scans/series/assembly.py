"""Decoded slices, put one by one into the array of a volume: no slice is held twice."""

from __future__ import annotations

import numpy as np

HIGHEST = np.iinfo(np.int16).max


class Assembly:
    """An array that is filled slice by slice, in the narrowest type that a `Scan` may hold.

    Slices come in types of their own, as each has its own range: the array's is widened when one does not
    fit. At most one copy is made at a time, from 2 to 4 bytes a pixel.
    """

    def __init__(self, slices: int, rows: int, columns: int, channels: int) -> None:
        """Nothing is allocated before the first slice."""
        self._shape = (slices, rows, columns, channels)
        self._pixels: np.ndarray | None = None
        self._highest = 0  # of what is in it, where that is unsigned

    def put(self, index: int, frame: np.ndarray) -> None:
        """Put ``(rows, columns, 1 or channels)`` in its place."""
        if self._pixels is None:
            self._pixels = np.zeros(self._shape, frame.dtype)
        self._widen(frame)
        self._pixels[index] = frame
        if frame.dtype.kind == "u":
            self._highest = max(self._highest, int(frame.max()))

    def pixels(self) -> np.ndarray:
        """The array, once all slices are in their places."""
        assert self._pixels is not None
        return self._pixels

    def _widen(self, frame: np.ndarray) -> None:
        assert self._pixels is not None
        own, other = self._pixels.dtype, frame.dtype
        if own == other:
            return
        common = np.result_type(own, other)
        if common.kind == "i" and common.itemsize > 2:  # uint16 and int16
            unsigned = self._highest if own.kind == "u" else int(frame.max())
            common = np.dtype(np.int16) if unsigned <= HIGHEST else np.dtype(np.float32)
        elif common.kind == "f":
            common = np.dtype(np.float32)
        if common != own:
            same_size = common.itemsize == own.itemsize  # every value is the same in both
            self._pixels = self._pixels.view(common) if same_size else self._pixels.astype(common)
