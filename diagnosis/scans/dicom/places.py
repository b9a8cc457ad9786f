"""Where DICOM's slices lie in the patient: their order, and the volume they make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from diagnosis.scans.geometry import Geometry, geometry

LPS_TO_RAS = np.array([-1.0, -1.0, 1.0])  # DICOM's axes point to left, posterior, superior

# What reading a file of several frames says about their order.
NO_PLACES = "The file gives no slice positions; the slices are in stored order."
SAME_PLACE = "Several frames show the same place; they are in stored order."
BY_PLACE = "The slices were put in order of their position."


class Place(NamedTuple):
    """Where a slice lies in the patient, LPS+ (PS3.3, C.7.6.2.1.1)."""

    position: tuple[float, float, float]  # of its first pixel, mm
    axes: tuple[float, float, float, float, float, float]  # directions along a row, along a column

    @property
    def normal(self) -> np.ndarray:
        """Of the slice's plane, of unit length where the directions are square to each other."""
        return np.cross(self.axes[:3], self.axes[3:])


def heights_of(places: Sequence[Place]) -> np.ndarray | None:
    """Each slice's position along the normal of the planes, mm, where all planes are parallel.

    It grows to the right, the front or the head of the patient, whichever the normal is nearest to.
    """
    normals = np.array([place.normal for place in places])
    normal = np.mean(normals, axis=0)
    if np.linalg.norm(normal) < 0.9 or np.abs(normals - normal).max() > 1e-2:
        return None
    axis = int(np.abs(normal).argmax())
    towards = np.sign(normal[axis]) * LPS_TO_RAS[axis]
    positions = np.array([place.position for place in places])
    along: np.ndarray = positions @ normal * towards / np.linalg.norm(normal)
    return along


def of_planes(places: Sequence[Place], spacing: tuple[float, float] | None) -> Geometry | None:
    """The geometry of parallel slices in order, evenly spaced from the first to the last.

    Args:
        places: of two slices or more; of fewer there is none.
        spacing: mm between rows and between columns; without it there is none either.
    """
    if spacing is None or len(places) < 2:
        return None
    positions = np.array([place.position for place in places])
    axes = np.mean([place.axes for place in places], axis=0)
    step = (positions[-1] - positions[0]) / (len(positions) - 1)
    columns = (step, axes[3:] * spacing[0], axes[:3] * spacing[1], positions[0])
    return geometry(np.stack(columns, axis=1) * LPS_TO_RAS[:, None])
