"""Phantoms: synthetic thorax-like pictures, so that everything works offline on first start.

Each picture is a sum of soft shapes in a plane that spans -1 to 1 (x to the right, y down): body,
two lung fields cut off by the diaphragm, mediastinum and heart, ribs, lung vessels. Position, tilt,
size and exposure vary. Half of the pictures have opacities: one to three soft bright patches inside
the lung fields. Every picture may have what is no opacity but looks bright: breast shadows, a broad
mediastinum, a line. They are drawings, not physics, and say nothing about patients.

How hard they are (size 28, area under the ROC curve on the test split): logistic regression on the
pixels 0.73, an LSTM of 64 units 0.92, a small CNN 0.95.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from diagnosis.datasets.dataset import SPLITS, Dataset, DatasetError
from diagnosis.datasets.facts import catalogue

CHUNK = 250  # pictures drawn at once: bounds the memory, keeps the arrays near the cache
MAX_OPACITIES = 3


@lru_cache(maxsize=2)  # nobody can change them, and to draw them takes up to some seconds
def phantoms(*, size: int = 28, seed: int = 0) -> Dataset:
    """Draw the phantoms: 2,000 / 400 / 600 pictures of ``size`` × ``size``, half with opacities.

    The same seed and size give the same arrays on any machine: all is computed in double precision,
    so the last bits, which differ between processors, do not reach the grey levels. Each split has
    its own stream of random numbers.

    Raises:
        DatasetError: ``size`` is not 28 or 64.
    """
    facts = catalogue()["phantoms"]
    if size not in facts.sizes:
        sizes = " and ".join(map(str, facts.sizes))
        raise DatasetError(f"Phantoms are not available at size {size}, only at {sizes}.")
    images, labels = {}, {}
    for split, stream in zip(SPLITS, np.random.SeedSequence(seed).spawn(len(SPLITS)), strict=True):
        rng = np.random.default_rng(stream)
        labels[split] = rng.permutation(np.arange(facts.counts[split]) % 2)
        images[split] = np.concatenate(
            [
                draw(labels[split][start : start + CHUNK].astype(bool), size, rng)
                for start in range(0, facts.counts[split], CHUNK)
            ]
        )
    digest = hashlib.sha256()
    for split in SPLITS:
        digest.update(images[split].tobytes())
        digest.update(labels[split].tobytes())
    notes = (f"Synthetic: drawn by a program with seed {seed}; no patient is shown.",)
    return Dataset(facts, size, images, labels, digest.hexdigest(), notes)


def draw(opaque: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Draw one picture for each entry of ``opaque``, bool ``(n,)``: uint8 ``(n, size, size)``."""
    plane = _Plane(len(opaque), size, rng)
    body = _body(plane)
    lungs, centres = _lung_fields(plane)
    aerated = np.clip(lungs[0] + lungs[1], 0, 1) * body
    tissue = 0.62 * body - plane.uniform(0.28, 0.42) * aerated
    tissue += _vessels(plane, centres) * aerated
    tissue += _opacities(plane, centres, lungs) * opaque[:, None, None]
    tissue += (_mediastinum(plane) + _ribs(plane) + _breasts(plane)) * body
    tissue += _line(plane)
    return _expose(tissue, plane)


class _Plane:
    """Where each pixel of each picture lies, and the random numbers of the pictures."""

    def __init__(self, n: int, size: int, rng: np.random.Generator) -> None:
        self.n, self.size, self.rng = n, size, rng
        axis = (np.arange(size) + 0.5) / size * 2 - 1
        across, down = axis[None, None, :], axis[None, :, None]
        tilt, zoom = self.normal(0.07), self.uniform(0.86, 1.12)
        off_centre = self.chance(0.2)
        shift_x = self.normal(0.05) + off_centre * self.normal(0.18)
        shift_y = self.normal(0.05) + off_centre * self.normal(0.18)
        self.x = zoom * (np.cos(tilt) * across - np.sin(tilt) * down) + shift_x  # (n, size, size)
        self.y = zoom * (np.sin(tilt) * across + np.cos(tilt) * down) + shift_y

    def uniform(self, low: float, high: float) -> np.ndarray:
        """One number for each picture, shaped ``(n, 1, 1)`` to spread over its pixels."""
        return self.rng.uniform(low, high, (self.n, 1, 1))

    def normal(self, deviation: float) -> np.ndarray:
        return self.rng.normal(0, deviation, (self.n, 1, 1))

    def chance(self, probability: float) -> np.ndarray:
        outcomes: np.ndarray = self.uniform(0, 1) < probability
        return outcomes

    def patch(
        self, x: np.ndarray, y: np.ndarray, width: np.ndarray, height: np.ndarray
    ) -> np.ndarray:
        """A soft (Gaussian) patch of height 1 about (x, y): ``(n, size, size)``."""
        patch: np.ndarray = np.exp(
            -0.5 * (((self.x - x) / width) ** 2 + ((self.y - y) / height) ** 2)
        )
        return patch


@dataclass(frozen=True, eq=False)
class _Centre:
    """Centre and half axes of one lung field, ``(n, 1, 1)`` each."""

    x: np.ndarray
    y: np.ndarray
    half_width: np.ndarray
    half_height: np.ndarray


def _edge(distance: np.ndarray, softness: float) -> np.ndarray:
    """0 outside (negative distance), 1 inside, soft between."""
    inside: np.ndarray = 1 / (1 + np.exp(-np.clip(distance / softness, -30, 30)))
    return inside


def _body(plane: _Plane) -> np.ndarray:
    half_width = plane.uniform(0.82, 0.98) + 0.12 * plane.y  # narrower towards the neck
    sides = _edge(half_width - np.abs(plane.x), 0.03)
    shoulders = _edge(plane.y + 1.05 - 0.5 * plane.x**2 * plane.uniform(0.3, 0.9), 0.05)
    body: np.ndarray = sides * shoulders
    return body


def _lung_fields(plane: _Plane) -> tuple[tuple[np.ndarray, np.ndarray], tuple[_Centre, _Centre]]:
    """Masks of the two lung fields, 0 to 1, and where they lie."""
    height, level = plane.uniform(0.62, 0.8), plane.uniform(-0.1, 0.04)
    masks, centres = [], []
    for side in (-1, 1):
        centre = _Centre(
            x=side * plane.uniform(0.37, 0.46),
            y=level + plane.normal(0.02),
            half_width=plane.uniform(0.26, 0.36),
            half_height=height * plane.uniform(0.94, 1.06),
        )
        lean = side * plane.uniform(0.05, 0.22)  # the apex lies nearer to the middle
        x = plane.x - centre.x - lean * (plane.y - centre.y)
        radius = (np.abs(x) / centre.half_width) ** 2.4
        radius += (np.abs(plane.y - centre.y) / centre.half_height) ** 2.4
        dome = centre.y + centre.half_height * plane.uniform(0.45, 0.8)
        diaphragm = dome + plane.uniform(0.6, 1.6) * (x - 0.02) ** 2
        masks.append(_edge(1 - radius, 0.10) * _edge(diaphragm - plane.y, 0.03))
        centres.append(centre)
    return (masks[0], masks[1]), (centres[0], centres[1])


def _mediastinum(plane: _Plane) -> np.ndarray:
    wide = plane.uniform(0.09, 0.19)
    spine = plane.uniform(0.12, 0.3) * plane.patch(plane.normal(0.03), 0 * wide, wide, 4 + 0 * wide)
    heart = plane.patch(
        plane.uniform(0.06, 0.2),
        plane.uniform(0.28, 0.48),
        plane.uniform(0.16, 0.28),
        plane.uniform(0.16, 0.26),
    )
    tissue: np.ndarray = spine + plane.uniform(0.15, 0.36) * heart
    return tissue


def _ribs(plane: _Plane) -> np.ndarray:
    """Bright arcs that fall off to both sides."""
    arcs = plane.y - plane.uniform(0.25, 0.6) * plane.x**2 + plane.uniform(0, 1)
    bright = np.cos(arcs * plane.uniform(17, 25)) ** 3
    ribs: np.ndarray
    ribs = plane.uniform(0.02, 0.07) * bright * _edge(np.abs(plane.x) - 0.14, 0.04)
    return ribs


def _vessels(plane: _Plane, centres: tuple[_Centre, _Centre]) -> np.ndarray:
    """Both hila: brightness that fades from the middle outwards, more below than above."""
    total: np.ndarray = np.zeros_like(plane.x)
    for side, centre in zip((-1, 1), centres, strict=True):
        x = centre.x - side * 0.75 * centre.half_width
        y = centre.y + plane.uniform(-0.05, 0.2)
        wide, high = plane.uniform(0.08, 0.17), plane.uniform(0.14, 0.32)
        total += plane.uniform(0.05, 0.26) * plane.patch(x, y, wide, high)
    return total


def _breasts(plane: _Plane) -> np.ndarray:
    """A broad shadow over the lower part of both lung fields in some pictures."""
    strength = plane.chance(0.4) * plane.uniform(0.05, 0.18)
    level, wide = plane.uniform(0.3, 0.55), plane.uniform(0.2, 0.3)
    lower = plane.patch(plane.uniform(-0.5, -0.35), level, wide, 0.8 * wide)
    lower += plane.patch(plane.uniform(0.35, 0.5), level, wide, 0.8 * wide)
    shadow: np.ndarray = strength * lower
    return shadow


def _line(plane: _Plane) -> np.ndarray:
    """A thin bright line, as of a catheter or a skin fold, in some pictures."""
    angle = plane.uniform(0, np.pi)
    across = plane.x * np.cos(angle) + plane.y * np.sin(angle) - plane.normal(0.3)
    strength = plane.chance(0.35) * plane.uniform(0.08, 0.25)
    line: np.ndarray = strength * np.exp(-0.5 * (across / 0.025) ** 2)
    return line


def _opacities(
    plane: _Plane, centres: tuple[_Centre, _Centre], lungs: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """One to three soft patches, each inside one lung field, of any size, strength and place."""
    number = plane.rng.integers(1, MAX_OPACITIES + 1, (plane.n, 1, 1))
    total: np.ndarray = np.zeros_like(plane.x)
    for index in range(MAX_OPACITIES):
        right = plane.chance(0.5)
        angle, distance = plane.uniform(0, 2 * np.pi), 0.75 * np.sqrt(plane.uniform(0, 1))
        across = [lung.x + distance * np.cos(angle) * lung.half_width for lung in centres]
        down = [lung.y + distance * np.sin(angle) * 0.8 * lung.half_height for lung in centres]
        patch = plane.patch(
            np.where(right, across[1], across[0]),
            np.where(right, down[1], down[0]),
            plane.uniform(0.06, 0.18),
            plane.uniform(0.06, 0.2),
        )
        strength = (index < number) * plane.uniform(0.13, 0.4)
        total += strength * patch * np.where(right, lungs[1], lungs[0])
    return total


def _expose(tissue: np.ndarray, plane: _Plane) -> np.ndarray:
    """Exposure, unevenness across the plate, contrast, noise; then grey levels 0 to 255."""
    uneven = 1 + plane.normal(0.08) * plane.x + plane.normal(0.08) * plane.y
    exposed = np.clip(plane.uniform(0.75, 1.15) * uneven * tissue, 0, None)
    exposed = exposed ** plane.uniform(0.75, 1.35) + plane.uniform(0, 0.08)
    noise = plane.rng.standard_normal(exposed.shape)
    exposed += plane.uniform(0.01, 0.035) * noise
    levels: np.ndarray = np.round(np.clip(exposed, 0, 1) * 255)
    return levels.astype(np.uint8)
