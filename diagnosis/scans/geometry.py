"""Where a volume lies in the body, and the axes along which its slices may be read.

One reading order for every format: slices run from the feet to the head, from the back to the front or
from the left to the right of the patient, whichever the planes are nearest to.
"""

from __future__ import annotations

from itertools import permutations
from typing import Any, Literal, NamedTuple

import numpy as np

Axis = Literal[
    "axial", "coronal", "sagittal", "1", "2", "3"
]  # numbers: of a volume without a place
End = Literal["inferior", "superior", "posterior", "anterior", "left", "right"]

PLANES: tuple[Axis, ...] = (
    "sagittal",
    "coronal",
    "axial",
)  # by the RAS+ axis along which they follow
NUMBERS: tuple[Axis, ...] = ("1", "2", "3")
ENDS: tuple[tuple[End, End], ...] = (
    ("left", "right"),
    ("posterior", "anterior"),
    ("inferior", "superior"),
)  # where the RAS+ axes come from and go to
# RAS+ axes that become slices, rows and columns; rows and columns run backwards: anterior or superior
# on top, the patient's right on the left.
AXES: dict[Axis, tuple[int, int, int]] = {
    "axial": (2, 1, 0),
    "coronal": (1, 2, 0),
    "sagittal": (0, 2, 1),
}

Row = tuple[float, float, float, float]


class Geometry(NamedTuple):
    """From a pixel's slice, row and column, counted from 0, to millimetres in the patient (RAS+)."""

    affine: tuple[Row, Row, Row]

    @property
    def steps(self) -> np.ndarray:
        """One slice, one row and one column on, as columns ``(3, 3)``, mm."""
        return np.array(self.affine)[:, :3]

    @property
    def normal(self) -> np.ndarray:
        """Of the planes, unit length, towards the next slice."""
        steps = self.steps
        normal = np.cross(steps[:, 1], steps[:, 2])
        normal /= np.linalg.norm(normal)
        return normal if normal @ steps[:, 0] >= 0 else -normal

    @property
    def plane(self) -> Axis:
        """The plane of the body that the slices are nearest to."""
        return PLANES[int(np.abs(self.normal).argmax())]

    @property
    def oblique(self) -> float:
        """Degrees between the slices and the plane they are nearest to."""
        return _degrees(float(np.abs(self.normal).max()))

    @property
    def tilt(self) -> float:
        """Degrees between the way from slice to slice and the normal of their planes: gantry tilt."""
        step = self.steps[:, 0]
        return _degrees(float(step @ self.normal / np.linalg.norm(step)))

    @property
    def ends(self) -> tuple[End, End]:
        """The side of the body at which the first slice lies, and that of the last."""
        normal = self.normal
        axis = int(np.abs(normal).argmax())
        first, last = ENDS[axis]
        return (first, last) if normal[axis] > 0 else (last, first)

    def to_json(self) -> dict[str, Any]:
        """The matrix, plane, angles and ends."""
        first, last = self.ends
        return {
            "affine": [list(row) for row in self.affine],
            "plane": self.plane,
            "first": first,
            "last": last,
            "oblique": round(self.oblique, 1),
            "tilt": round(self.tilt, 1),
        }


def geometry(affine: np.ndarray) -> Geometry | None:
    """From a matrix ``(3 or 4, 4)``; None where it gives the axes no directions."""
    matrix = np.asarray(affine, float)[:3]
    if not np.isfinite(matrix).all() or abs(np.linalg.det(_unit(matrix[:, :3]))) < 1e-3:
        return None
    first, second, third = (tuple(map(float, row)) for row in matrix)
    return Geometry((first, second, third))  # type: ignore[arg-type]


def reordered(affine: np.ndarray, sources: tuple[int, ...], shape: tuple[int, ...]) -> np.ndarray:
    """The matrix after axes of an array were permuted and flipped.

    Args:
        affine: ``(3 or 4, 4)``, of an array of ``shape``.
        sources: for each new axis the old one, from 1; negative where it was flipped.
        shape: of the array before.
    """
    matrix = np.array(affine, float)[:3]
    found = matrix.copy()
    for new, source in enumerate(sources):
        old = abs(source) - 1
        found[:, new] = np.sign(source) * matrix[:, old]
        if source < 0:
            found[:, 3] += (shape[old] - 1) * matrix[:, old]
    return found


def toward(steps: np.ndarray) -> dict[int, int]:
    """For each RAS+ axis the array's axis nearest to it, from 1; negative where it runs the other way."""
    unit = _unit(steps)
    best = max(
        permutations(range(3)), key=lambda own: sum(abs(unit[ras, own[ras]]) for ras in range(3))
    )
    return {ras: (own + 1) * (1 if unit[ras, own] > 0 else -1) for ras, own in enumerate(best)}


def _unit(steps: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(steps, axis=0)
    unit: np.ndarray = steps / np.where(lengths > 0, lengths, 1)
    return unit


def _degrees(cosine: float) -> float:
    return float(np.degrees(np.arccos(min(1.0, cosine))))
