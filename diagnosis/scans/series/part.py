"""One group of slices that belong together, in order, with what is wrong within it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from diagnosis.core.reason import Reason
from diagnosis.scans.dicom.places import of_planes
from diagnosis.scans.geometry import Geometry
from diagnosis.scans.series.file_header import FileHeader
from diagnosis.scans.series.grouping import Slice, file_numbers, kind_reason
from diagnosis.scans.series.stack import Stack, stacked

OBLIQUE = 10.0  # degrees from the nearest plane of the body, above which it is said
SAME_ANGLE = 1.0  # degrees


@dataclass(frozen=True, eq=False)
class Part:
    """Slices that belong together: a volume, or what could be one.

    ``faults`` are those within the part; ``patient``, ``study`` and ``series`` count from 1 over all files.
    """

    number: int
    slices: tuple[Slice, ...]
    stack: Stack | None
    faults: tuple[Reason, ...]
    patient: int
    study: int
    series: int

    @property
    def header(self) -> FileHeader:
        """Of its first file: what all have in common."""
        return self.slices[0].header

    @cached_property
    def geometry(self) -> Geometry | None:
        """Where it lies in the body, of all its positions."""
        return None if self.stack is None else geometry_of([at[0] for at in self.stack.taken])

    def to_json(self) -> dict[str, Any]:
        """What a person chooses by."""
        header, stack = self.header, self.stack
        return {
            "part": self.number,
            "slices": len(self.slices),
            "positions": None if stack is None else len(stack.taken),
            "times": None if stack is None else stack.times,
            "patient": self.patient,
            "study": self.study,
            "series": self.series,
            "kind": header.kind,
            "modality": header.modality or None,
            "rows": header.rows,
            "columns": header.columns,
            "plane": None if self.geometry is None else self.geometry.plane,
            "files": file_numbers(self.slices),
            "faults": [fault.to_json() for fault in self.faults],
        }


def numbered(groups: list[list[Slice]]) -> list[Part]:
    """Groups of slices as parts, numbered from 1 in their order."""
    ordinals: dict[str, dict[str, int]] = {"patient": {}, "study": {}, "series": {}}
    firsts = sorted((group[0] for group in groups), key=lambda one: one.file)
    for level, known in ordinals.items():
        for one in firsts:
            known.setdefault(getattr(one.header, level), len(known) + 1)
    parts = []
    for number, group in enumerate(groups, 1):
        stack = stacked(group)
        places = {
            level: known[getattr(group[0].header, level)] for level, known in ordinals.items()
        }
        parts.append(Part(number, tuple(group), stack, tuple(_own(group, stack)), **places))
    return parts


def _own(group: list[Slice], stack: Stack | None) -> list[Reason]:
    """What is wrong within one group."""
    header = group[0].header
    if header.kind == "mosaic":
        return [kind_reason(group)]  # where its slices lie is not said
    faults = []
    if header.kind == "localizer":
        faults.append(Reason("localizer only", kind_reason(group).facts))
    if stack is None:
        faults.append(Reason("positions", {"slices": len(group), "files": file_numbers(group)}))
    else:
        faults += [*stack.faults, *_oblique(stack)]
    if header.colour:
        faults.append(Reason("colour", {"slices": len(group)}))
    return faults


def _oblique(stack: Stack) -> list[Reason]:
    """That the planes lie askew, unless a tilted gantry says so already."""
    found = geometry_of([at[0] for at in stack.taken])
    if found is None or found.oblique <= OBLIQUE or abs(found.oblique - found.tilt) < SAME_ANGLE:
        return []
    return [Reason("oblique", {"plane": found.plane, "degrees": round(found.oblique, 1)})]


def geometry_of(slices: Sequence[Slice]) -> Geometry | None:
    """Where slices in order lie in the body; None where their files do not say."""
    places = [one.place for one in slices if one.place is not None]
    return of_planes(places, slices[0].header.spacing) if places else None
