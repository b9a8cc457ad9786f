"""Small pictures side by side, as one PNG."""

from io import BytesIO

import numpy as np
from PIL import Image

GAP = 4  # pixels of black between two pictures, and around them


def contact_sheet(pictures: np.ndarray, *, columns: int, side: int = 84) -> bytes:
    """Lay pictures out in rows on black.

    Args:
        pictures: uint8, ``(n, H, W)`` grey or ``(n, H, W, 3)`` colour, with n ≥ 1.
        columns: pictures in a row; the last row may be short.
        side: pixels a side at which each is shown, by repeating its pixels: nothing is smoothed.

    Returns:
        The bytes of a PNG.
    """
    n = len(pictures)
    rows = -(-n // columns)
    step = side + GAP
    size = (min(n, columns) * step + GAP, rows * step + GAP)
    sheet = Image.new("RGB" if pictures.ndim == 4 else "L", size)
    for index, picture in enumerate(pictures):
        row, column = divmod(index, columns)
        shown = Image.fromarray(picture).resize((side, side), Image.Resampling.NEAREST)
        sheet.paste(shown, (GAP + column * step, GAP + row * step))
    file = BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()


def middle_slices(volumes: np.ndarray) -> np.ndarray:
    """The middle slice of each volume, ``(n, H, W)``; volumes are ``(n, D, H, W)``."""
    return volumes[:, volumes.shape[1] // 2]
