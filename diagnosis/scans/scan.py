"""One scan, whatever file it came from: grey values and how to show them; not whose they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from diagnosis.errors import InputError

Kind = Literal["picture", "stack", "volume"]

DTYPES = tuple(np.dtype(name) for name in ("uint8", "uint16", "int16", "float32"))


class ScanError(InputError):
    """A file that cannot be read as a scan: one sentence saying what is wrong and what to do."""


@dataclass(frozen=True, eq=False)
class Scan:
    """A decoded scan.

    Attributes:
        pixels: ``(frames, height, width, channels)``, uint8, uint16, int16 or float32, read-only;
            1 channel (grey) or 3 (RGB). A low value is always dark. DICOM and NIfTI values are
            rescaled by the file's slope and intercept (Hounsfield units for CT).
        kind: ``picture`` (one frame), ``stack`` (frames that share no space: a film loop, the pages
            of a TIFF) or ``volume`` (slices of one body, in order along it).
        format: ``PNG``, ``JPEG``, ``TIFF``, ``BMP``, ``WebP``, ``GIF``, ``DICOM`` or ``NIfTI``.
        bits: bits used per sample in the file.
        window: the grey values that are shown as black and as white unless others are asked for.
        spacing: millimetres between pixel centres, ``(row, column)``, for a volume
            ``(slice, row, column)``; None where the file does not say.
        sha256: of the file's bytes.
        tags: technical facts from an allow-list; never a name, identifier, date or free text.
        notes: what reading changed, a plain sentence each.
    """

    pixels: np.ndarray
    kind: Kind
    format: str
    bits: int
    window: tuple[float, float]
    spacing: tuple[float, ...] | None
    sha256: str
    tags: Mapping[str, str]
    notes: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.pixels.ndim != 4 or self.pixels.shape[3] not in (1, 3) or 0 in self.pixels.shape:
            raise ValueError(
                "pixels must be (frames, height, width, 1 or 3) and not empty, "
                f"received {self.pixels.shape}"
            )
        if self.pixels.dtype not in DTYPES:
            raise ValueError(f"pixels must be one of {DTYPES}, received {self.pixels.dtype}")
        self.pixels.setflags(write=False)  # scans are cached and shared between sessions

    def to_json(self) -> dict[str, Any]:
        """What is known about the file: no pixels."""
        return {
            "format": self.format,
            "kind": self.kind,
            "bits": self.bits,
            "frames": self.frames,
            "shape": list(self.pixels.shape),
            "sha256": self.sha256,
            "notes": list(self.notes),
        }

    @property
    def frames(self) -> int:
        """How many frames, pages or slices there are; 1 for a picture."""
        return self.pixels.shape[0]

    @property
    def middle(self) -> int:
        """The frame to begin with: the middle slice of a volume, the first of a stack; 0-based."""
        return self.frames // 2 if self.kind == "volume" else 0

    def display(self, frame: int = 0, window: tuple[float, float] | None = None) -> np.ndarray:
        """Return one frame as it is shown, uint8 ``(height, width, channels)``.

        ``window`` is (low, high): values up to low are black (0), from high on white (255),
        straight between. Where both are equal, values above them are white.

        Raises:
            InputError: no such frame, or a window that is not two finite numbers in order.
        """
        if not 0 <= frame < self.frames:
            raise InputError(
                f"There is no frame {frame} in this scan: choose one from 0 to {self.frames - 1}."
            )
        low, high = self.window if window is None else window
        if not (np.isfinite(low) and np.isfinite(high) and low <= high):
            raise InputError(
                f"The window {low:g} to {high:g} is not a range of grey values: give a low and "
                "a high number, the low one first."
            )
        pixels = self.pixels[frame]
        if low == high:
            return np.where(pixels > low, 255, 0).astype(np.uint8)
        if pixels.dtype == np.uint8 and (low, high) == (0, 255):
            return pixels  # read-only, so nobody needs a copy
        exact = np.float32 if 1e-30 < high - low < 1e30 else np.float64
        with np.errstate(over="ignore"):  # beyond float32 is beyond the window too
            grey = np.subtract(pixels, low, dtype=exact)  # (height, width, channels)
            grey *= exact(255.0 / (high - low))
        np.rint(np.clip(grey, 0, 255, out=grey), out=grey)
        return grey.astype(np.uint8)
