"""From a picture that Pillow holds to our own array, a part at a time.

Pillow keeps 4 bytes for a pixel of a colour picture, and converting or exporting a whole picture
makes another copy or two. In parts of a few megabytes nothing but the array itself grows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

BLOCK = 2**20  # pixels

# How Pillow hands over the bytes of a pixel as they are in the file, by their number: the mode that
# holds them, and the raw modes that unpack them. It has no colour of 16 bits; one pass gives the
# first byte of each pair, the next one the second.
RAW = {
    1: ("L", ("L",)),
    2: ("LA", ("LA",)),
    3: ("RGB", ("RGB",)),
    4: ("RGBA", ("RGBA",)),
    6: ("RGB", ("RGB;16B", "RGB;16L")),
    8: ("RGBA", ("RGBA;16B", "RGBA;16L")),
}


@dataclass
class Decoded:
    """Pixels as a file stores them: ``(frames, height, width, 1 or 3)``, upright, low values dark."""

    pixels: np.ndarray
    bits: int  # used per sample in the file
    colours: str
    notes: list[str] = field(default_factory=list)


Block = tuple[slice, slice]  # rows and columns


def blocks(height: int, width: int) -> Iterator[Block]:
    """The rows and columns of parts of a picture, none of more than `BLOCK` pixels."""
    across = min(width, BLOCK)
    down = max(1, BLOCK // across)
    for top in range(0, height, down):
        for left in range(0, width, across):
            yield slice(top, min(top + down, height)), slice(left, min(left + across, width))


def parts(image: Image.Image) -> Iterator[tuple[Block, Image.Image]]:
    """A picture in parts."""
    width, height = image.size
    for rows, columns in blocks(height, width):
        yield (rows, columns), image.crop((columns.start, rows.start, columns.stop, rows.stop))


def raw_bytes(load: Callable[[str, str], Image.Image], size: int) -> np.ndarray:
    """The bytes of every pixel as the file's decoder gives them, uint8 ``(height, width, size)``.

    Args:
        load: decodes the picture into a mode by a raw mode, both Pillow's.
        size: bytes of a pixel, one of `RAW`.
    """
    mode, passes = RAW[size]
    raw = np.empty((0, 0, 0), np.uint8)
    for first, raw_mode in enumerate(passes):
        image = load(mode, raw_mode)
        if not first:
            raw = np.empty((*image.size[::-1], size), np.uint8)
        for (rows, columns), part in parts(image):
            raw[rows, columns, first :: len(passes)] = np.asarray(part).reshape(
                *part.size[::-1], size // len(passes)
            )
        del image
    return raw


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """A view of ``(height, width, channels)`` in the order of the file's rows and columns.

    What is written into the view stands upright in the array: EXIF 2.32, 4.6.4, tag 274.
    """
    views = {
        2: lambda: pixels[:, ::-1],
        3: lambda: pixels[::-1, ::-1],
        4: lambda: pixels[::-1],
        5: lambda: pixels.swapaxes(0, 1),
        6: lambda: np.rot90(pixels, 1),
        7: lambda: pixels[::-1, ::-1].swapaxes(0, 1),
        8: lambda: np.rot90(pixels, -1),
    }
    return views.get(orientation, lambda: pixels)()


def turned(width: int, height: int, orientation: int) -> tuple[int, int]:
    """Height and width once upright."""
    return (width, height) if orientation in (5, 6, 7, 8) else (height, width)


def channels(image: Image.Image) -> int:
    """1 where `fill` gives grey, else 3."""
    return 1 if image.mode in ("1", "L") and not image.has_transparency_data else 3


def fill(into: np.ndarray, image: Image.Image, *, keep_alpha: bool = True) -> bool:
    """Write a loaded picture of 8 bits into ``(height, width, 1 or 3)``, transparency over black.

    Args:
        into: uint8, or a view of it.
        image: of any mode that Pillow converts to grey or RGB.
        keep_alpha: False if the transparency is not meant.

    Returns:
        Whether any of it was transparent.
    """
    transparent = False
    for block, stored in parts(image):
        part = stored
        if image.has_transparency_data:
            part = part.convert("RGBA")
            if keep_alpha and part.getchannel("A").getextrema() != (255, 255):
                transparent = True
                part = Image.alpha_composite(Image.new("RGBA", part.size, (0, 0, 0, 255)), part)
        grey = into.shape[2] == 1
        values = np.asarray(part.convert("L" if grey else "RGB"))
        into[block] = values[..., np.newaxis] if grey else values
    return transparent
