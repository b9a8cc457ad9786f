"""Decoded slices as one scan: one window, what all of them state, and where it lies."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np

from diagnosis.scans.dicom.places import BY_PLACE, NO_PLACES, SAME_PLACE
from diagnosis.scans.samples import extremes
from diagnosis.scans.scan import Scan, Shown
from diagnosis.scans.series.arrange import Arrangement

OF_ORDER = (
    NO_PLACES,
    SAME_PLACE,
    BY_PLACE,
)  # notes of a file's own order, which is not the volume's
REMARKS = 5  # notes of single slices that are passed on


class SliceFacts(NamedTuple):
    """What is known of one decoded slice besides its pixels."""

    window: Shown | None  # the file's; None where it is the range of the slice's own values
    tags: dict[str, str]
    notes: tuple[str, ...]
    bits: int
    sha256: str
    aspect: float


def slice_facts(scan: Scan, frame: int, whole: tuple[float, float]) -> SliceFacts:
    """Of one frame of a decoded file; ``whole`` is the range of all values of the file."""
    low, high = scan.window_of(frame)
    stated = (low, high) != whole
    sigmoid = bool(scan.shown) and scan.shown[frame].sigmoid
    return SliceFacts(
        Shown(low, high, sigmoid) if stated else None,
        dict(scan.tags),
        tuple(note for note in scan.notes if note not in OF_ORDER),
        scan.bits,
        scan.sha256,
        scan.aspect,
    )


def volume_of(pixels: np.ndarray, facts: list[SliceFacts], arrangement: Arrangement) -> Scan:
    """The scan of a volume; ``facts`` in the order of its slices."""
    geometry = arrangement.geometry
    plane = arrangement.slices[0].header.spacing
    positions = np.array(arrangement.positions)
    step = float((positions[-1] - positions[0]) / (len(positions) - 1))
    shown, remark = _window([fact.window for fact in facts], pixels)
    notes = list(dict.fromkeys(note for fact in facts for note in fact.notes))
    if len(notes) > REMARKS:
        notes[REMARKS:] = [f"{len(notes) - REMARKS:,} further remarks on single slices."]
    left = sum(not row.used for row in arrangement.table)
    if left:
        of = len(arrangement.table)
        notes.append(f"{of - left:,} of {of:,} frames were used; the others are not in the volume.")
    digest = hashlib.sha256()
    for one, fact in zip(arrangement.slices, facts, strict=True):
        digest.update(f"{fact.sha256} {one.frame}\n".encode())
    return Scan(
        pixels=pixels,
        kind="volume",
        format="DICOM",
        bits=max(fact.bits for fact in facts),
        window=(shown.low, shown.high),
        spacing=None if plane is None else (step, *plane),
        sha256=digest.hexdigest(),
        tags=_common([fact.tags for fact in facts]),
        notes=(*notes, *([remark] if remark else [])),
        shown=(shown,) * len(facts) if shown.sigmoid else (),
        aspect=facts[0].aspect,
        geometry=geometry,
        times=arrangement.times,
        time=arrangement.time,
    )


def _window(windows: list[Shown | None], pixels: np.ndarray) -> tuple[Shown, str | None]:
    """One window for all slices, so that greys can be compared: theirs, else the whole range."""
    stated = [shown for shown in windows if shown is not None]
    if len(stated) * 2 <= len(windows):
        whole = extremes(pixels)
        return Shown(*((0.0, 255.0) if pixels.dtype == np.uint8 else whole)), None
    if len(set(stated)) == 1:
        return stated[0], None
    low = float(np.median([shown.low for shown in stated]))
    high = float(np.median([shown.high for shown in stated]))
    return (
        Shown(low, high),
        "The slices state windows of their own; all are shown with the middle one.",
    )


def _common(tags: list[dict[str, str]]) -> dict[str, str]:
    """What all slices state alike."""
    first, *others = tags
    return {
        label: value
        for label, value in first.items()
        if label != "Frames" and all(other.get(label) == value for other in others)
    }
