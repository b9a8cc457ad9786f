"""Pictures drawn by code that are no scan of anything: nobody should be told what they show.

A generator for each kind; each picture is uint8 ``(256, 256)``. The tests use them, too.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIDE = 256
CONTRASTS = ((0, 255), (20, 235), (60, 200), (90, 170), (0, 128), (128, 255))
_Y, _X = np.mgrid[:SIDE, :SIDE] / (SIDE - 1) - 0.5
_R = np.hypot(_X, _Y)


def gradients() -> Iterator[np.ndarray]:
    """From dark to bright in every direction, from the middle out and in, in several contrasts."""
    for contrast in CONTRASTS:
        for angle in np.deg2rad(np.arange(0, 360, 15)):
            yield _grey(np.cos(angle) * _X + np.sin(angle) * _Y, contrast)
        for shape in (_R, _R**2, np.exp(-(_R**2) / 0.06), _X * _Y):
            yield _grey(shape, contrast)
            yield _grey(-shape, contrast)


def disks() -> Iterator[np.ndarray]:
    """Blurred disks and ellipses, bright on dark and dark on bright."""
    for contrast in CONTRASTS[:3]:
        for radius in (0.15, 0.25, 0.35, 0.45):
            for blur in (0.02, 0.05, 0.1, 0.15):
                for width in (0.6, 1, 1.6):
                    distance = np.hypot(_X / width, _Y * width)
                    disk = 1 / (1 + np.exp((distance - radius) / blur * 1.7))
                    yield _grey(disk, contrast)
                    yield _grey(-disk, contrast)


def texts() -> Iterator[np.ndarray]:
    """Pages of print in several sizes and contrasts."""
    for size in (12, 18, 28, 44, 70):
        for ink, paper in ((0, 255), (255, 0), (60, 190), (200, 40)):
            page = Image.new("L", (SIDE, SIDE), paper)
            pen, font = ImageDraw.Draw(page), ImageFont.load_default(size)
            for top in range(4, SIDE, int(size * 1.3)):
                pen.text((4, top), "Chest film of a child: lungs clear, 1234", ink, font)
            yield np.asarray(page)


def patterns() -> Iterator[np.ndarray]:
    """Checks, stripes, rings and noise of every coarseness."""
    rng = np.random.default_rng(1)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE), np.fft.fftfreq(SIDE)))
    frequency[0, 0] = 1
    for contrast in CONTRASTS[:4]:
        for count in (2, 4, 8, 16, 32):
            wave = 2 * np.pi * count
            yield _grey(np.sin(_X * wave) * np.sin(_Y * wave) > 0, contrast)
            for along in (_X, _Y, _R):
                yield _grey(np.sin(along * wave), contrast)
        for power in (0, 0.5, 1, 1.5, 2, 2.5, 3):
            noise = np.fft.fft2(rng.normal(size=(SIDE, SIDE))) / frequency**power
            yield _grey(np.fft.ifft2(noise).real, contrast)


def _grey(values: np.ndarray, contrast: tuple[int, int]) -> np.ndarray:
    low, high = contrast
    values = values.astype(float)
    values = (values - values.min()) / np.ptp(values)
    return np.rint(low + values * (high - low)).astype(np.uint8)


DRAWN: Mapping[str, Callable[[], Iterator[np.ndarray]]] = {
    "gradients": gradients, "blurred disks": disks, "text": texts, "patterns": patterns,
}  # fmt: skip
