"""Which file became which slice, and why others did not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from diagnosis.scans.series.file_header import FileHeader
from diagnosis.scans.series.grouping import Slice
from diagnosis.scans.series.part import Part


@dataclass(frozen=True)
class Row:
    """What became of one frame of one file.

    Attributes:
        file: number of the file, from 1, in the order given.
        name: of the file; it may name a patient.
        frame: from 1.
        part: number of the group it belongs to, from 1; None if it could not be read.
        slice: its number in the order along the body: of the volume, or of its part if that is not used.
        position: mm along the normal.
        used: whether it is a slice of the volume.
        why: a code, where it is not: unreadable, another part, another time, duplicate, run, stopped.
        said: why it could not be read.
    """

    file: int
    name: str
    frame: int
    part: int | None
    slice: int | None
    position: float | None
    used: bool
    why: str | None
    said: str | None = None

    def to_json(self, *, names: bool = False) -> dict[str, Any]:
        """Its fields; the file's name only if that is asked for."""
        return {name: value for name, value in vars(self).items() if names or name != "name"}


def table_of(
    headers: Sequence[FileHeader | str],
    names: Sequence[str],
    parts: Sequence[Part],
    used: Sequence[Slice],
    why: Mapping[Slice, str],
) -> tuple[Row, ...]:
    """A row for each frame of each file, in the order of the files.

    Args:
        headers: of each file, or why it could not be read.
        names: of the files.
        parts: all groups of slices.
        used: the slices of the volume, in order.
        why: codes of those of its part that are left out.
    """
    of_volume = {one: number for number, one in enumerate(used, 1)}
    rows = [
        Row(file + 1, names[file], 1, None, None, None, False, "unreadable", header)
        for file, header in enumerate(headers)
        if isinstance(header, str)
    ]
    for part in parts:
        stack = part.stack
        at = (
            {}
            if stack is None
            else {
                one: (number, float(position))
                for number, (slices, position) in enumerate(
                    zip(stack.taken, stack.positions, strict=True), 1
                )
                for one in slices
            }
        )
        for one in part.slices:
            number, position = at.get(one, (None, None))
            is_used = one in of_volume
            left = why.get(one, "another part" if used else "stopped")
            rows.append(
                Row(
                    one.file + 1,
                    names[one.file],
                    one.frame + 1,
                    part.number,
                    of_volume.get(one, number),
                    None if position is None else round(position, 3),
                    is_used,
                    None if is_used else left,
                )
            )
    return tuple(sorted(rows, key=lambda row: (row.file, row.frame)))
