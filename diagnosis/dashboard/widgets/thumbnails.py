"""Small pictures as options of a choice: Markdown with the picture in it, so nothing is fetched."""

from base64 import b64encode
from io import BytesIO

import numpy as np
from PIL import Image, ImageOps

SIDE = 48  # pixels a side, the most at which it is shown (assets/shell.css)


def thumbnail(picture: np.ndarray, words: str) -> str:
    """A picture as Markdown.

    Args:
        picture: uint8, ``(H, W)`` or ``(H, W, 3)``; the middle square of it is shown.
        words: for who does not see it.
    """
    image = Image.fromarray(picture)
    if min(image.size) > 2 * SIDE:  # two pixels for each of a fine screen
        image = ImageOps.fit(image, (2 * SIDE, 2 * SIDE), Image.Resampling.LANCZOS)
    file = BytesIO()
    image.save(file, "PNG")
    return f"![{words}](data:image/png;base64,{b64encode(file.getvalue()).decode()})"
