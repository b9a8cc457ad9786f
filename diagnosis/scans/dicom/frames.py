"""What a DICOM file says about each of its frames: its place in the body, its scale, its window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence

from diagnosis.scans.dicom.places import (
    BY_PLACE,
    NO_PLACES,
    SAME_PLACE,
    Place,
    heights_of,
    of_planes,
)
from diagnosis.scans.geometry import Geometry
from diagnosis.scans.scan import Kind, Shown

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
    geometry: Geometry | None = None


def value_of(dataset: Dataset, keyword: str) -> object:
    """An element's value; None where it is missing or nothing of its kind (a number that is none)."""
    try:
        return dataset.get(keyword)
    except Exception:  # pydicom converts on access and raises whatever the conversion raised
        return None


def groups(dataset: Dataset, frame: int, macro: str) -> Dataset:
    """The functional group of one frame, else the one shared by all, else the data set itself."""
    for keyword, place in (
        ("PerFrameFunctionalGroupsSequence", frame),
        ("SharedFunctionalGroupsSequence", 0),
    ):
        for item in items(dataset, keyword)[place : place + 1]:
            for group in items(item, macro)[:1]:
                return group
    return dataset


def items(dataset: Dataset, keyword: str) -> Sequence:
    """The items of a sequence; none where it is missing or no sequence."""
    value = value_of(dataset, keyword)
    return value if isinstance(value, Sequence) else Sequence()


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
    plane = plane_spacing(dataset)
    if frames == 1:
        return Layout("picture", [0], plane)
    stored = list(range(frames))
    places = [place_of(dataset, frame) for frame in stored]
    found = [place for place in places if place is not None]
    heights = heights_of(found) if len(found) == frames else None
    if heights is None:
        if str(value_of(dataset, "SOPClassUID")) not in VOLUME_CLASSES:
            return Layout("stack", stored, plane)
        step = _positive(value_of(dataset, "SpacingBetweenSlices"))
        return Layout("volume", stored, (step, *plane) if step and plane else None, (NO_PLACES,))

    order = [int(index) for index in np.argsort(heights, kind="stable")]
    steps = np.diff(heights[order])
    if steps.min() < 1e-3:  # mm: several time points, echoes or directions at one place
        return Layout("stack", stored, plane, (SAME_PLACE,))
    spacing = (float(np.median(steps)), *plane) if plane else None
    notes = (BY_PLACE,) if order != stored else ()
    return Layout("volume", order, spacing, notes, of_planes([found[k] for k in order], plane))


def place_of(dataset: Dataset, frame: int) -> Place | None:
    """Where a frame lies; None where the file does not say."""
    position = value_of(groups(dataset, frame, "PlanePositionSequence"), "ImagePositionPatient")
    axes = value_of(groups(dataset, frame, "PlaneOrientationSequence"), "ImageOrientationPatient")
    where, directions = numbers(position, 3), numbers(axes, 6)
    if where is None or directions is None:
        return None
    return Place(tuple(where.tolist()), tuple(directions.tolist()))


def plane_spacing(dataset: Dataset) -> tuple[float, float] | None:
    """Row and column spacing, mm: in the patient where known, else at the detector."""
    measures = groups(dataset, 0, "PixelMeasuresSequence")
    for value in (
        value_of(measures, "PixelSpacing"),
        value_of(dataset, "ImagerPixelSpacing"),
        value_of(dataset, "NominalScannedPixelSpacing"),
    ):
        found = numbers(value, 2)
        if found is not None and (found > 0).all():
            return float(found[0]), float(found[1])
    return None


def _positive(value: object) -> float | None:
    found = numbers([value], 1)
    return float(found[0]) if found is not None and found[0] > 0 else None


def scale(dataset: Dataset, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Rescale slope and intercept of each frame, ``(frames,)`` each."""
    pairs = np.tile([1.0, 0.0], (frames, 1))
    for frame in range(frames):
        group = groups(dataset, frame, "PixelValueTransformationSequence")
        slope, intercept = value_of(group, "RescaleSlope"), value_of(group, "RescaleIntercept")
        found = numbers([1 if slope is None else slope, 0 if intercept is None else intercept], 2)
        if found is not None and found[0] != 0:
            pairs[frame] = found
    return pairs[:, 0], pairs[:, 1]


def window(dataset: Dataset, frame: int) -> Shown | None:
    """The first VOI window of a frame, or None."""
    group = groups(dataset, frame, "FrameVOILUTSequence")
    first = [_first(value_of(group, f"Window{end}")) for end in ("Center", "Width")]
    pair = numbers(first, 2)
    if pair is None or pair[1] <= 0:
        return None
    centre, width = float(pair[0]), float(pair[1])
    function = str(value_of(group, "VOILUTFunction") or "LINEAR").strip().upper()
    if function not in ("LINEAR_EXACT", "SIGMOID"):  # PS3.3, C.11.2.1.2.1
        centre, width = centre - 0.5, max(width - 1, 0)
    return Shown(centre - width / 2, centre + width / 2, function == "SIGMOID")


def aspect(dataset: Dataset) -> float:
    """A pixel's height divided by its width: by its spacing, else by Pixel Aspect Ratio.

    PS3.3, C.7.6.3.1.7. A ratio beyond 10 belongs to no picture and is taken for 1.
    """
    found = plane_spacing(dataset)
    if found is None:
        pair = numbers(value_of(dataset, "PixelAspectRatio"), 2)
        if pair is None or (pair <= 0).any():
            return 1.0
        found = float(pair[0]), float(pair[1])
    ratio = found[0] / found[1]
    return ratio if 0.1 <= ratio <= 10 else 1.0


def _first(value: object) -> object:
    """Of several views, the first is the one that the file's maker meant to be shown first."""
    if isinstance(value, MultiValue | list):
        return value[0] if len(value) else None
    return value
