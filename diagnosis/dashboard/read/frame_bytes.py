"""What the browser draws a scan from: grey values of 8 or 16 bits, reduced, which it windows itself."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from diagnosis.cases import Payload

SIDE = 1536  # pixels on the longer side of a frame at rest; 4.7 MB of 16 bits
FILM = 16 * 2**20  # bytes of all frames together, while they are passed


class Levels(NamedTuple):
    """How values are sent, ``value = slope * sent + offset``, and their range."""

    dtype: np.dtype[Any]
    slope: float
    offset: float
    low: float
    high: float

    @property
    def step(self) -> float:
        """Of window and level: 1 where values are whole, else a 200th of their range."""
        wide = self.high - self.low
        return 1.0 if self.slope == 1 or wide > 50 else wide / 200


def levels(pixels: np.ndarray) -> Levels:
    """Of all frames alike; whole values are sent as they are, others in 65,536 steps."""
    if pixels.dtype == np.uint8:
        return Levels(np.dtype("u1"), 1, 0, 0, 255)
    low, high = float(pixels.min()), float(pixels.max())
    slope = 1.0 if pixels.dtype.kind in "iu" else (high - low) / 65535 or 1.0
    return Levels(np.dtype("<u2"), slope, low, low, high)


def frame_bytes(payload: Payload, frame: int, facts: Mapping[str, Any]) -> bytes:
    """One frame, at most `SIDE` pixels on its longer side, with what the browser must know of it.

    Args:
        payload: a scan or an example.
        frame: from 0.
        facts: for the browser, see `viewer.js`; the picture's own are added.
    """
    values, scale = payload.pixels[frame], levels(payload.pixels)
    factor = -(-max(values.shape[:2]) // SIDE)
    if factor > 1:
        values = np.stack(
            [_reduced(values[..., channel], factor) for channel in range(values.shape[2])], axis=-1
        )
    return _packed(_sent(values, scale), scale, {**facts, "frame": frame})


def film_bytes(payload: Payload, facts: Mapping[str, Any]) -> bytes:
    """All frames, every n-th pixel of them where they are too many: to be passed, not looked at."""
    pixels, scale = payload.pixels, levels(payload.pixels)
    factor = 1
    while _thinned(pixels, factor).size * scale.dtype.itemsize > FILM:
        factor += 1
    return _packed(_sent(_thinned(pixels, factor), scale), scale, {**facts, "film": True})


def _thinned(pixels: np.ndarray, factor: int) -> np.ndarray:
    return pixels[:, ::factor, ::factor]


def _reduced(values: np.ndarray, factor: int) -> np.ndarray:
    """The mean of each block of ``factor`` × ``factor`` pixels."""
    if values.dtype == np.uint8:
        return np.asarray(Image.fromarray(values).reduce(factor))
    floats = Image.fromarray(np.asarray(values, dtype=np.float32))
    return np.asarray(floats.reduce(factor))


def _sent(values: np.ndarray, scale: Levels) -> np.ndarray:
    if scale.dtype == np.uint8:
        return np.ascontiguousarray(values, dtype=np.uint8)
    shifted = np.subtract(values, scale.offset, dtype=np.float32)
    shifted /= scale.slope
    return np.rint(shifted, out=shifted).astype(scale.dtype)


def _packed(sent: np.ndarray, scale: Levels, facts: Mapping[str, Any]) -> bytes:
    """Four bytes with the length of the facts, the facts as JSON to an even length, the values."""
    *_, height, width, channels = sent.shape
    about = {
        **facts, "height": height, "width": width, "channels": channels, "bytes": sent.itemsize,
        "slope": scale.slope, "offset": scale.offset,
    }  # fmt: skip
    text = json.dumps(about, allow_nan=False).encode()
    text += b" " * (len(text) % 2)
    return len(text).to_bytes(4, "little") + text + sent.tobytes()
