"""Slices of one orientation in order along the body: what is doubled, missing or uneven, in millimetres.

The order is that of positions along the normal of the planes. Names and instance numbers play no part; the
latter tell only which of several slices at one position was taken first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diagnosis.core.reason import Reason
from diagnosis.scans.dicom.places import heights_of
from diagnosis.scans.series.grouping import Slice, file_numbers

SAME_PLACE = 1e-3  # mm between slices of one position
EVEN = 0.05  # share by which the distances between slices may differ
WHOLE = 0.1  # by which a gap may differ from a whole number of distances
FEW_GAPS = 0.25  # share of distances (but always one) up to which wider ones are gaps, not a change
TILTED = 0.5  # degrees


@dataclass(frozen=True, eq=False)
class Stack:
    """A part in order.

    Attributes:
        positions: mm along the normal, one each.
        taken: the slices at each position, in the order of their moments.
        times: how many there are at every position.
        faults: what is wrong; slice numbers count positions, from 1.
        run: the longest evenly spaced stretch, as a range of positions.
    """

    positions: np.ndarray
    taken: tuple[tuple[Slice, ...], ...]
    times: int
    faults: tuple[Reason, ...]
    run: range


def stacked(part: Sequence[Slice]) -> Stack | None:
    """Put slices of one orientation in order; None where they have no position."""
    places = [one.place for one in part if one.place is not None]
    heights = heights_of(places) if len(places) == len(part) else None
    if heights is None:
        return None
    order = sorted(range(len(part)), key=lambda index: (float(heights[index]), part[index].moment))
    starts = [0]
    for at in range(1, len(order)):
        if heights[order[at]] - heights[order[starts[-1]]] > SAME_PLACE:
            starts.append(at)
    ends = [*starts[1:], len(order)]
    taken = tuple(
        tuple(sorted((part[index] for index in order[start:end]), key=lambda one: one.moment))
        for start, end in zip(starts, ends, strict=True)
    )
    positions = heights[[order[start] for start in starts]]
    faults = [*_doubled(taken, positions), *_steps(taken, positions), *_tilt(taken, positions)]
    times = min(len(slices) for slices in taken)
    return Stack(positions, taken, times, tuple(faults), _longest_run(positions))


def _doubled(taken: tuple[tuple[Slice, ...], ...], positions: np.ndarray) -> list[Reason]:
    """Several slices at one position: of all positions alike they are times, else they are too many."""
    counts = [len(slices) for slices in taken]
    least = min(counts)
    if least == max(counts):
        return [] if least == 1 else [Reason("times", {"times": least, "positions": len(counts)})]
    listed = [
        {
            "slice": number,
            "position": round(float(position), 3),
            "count": len(slices),
            "files": file_numbers(slices),
        }
        for number, (slices, position) in enumerate(zip(taken, positions, strict=True), 1)
        if len(slices) > least
    ]
    return [Reason("duplicates", {"places": listed, "times": least, "positions": len(counts)})]


def _steps(taken: tuple[tuple[Slice, ...], ...], positions: np.ndarray) -> list[Reason]:
    """What is wrong with the distances between neighbouring slices."""
    if len(positions) == 1:
        files = file_numbers(taken[0])
        return [Reason("one slice", {"position": round(float(positions[0]), 3), "files": files})]
    steps = np.diff(positions)
    usual = float(np.median(steps))
    wider = steps / usual
    odd = np.abs(wider - 1) > EVEN
    if not odd.any():
        return []
    holes = odd & (wider > 1.5) & (np.abs(wider - np.rint(wider)) <= WHOLE)
    if (odd == holes).all() and holes.sum() <= max(1, FEW_GAPS * len(steps)):
        gaps = [_between(at, taken, positions) for at in np.flatnonzero(holes).tolist()]
        for gap, at in zip(gaps, np.flatnonzero(holes), strict=True):
            gap["missing"] = int(np.rint(wider[at])) - 1
        return [Reason("gaps", {"spacing": round(usual, 3), "gaps": gaps})]
    return [
        Reason(
            "uneven",
            {
                "least": round(float(steps.min()), 3),
                "most": round(float(steps.max()), 3),
                "usual": round(usual, 3),
                "tolerance": EVEN,
                "places": [_between(at, taken, positions) for at in np.flatnonzero(odd).tolist()],
            },
        )
    ]


def _between(
    at: int, taken: tuple[tuple[Slice, ...], ...], positions: np.ndarray
) -> dict[str, Any]:
    """Between which slices a distance lies, and how long it is."""
    return {
        "after": at + 1,
        "from": round(float(positions[at]), 3),
        "to": round(float(positions[at + 1]), 3),
        "distance": round(float(positions[at + 1] - positions[at]), 3),
        "files": [file_numbers(taken[at]), file_numbers(taken[at + 1])],
    }


def _tilt(taken: tuple[tuple[Slice, ...], ...], positions: np.ndarray) -> list[Reason]:
    """Slices that are shifted against each other, as by a tilted gantry."""
    if len(taken) < 2:
        return []
    firsts = [slices[0].place for slices in taken]
    places = [place for place in firsts if place is not None]
    normal = np.mean([place.normal for place in places], axis=0)
    way = np.subtract(places[-1].position, places[0].position)
    along = abs(float(way @ normal) / float(np.linalg.norm(normal)))
    across = float(np.sqrt(max(float(way @ way) - along**2, 0.0)))
    degrees = float(np.degrees(np.arctan2(across, along)))
    if degrees <= TILTED:
        return []
    shift = across / (len(taken) - 1)
    return [Reason("tilt", {"degrees": round(degrees, 1), "shift": round(shift, 3)})]


def _longest_run(positions: np.ndarray) -> range:
    """The longest stretch whose distances are alike; of equal ones the first."""
    steps = np.diff(positions)
    longest = range(min(len(positions), 1))
    start = 0
    for at in range(1, len(steps) + 1):
        if at == len(steps) or abs(steps[at] / steps[start] - 1) > EVEN:
            if at + 1 - start > len(longest):
                longest = range(start, at + 1)
            start = at
    return longest
