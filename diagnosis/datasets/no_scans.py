"""Pictures that are no scan of anything, drawn or cut from photographs, for a reader to know them by.

Each is drawn on a plane of -1 to 1 with `SIDE` pixels a side, then reduced as an uploaded file is. The two
photographs come with scikit-learn (china.jpg, flower.jpg; CC BY).
"""

from collections.abc import Callable
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from diagnosis.sequences.pixels import framed

SIDE = 84
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabdefghkmnpqrstuz0123456789 .,:;%/()"
_X, _Y = np.meshgrid(*[(np.arange(SIDE) + 0.5) / SIDE * 2 - 1] * 2)


def no_scans(n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw ``n`` pictures of all sorts, uint8 ``(n, 28, 28)``."""
    pictures = np.empty((n, 28, 28), np.uint8)
    for index in range(n):
        plane = SORTS[index % len(SORTS)](rng)
        if rng.random() < 0.25:  # two sorts at once
            plane = _unit(plane) + rng.uniform(0.1, 0.6) * _unit(
                SORTS[rng.integers(len(SORTS))](rng)
            )
        low, high = np.sort(rng.uniform(0, 255, 2))
        grey = low + _unit(plane) * max(high - low, 20)
        grey += rng.normal(0, rng.choice([0, 0, 2, 6]), grey.shape)
        pixels = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
        pictures[index] = framed(pixels[..., None], size=28)
    return pictures


def _slopes(rng: np.random.Generator) -> np.ndarray:
    """A polynomial of up to the third degree."""
    x, y = _turned(rng)
    degree = rng.integers(1, 4)
    powers = [(i, j) for i in range(degree + 1) for j in range(degree + 1 - i)]
    if degree == 1 or rng.random() < 0.3:
        drawn: np.ndarray = np.sign(rng.normal()) * np.abs(x + rng.uniform(-1, 1)) ** rng.uniform(
            0.5, 2.5
        )
        return drawn
    return sum((rng.normal() * x**i * y**j for i, j in powers), np.zeros_like(x))


def _shapes(rng: np.random.Generator) -> np.ndarray:
    """Ellipses with sharp or soft edges, bright or dark."""
    plane = rng.uniform(-0.3, 0.3) * _turned(rng)[0]
    softness = np.exp(rng.uniform(np.log(0.02), np.log(0.5)))
    for _ in range(rng.choice([1, 1, 1, 2, 3, 6])):
        x, y = _turned(rng)
        x, y = x - rng.normal(0, 0.3), y - rng.normal(0, 0.3)
        wide, high = rng.uniform(0.15, 1.1, 2)
        radius = (np.abs(x / wide) ** (p := rng.uniform(1.5, 5)) + np.abs(y / high) ** p) ** (1 / p)
        plane = plane + rng.choice([-1, 1]) * _edge(1 - radius, softness)
    return plane


def _silhouettes(rng: np.random.Generator) -> np.ndarray:
    """Two alike patches beside each other in a larger one, as in a child's drawing of a thorax."""
    softness = np.exp(rng.uniform(np.log(0.02), np.log(0.3)))
    tilt, apart = rng.normal(0, 0.15), rng.uniform(0.25, 0.6)
    x, y = _X * np.cos(tilt) - _Y * np.sin(tilt), _X * np.sin(tilt) + _Y * np.cos(tilt)
    wide, high, level = rng.uniform(0.12, 0.4), rng.uniform(0.3, 0.9), rng.normal(0, 0.15)
    patch = np.hypot((np.abs(x) - apart) / wide, (y - level) / high)
    around = np.hypot(x / rng.uniform(0.8, 1.6), y / rng.uniform(0.8, 1.6))
    plane = _edge(1 - around, softness) - rng.uniform(0.3, 1) * _edge(1 - patch, softness)
    drawn: np.ndarray = plane * rng.choice([-1, 1], p=[0.2, 0.8])
    return drawn


def _noise(rng: np.random.Generator) -> np.ndarray:
    """Noise of any coarseness; a quarter of it in two tones."""
    axis = np.fft.fftfreq(SIDE)
    frequency = np.hypot(axis[:, None] * rng.uniform(0.5, 2), axis[None])
    frequency[0, 0] = 1 / SIDE
    spectrum = np.fft.fft2(rng.normal(size=(SIDE, SIDE))) / frequency ** rng.uniform(0, 3.5)
    plane = np.fft.ifft2(spectrum).real
    return plane if rng.random() < 0.75 else (plane > np.median(plane)).astype(float)


def _waves(rng: np.random.Generator) -> np.ndarray:
    """Stripes, grids and rings, round or square in profile."""
    plane, count = np.zeros((SIDE, SIDE)), rng.integers(1, 4)
    for _ in range(count):
        x, y = _turned(rng)
        along = (
            x if rng.random() < 0.7 else np.hypot(x - rng.normal(0, 0.4), y - rng.normal(0, 0.4))
        )
        wave = np.sin(along * np.exp(rng.uniform(0.5, 3.9)) + rng.uniform(0, 6.3))
        plane = plane + wave if rng.random() < 0.5 else plane * wave + wave
    return plane if rng.random() < 0.6 else np.sign(plane)


def _writing(rng: np.random.Generator) -> np.ndarray:
    """Lines of letters without a sense, or few large ones."""
    page = Image.new("L", (SIDE, SIDE), 0)
    pen, size = ImageDraw.Draw(page), float(np.exp(rng.uniform(np.log(5), np.log(80))))
    font = ImageFont.load_default(size)
    for top in np.arange(rng.uniform(-size, size), SIDE, size * rng.uniform(1, 1.6)):
        line = "".join(rng.choice(list(LETTERS), 40))
        pen.text((rng.uniform(-0.5, 0.5) * size, top), line, 255, font)
    drawn: np.ndarray = np.asarray(page.rotate(rng.normal(0, 4)), float) * rng.choice([-1, 1])
    return drawn


def _figures(rng: np.random.Generator) -> np.ndarray:
    """Lines, boxes and polygons."""
    page = Image.new("L", (SIDE, SIDE), int(rng.integers(256)))
    pen = ImageDraw.Draw(page)
    for _ in range(rng.integers(1, 9)):
        corners = [tuple(corner) for corner in rng.uniform(-10, SIDE + 10, (rng.integers(2, 6), 2))]
        ink = int(rng.integers(256))
        if len(corners) == 2:
            pen.line(corners, ink, int(rng.integers(1, 12)))
        else:
            pen.polygon(corners, ink)
    return np.asarray(page, float)


def _photographs(rng: np.random.Generator) -> np.ndarray:
    """A square of a photograph, turned or not."""
    photograph = _photograph()[rng.integers(2)]
    side = int(rng.integers(60, min(photograph.shape)))
    top, left = (int(rng.integers(0, most - side + 1)) for most in photograph.shape)
    square = Image.fromarray(photograph[top : top + side, left : left + side])
    plane = np.asarray(square.resize((SIDE, SIDE), Image.Resampling.BILINEAR), float)
    plane = np.rot90(plane, int(rng.integers(4)))
    mirrored: np.ndarray = plane[:, ::-1]
    return plane if rng.random() < 0.5 else mirrored


SORTS: tuple[Callable[[np.random.Generator], np.ndarray], ...] = (
    _slopes, _shapes, _silhouettes, _noise, _waves, _writing, _figures, _photographs,
)  # fmt: skip


@cache
def _photograph() -> tuple[np.ndarray, ...]:
    from sklearn.datasets import load_sample_image

    names = ("china.jpg", "flower.jpg")
    return tuple(
        np.asarray(Image.fromarray(load_sample_image(name)).convert("L")) for name in names
    )


def _turned(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    angle = rng.uniform(0, 2 * np.pi)
    return _X * np.cos(angle) + _Y * np.sin(angle), _Y * np.cos(angle) - _X * np.sin(angle)


def _edge(distance: np.ndarray, softness: float) -> np.ndarray:
    edge: np.ndarray = 1 / (1 + np.exp(-np.clip(distance / softness * 4, -30, 30)))
    return edge


def _unit(plane: np.ndarray) -> np.ndarray:
    unit: np.ndarray = (plane - plane.min()) / max(float(np.ptp(plane)), 1e-9)
    return unit
