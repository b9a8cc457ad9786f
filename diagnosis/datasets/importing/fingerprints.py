"""Whether two pictures are the same, or nearly so."""

import hashlib
from collections.abc import Callable

import numpy as np
from PIL import Image

# Bits of 256 in which the hashes of nearly the same picture differ. Measured: originals saved again as JPEG
# (quality 50), resized, brightened by 10 %, with noise: at most 8. PneumoniaMNIST at 28 × 28, saved as JPEG
# (quality 75), brightened, enlarged: 95 % at most 10; no two of its 5,827 different pictures: less than 28.
NEAR = 16
SIDE, LOW = 64, 16  # pixels that are transformed; frequencies that are kept in each direction
BLOCK, EACH = 256, 20


def digest(pixels: np.ndarray) -> bytes:
    """SHA-256 of decoded values, their shape and type: equal for the same picture in any lossless file."""
    described = f"{pixels.shape} {pixels.dtype.str}".encode()
    return hashlib.sha256(described + np.ascontiguousarray(pixels).tobytes()).digest()


def perceptual_hash(shown: np.ndarray) -> np.ndarray:
    """Signs of the lowest frequencies around their median (pHash: Zauner 2010, "Implementation and
    Benchmarking of Perceptual Image Hash Functions", section 3.2.1), 16 × 16 of them instead of 8 × 8,
    because scans of one kind look alike.

    Args:
        shown: uint8, ``(height, width, 1 or 3)``.

    Returns:
        uint8, ``(32,)``: 256 bits.
    """
    from scipy.fft import dctn

    picture = Image.fromarray(shown[..., 0] if shown.shape[-1] == 1 else shown).convert("L")
    small = np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS), dtype=np.float64)
    low = dctn(small)[:LOW, :LOW].ravel()
    return np.packbits(low > np.median(low))


def near_pairs(
    hashes: np.ndarray, *, most: int = NEAR, between: Callable[[], None] = lambda: None
) -> np.ndarray:
    """Pairs whose hashes differ in at most ``most`` bits.

    With bits as ±1, the scalar product of two hashes of 256 bits is 256 - 2 · (bits that differ): so all
    pairs are one matrix product, taken in blocks of rows. Where very many pictures are alike, each is paired
    with the next `EACH` of them only: they are still connected.

    Args:
        hashes: uint8, ``(n, 32)``.
        most: bits that may differ.
        between: called after every block; what it raises ends the search.

    Returns:
        int, ``(pairs, 2)``, the smaller index first.
    """
    signs = np.unpackbits(hashes, axis=1).astype(np.float32) * 2 - 1  # (n, 256)
    bits, found = signs.shape[1], [np.empty((0, 2), dtype=np.intp)]
    for start in range(0, len(signs), BLOCK):
        products = signs[start : start + BLOCK] @ signs[start:].T  # (block, n - start)
        near = np.triu(products >= bits - 2 * most, k=1)
        if near.sum() > EACH * len(near):
            near &= np.cumsum(near, axis=1) <= EACH
        found.append(np.argwhere(near) + start)
        between()
    return np.concatenate(found)
