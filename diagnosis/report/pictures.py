"""Small pictures inside a report: bytes of an image as a data URL."""

from base64 import b64encode
from io import BytesIO

import numpy as np
from PIL import Image

FILM = 480  # pixels on the longer side of a reduced film


def film(pixels: np.ndarray) -> str:
    """A frame as displayed, uint8 ``(height, width, channels)``, reduced to `FILM`, as JPEG."""
    picture = _image(pixels)
    picture.thumbnail((FILM, FILM), Image.Resampling.LANCZOS)
    return _url(picture, "JPEG", quality=82, optimize=True)


def squares(pixels: np.ndarray) -> str:
    """Few pixels, uint8 ``(height, width, channels)``, as PNG; a page enlarges them without smoothing."""
    return _url(_image(pixels), "PNG", optimize=True)


def coloured(values: np.ndarray, scale: list[tuple[float, str]], limit: float) -> str:
    """Numbers around 0, ``(height, width)``, in the colours of a diverging scale, as PNG.

    Args:
        values: NaN is drawn as 0.
        scale: places in 0..1 and their colours, ``#rrggbb``.
        limit: the largest number that has a colour of its own.
    """
    places = np.array([place for place, _ in scale])
    colours = np.array([[int(colour[k : k + 2], 16) for k in (1, 3, 5)] for _, colour in scale])
    at = np.clip((np.nan_to_num(values) / limit + 1) / 2, 0, 1)
    pixels = np.stack([np.interp(at, places, channel) for channel in colours.T], axis=-1)
    return squares(pixels.round().astype(np.uint8))


def _image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def _url(picture: Image.Image, format: str, **options: object) -> str:
    file = BytesIO()
    picture.save(file, format, **options)
    return f"data:image/{format.lower()};base64,{b64encode(file.getvalue()).decode()}"
