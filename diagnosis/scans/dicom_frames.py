"""What a DICOM file says about each of its frames: its place in the body, its scale, its window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset

from diagnosis.scans.scan import Kind

# SOP classes whose frames are slices of one body: enhanced CT, MR (and its colour), PET, and the
# legacy converted ones (PS3.4, annex B.5).
VOLUME_CLASSES = frozenset(
    f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("2.1", "2.2", "4.1", "4.3", "4.4", "130", "128.1")
)


@dataclass(frozen=True)
class Layout:
    """How the frames lie: the order in which to show them, and the distances between pixels."""

    kind: Kind
    order: list[int]
    spacing: tuple[float, ...] | None
    notes: tuple[str, ...] = ()


def groups(dataset: Dataset, frame: int, macro: str) -> Dataset:
    """The functional group of one frame, else the one shared by all, else the data set itself."""
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence") or []
    shared = dataset.get("SharedFunctionalGroupsSequence") or []
    for item in (*per_frame[frame : frame + 1], *shared[:1]):
        if item.get(macro):
            return item.get(macro)[0]
    return dataset


def numbers(value: object, length: int) -> np.ndarray | None:
    """``length`` finite numbers, or None where the element is missing, shorter or no number."""
    if value is None or isinstance(value, str | bytes) or not isinstance(value, Iterable):
        return None
    try:
        found = np.array([float(part) for part in value], dtype=float)
    except (TypeError, ValueError):
        return None
    return found if found.shape == (length,) and np.isfinite(found).all() else None


def layout(dataset: Dataset, frames: int) -> Layout:
    """Tell a volume from a stack, and put the slices of a volume in order along the body.

    Slices run from inferior to superior, posterior to anterior or left to right, whichever the
    planes are nearest to.
    """
    plane = _plane_spacing(dataset)
    if frames == 1:
        return Layout("picture", [0], plane)
    stored = list(range(frames))
    heights = _heights(dataset, frames)
    if heights is None:
        if str(dataset.get("SOPClassUID")) not in VOLUME_CLASSES:
            return Layout("stack", stored, plane)
        step = _positive(dataset.get("SpacingBetweenSlices"))
        note = "The file gives no slice positions; the slices are in stored order."
        return Layout("volume", stored, (step, *plane) if step and plane else None, (note,))

    order = [int(index) for index in np.argsort(heights, kind="stable")]
    steps = np.diff(heights[order])
    if steps.min() < 1e-3:  # mm: several time points, echoes or directions at one place
        note = "Several frames show the same place; they are in stored order."
        return Layout("stack", stored, plane, (note,))
    spacing = (float(np.median(steps)), *plane) if plane else None
    notes = ("The slices were put in order of their position.",) if order != stored else ()
    return Layout("volume", order, spacing, notes)


def _heights(dataset: Dataset, frames: int) -> np.ndarray | None:
    """Each frame's position along the normal of the planes, mm, where all planes are parallel."""
    positions, normals = [], []
    for frame in range(frames):
        position = groups(dataset, frame, "PlanePositionSequence").get("ImagePositionPatient")
        axes = groups(dataset, frame, "PlaneOrientationSequence").get("ImageOrientationPatient")
        where, directions = numbers(position, 3), numbers(axes, 6)
        if where is None or directions is None:
            return None
        positions.append(where)
        normals.append(np.cross(directions[:3], directions[3:]))
    normal = np.mean(normals, axis=0)
    if np.linalg.norm(normal) < 0.9 or np.abs(normals - normal).max() > 1e-2:
        return None
    axis = int(np.abs(normal).argmax())
    # DICOM's axes point to left, posterior, superior; ours to right, anterior, superior (RAS+).
    towards = np.sign(normal[axis]) * (1 if axis == 2 else -1)
    return np.array(positions) @ normal * towards / np.linalg.norm(normal)


def _plane_spacing(dataset: Dataset) -> tuple[float, float] | None:
    """Row and column spacing, mm: in the patient where known, else at the detector."""
    measures = groups(dataset, 0, "PixelMeasuresSequence")
    for value in (
        measures.get("PixelSpacing"),
        dataset.get("ImagerPixelSpacing"),
        dataset.get("NominalScannedPixelSpacing"),
    ):
        found = numbers(value, 2)
        if found is not None and (found > 0).all():
            return float(found[0]), float(found[1])
    return None


def _positive(value: object) -> float | None:
    found = numbers([value], 1)
    return float(found[0]) if found is not None and found[0] > 0 else None


def scale(dataset: Dataset, frames: int) -> tuple[float | np.ndarray, float | np.ndarray]:
    """Rescale slope and intercept: numbers, or ``(frames, 1, 1, 1)`` where they differ by frame."""
    pairs = []
    for frame in range(frames):
        group = groups(dataset, frame, "PixelValueTransformationSequence")
        pair = numbers([group.get("RescaleSlope", 1), group.get("RescaleIntercept", 0)], 2)
        pairs.append((1.0, 0.0) if pair is None or pair[0] == 0 else (pair[0], pair[1]))
    if len(set(pairs)) == 1:
        return float(pairs[0][0]), float(pairs[0][1])
    slopes, intercepts = np.array(pairs).T[:, :, np.newaxis, np.newaxis, np.newaxis]
    return slopes, intercepts


def window(dataset: Dataset, frames: int) -> tuple[float, float] | None:
    """The VOI window as (low, high); over several frames, the range that covers each one's."""
    found = []
    for frame in range(frames):
        group = groups(dataset, frame, "FrameVOILUTSequence")
        pair = numbers([_first(group.get("WindowCenter")), _first(group.get("WindowWidth"))], 2)
        if pair is None or pair[1] <= 0:
            return None
        centre, width = float(pair[0]), float(pair[1])
        if str(group.get("VOILUTFunction") or "LINEAR") == "LINEAR":  # PS3.3, C.11.2.1.2.1
            centre, width = centre - 0.5, max(width - 1, 0)
        # LINEAR_EXACT, and the straight line with SIGMOID's middle and slope
        found.append((centre - width / 2, centre + width / 2))
    return min(low for low, _ in found), max(high for _, high in found)


def _first(value: object) -> object:
    """Of several views, the first is the one that the file's maker meant to be shown first."""
    return value[0] if not isinstance(value, str) and hasattr(value, "__getitem__") else value
