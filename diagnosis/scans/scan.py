"""One scan, whatever file it came from: grey values and how to show them; not whose they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from PIL import Image

from diagnosis.core.errors import InputError
from diagnosis.scans.geometry import Geometry

Kind = Literal[
    "picture", "stack", "volume", "record", "study"
]  # no single file is one of the last two

DTYPES = tuple(np.dtype(name) for name in ("uint8", "uint16", "int16", "float32"))


LARGE = 25_000_000  # pixels; a larger frame is not enlarged to make its pixels square
SQUARE = 0.02  # a pixel's sides may differ by this share


class ScanError(InputError):
    """A file that cannot be read as a scan: one sentence saying what is wrong and what to do."""


class Shown(NamedTuple):
    """How one frame is shown: black up to ``low``, white from ``high`` on, straight between.

    With ``sigmoid`` an S-shaped curve around their middle (DICOM PS3.3, C.11.2.1.3.1).
    """

    low: float
    high: float
    sigmoid: bool = False


class Frames(Protocol):
    """What has frames to look at: a scan, or an example of a data set; see ``Scan``."""

    @property
    def pixels(self) -> np.ndarray: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def tags(self) -> Mapping[str, str]: ...
    @property
    def frames(self) -> int: ...
    @property
    def middle(self) -> int: ...
    def display(self, frame: int = 0, window: tuple[float, float] | None = None) -> np.ndarray: ...


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
        window: the grey values that are shown as black and as white unless others are asked for;
            where ``shown`` differs from frame to frame, the range that covers every frame's.
        spacing: millimetres between pixel centres, ``(row, column)``, for a volume
            ``(slice, row, column)``; None where the file does not say.
        sha256: of the file's bytes.
        tags: technical facts from an allow-list; never a name, identifier, date or free text.
        notes: what reading changed, a plain sentence each.
        shown: how each frame is shown, where a window is not all that there is to say: one for each
            frame, or empty.
        aspect: a pixel's height divided by its width; ``display`` gives square ones.
        geometry: where a volume lies in the body; None where the file does not say.
        times: how many volumes of the same place the file or series holds.
        time: which of them this is, from 1.
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
    shown: tuple[Shown, ...] = ()
    aspect: float = 1.0
    geometry: Geometry | None = None
    times: int = 1
    time: int = 1

    def __post_init__(self) -> None:
        if self.pixels.ndim != 4 or self.pixels.shape[3] not in (1, 3) or 0 in self.pixels.shape:
            raise ValueError(
                "pixels must be (frames, height, width, 1 or 3) and not empty, "
                f"received {self.pixels.shape}"
            )
        if self.pixels.dtype not in DTYPES:
            raise ValueError(f"pixels must be one of {DTYPES}, received {self.pixels.dtype}")
        if self.shown and len(self.shown) != len(self.pixels):
            raise ValueError(
                f"shown must have {len(self.pixels)} entries, received {len(self.shown)}"
            )
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
        return int(self.pixels.shape[0])

    @property
    def middle(self) -> int:
        """The frame to begin with: the middle slice of a volume, the first of a stack; 0-based."""
        return self.frames // 2 if self.kind == "volume" else 0

    def window_of(self, frame: int) -> tuple[float, float]:
        """The grey values that one frame shows as black and as white."""
        return (self.shown[frame].low, self.shown[frame].high) if self.shown else self.window

    def display(self, frame: int = 0, window: tuple[float, float] | None = None) -> np.ndarray:
        """Return one frame as it is shown, uint8 ``(height, width, channels)``, its pixels square.

        ``window`` is (low, high): values up to low are black (0), from high on white (255),
        straight between (or along the file's sigmoid). Where both are equal, values above them are
        white.

        Raises:
            InputError: no such frame, or a window that is not two finite numbers in order.
        """
        if not 0 <= frame < self.frames:
            raise InputError(
                f"There is no frame {frame} in this scan: choose one from 0 to {self.frames - 1}."
            )
        low, high = self.window_of(frame) if window is None else window
        if not (np.isfinite(low) and np.isfinite(high) and low <= high):
            raise InputError(
                f"The window {low:g} to {high:g} is not a range of grey values: give a low and "
                "a high number, the low one first."
            )
        sigmoid = bool(self.shown) and self.shown[frame].sigmoid
        grey = windowed(self.pixels[frame], low, high, sigmoid=sigmoid)
        return grey if abs(self.aspect - 1) <= SQUARE else _square(grey, self.aspect)


def check_time(time: int, times: int) -> None:
    """See that a scan has a time point of that number.

    Raises:
        ScanError: it has not.
    """
    if not 1 <= time <= times:
        raise ScanError(
            f"There is no time point {time}: choose one from 1 to {times:,}."
            if times > 1
            else f"There is no time point {time}: the scan was taken once, so leave the time out."
        )


def windowed(pixels: np.ndarray, low: float, high: float, *, sigmoid: bool = False) -> np.ndarray:
    """Values as grey levels, uint8 of the same shape; see ``Scan.display``."""
    if low == high:
        return np.where(pixels > low, 255, 0).astype(np.uint8)
    if pixels.dtype == np.uint8 and (low, high) == (0, 255) and not sigmoid:
        return pixels  # read-only, so nobody needs a copy
    exact = np.float32 if 1e-30 < high - low < 1e30 else np.float64
    with np.errstate(over="ignore"):  # beyond float32 is beyond the window too
        if sigmoid:
            grey = np.subtract(pixels, (low + high) / 2, dtype=exact)
            np.exp(np.multiply(grey, exact(-4 / (high - low)), out=grey), out=grey)
            np.divide(255, np.add(grey, 1, out=grey), out=grey)
        else:
            grey = np.subtract(pixels, low, dtype=exact)  # (height, width, channels)
            grey *= exact(255.0 / (high - low))
    np.rint(np.clip(grey, 0, 255, out=grey), out=grey)
    shown: np.ndarray = grey.astype(np.uint8)
    return shown


def _square(grey: np.ndarray, aspect: float) -> np.ndarray:
    """Resample uint8 ``(height, width, channels)`` to square pixels; a large one by leaving some out."""
    height, width = grey.shape[:2]
    enlarged = height * width * max(aspect, 1 / aspect) <= LARGE
    if (aspect > 1) == enlarged:
        height = max(round(height * aspect), 1)
    else:
        width = max(round(width / aspect), 1)
    picture = Image.fromarray(grey[..., 0] if grey.shape[2] == 1 else grey)
    resized = np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))
    return resized.reshape(height, width, grey.shape[2])
