"""From headers to a decision: which slices make the volume, what is wrong, and why the others are left out.

Nothing is left out unless the largest consistent part was asked for, or a part by its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from diagnosis.core.reason import Reason
from diagnosis.scans.geometry import Geometry
from diagnosis.scans.scan import ScanError, check_time
from diagnosis.scans.series.file_header import FileHeader
from diagnosis.scans.series.grouping import Slice, parts_of
from diagnosis.scans.series.part import Part, geometry_of, numbered
from diagnosis.scans.series.table import Row, table_of

# Facts that a person should know and that keep nobody from reading the volume.
REMARKS = frozenset({"unreadable", "times", "tilt", "oblique", "colour", "localizer only"})


@dataclass(frozen=True, eq=False)
class Arrangement:
    """What a set of files is, and which of its slices make the volume.

    Attributes:
        parts: groups of slices that belong together, the largest first.
        part: the one that is chosen; None if there are several and none was.
        slices: of the volume, in reading order; none while a fault stops it.
        positions: of these, mm along the normal.
        time, times: the time point of the volume, from 1, and how many there are.
        faults: all that was found, in order of weight; see `stops`.
        table: a row for each frame of each file, in the order of the files.
    """

    parts: tuple[Part, ...]
    part: Part | None
    slices: tuple[Slice, ...]
    positions: tuple[float, ...]
    time: int
    times: int
    faults: tuple[Reason, ...]
    table: tuple[Row, ...]

    @property
    def stops(self) -> tuple[Reason, ...]:
        """The faults for which there is no volume; none where there is one."""
        if self.slices:
            return ()
        return tuple(fault for fault in self.faults if fault.code not in REMARKS)

    @property
    def remedy(self) -> int:
        """Slices of the largest consistent part, of the chosen one if there is one; 0 if none is a volume."""
        parts = self.parts if self.part is None else (self.part,)
        return max((len(_largest(part) or ()) for part in parts), default=0)

    @cached_property
    def geometry(self) -> Geometry | None:
        """Where the volume lies in the body."""
        return geometry_of(self.slices)

    def to_json(self, *, names: bool = False) -> dict[str, Any]:
        """Parts, faults and table; files by number unless their names are asked for."""
        return {
            "part": None if self.part is None else self.part.number,
            "slices": len(self.slices),
            "largest": self.remedy,
            "time": self.time,
            "times": self.times,
            "geometry": None if self.geometry is None else self.geometry.to_json(),
            "faults": [fault.to_json() for fault in self.faults],
            "parts": [part.to_json() for part in self.parts],
            "table": [row.to_json(names=names) for row in self.table],
        }


def arrange(
    headers: Sequence[FileHeader | str],
    names: Sequence[str],
    *,
    part: int | None = None,
    largest: bool = False,
    time: int = 1,
) -> Arrangement:
    """Decide which slices make the volume.

    Args:
        headers: of each file, or why it could not be read.
        names: of the files.
        part: number of a group, from 1; None for the only one.
        largest: use the largest consistent part: of several groups the largest, of several slices at one
            position the first, and the longest evenly spaced stretch.
        time: which of several volumes at one place, from 1.

    Raises:
        ScanError: there is no such part or time.
    """
    slices = [
        Slice(file, frame, header)
        for file, header in enumerate(headers)
        if isinstance(header, FileHeader)
        for frame in range(len(header.places))
    ]
    unread = [file for file, header in enumerate(headers) if isinstance(header, str)]
    groups, apart = parts_of(slices) if slices else ([], [])
    parts = numbered(groups)
    chosen = _chosen(parts, part, largest)
    shown = chosen or (parts[0] if parts else None)  # whose own faults are told
    own = () if shown is None else shown.faults
    faults = [*([] if part is not None else apart), *own]
    if not slices:
        faults.append(Reason("nothing", {"files": len(headers)}))
    if unread:
        facts = {"files": [file + 1 for file in unread], "of": len(headers)}
        faults.append(Reason("unreadable", facts))
    faults.sort(key=lambda fault: fault.code in REMARKS)
    used, positions, times, why = _taken(chosen, largest, time)
    return Arrangement(
        parts=tuple(parts),
        part=chosen,
        slices=used,
        positions=positions,
        time=time,
        times=times,
        faults=tuple(faults),
        table=table_of(headers, names, parts, used, why),
    )


def _chosen(parts: list[Part], number: int | None, largest: bool) -> Part | None:
    if number is not None:
        if not 1 <= number <= len(parts):
            raise ScanError(
                f"There is no part {number}: choose one from 1 to {len(parts)}."
                if parts
                else "None of the files is a slice, so there is no part to choose: give other files."
            )
        return parts[number - 1]
    if largest:
        usable = [part for part in parts if _largest(part) is not None]
        return max(usable, key=lambda part: len(_largest(part) or ()), default=None)
    return parts[0] if len(parts) == 1 else None


def _largest(part: Part) -> range | None:
    """The positions of a part's largest consistent part; None if that is no volume."""
    if part.stack is None or part.header.kind == "mosaic" or len(part.stack.run) < 2:
        return None
    return part.stack.run


def _taken(
    part: Part | None, largest: bool, time: int
) -> tuple[tuple[Slice, ...], tuple[float, ...], int, dict[Slice, str]]:
    """The slices of the volume, their positions, the number of times, and why others are left out."""
    if part is None or part.stack is None:
        return (), (), 1, {}
    stack = part.stack
    stopped = any(fault.code not in REMARKS for fault in part.faults)
    run = _largest(part) if largest else None if stopped else range(len(stack.taken))
    if run is None:
        return (), (), stack.times, {}
    check_time(time, stack.times)
    why: dict[Slice, str] = {}
    used = []
    for at, slices in enumerate(stack.taken):
        for number, one in enumerate(slices, 1):
            if number > stack.times:
                why[one] = "duplicate"
            elif number != time:
                why[one] = "another time"
            elif at not in run:
                why[one] = "run"
            else:
                used.append(one)
    positions = tuple(float(stack.positions[at]) for at in run)
    return tuple(used), positions, stack.times, why
