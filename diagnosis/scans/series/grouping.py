"""Slices that belong together: one patient, study, series, kind, size, spacing and orientation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diagnosis.core.reason import Reason
from diagnosis.scans.dicom.places import Place
from diagnosis.scans.series.file_header import FileHeader

SAME_SPACING = 0.01  # share by which the distances between pixels of one stack may differ
SAME_AXES = 0.01  # by which the components of directions may differ: half a degree
NAMED = 20  # groups that a fact lists
KINDS = "kinds"


@dataclass(frozen=True, eq=False)
class Slice:
    """A frame of a file."""

    file: int  # from 0
    frame: int  # as stored, from 0
    header: FileHeader

    @property
    def place(self) -> Place | None:
        """Where it lies."""
        return self.header.places[self.frame]

    @property
    def moment(self) -> tuple[float, ...]:
        """Which of those at one position it is."""
        return self.header.moments[self.frame]


Same = Callable[[Any, Any], bool]


@dataclass(frozen=True)
class _Level:
    """By what slices are told apart; ``code`` names the fault of a set that has several values."""

    code: str
    value: Callable[[Slice], Any]
    same: Same = lambda one, other: bool(one == other)


def _same_spacing(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    return bool(np.allclose(one, other, rtol=SAME_SPACING, atol=0))


def _same_axes(one: Place | None, other: Place | None) -> bool:
    if one is None or other is None:
        return one is other
    return max(abs(a - b) for a, b in zip(one.axes, other.axes, strict=True)) <= SAME_AXES


LEVELS = (
    _Level("patients", lambda one: one.header.patient),
    _Level("studies", lambda one: one.header.study),
    _Level("series", lambda one: one.header.series),
    _Level(KINDS, lambda one: one.header.kind),
    _Level("modalities", lambda one: one.header.modality),
    _Level("colours", lambda one: one.header.colour),
    _Level("stacks", lambda one: one.place, _same_axes),
    _Level("sizes", lambda one: (one.header.rows, one.header.columns)),
    _Level("spacings", lambda one: one.header.spacing, _same_spacing),
)


def parts_of(slices: Sequence[Slice]) -> tuple[list[list[Slice]], list[Reason]]:
    """Slices that belong together, the largest group first; and by what the groups differ.

    Codes: those of `LEVELS`, and for slices of another kind that kind. Facts: ``count`` of groups, and
    ``parts``, a list of them with their ``slices`` (how many), ``files`` (numbers from 1) and what sets them
    apart: ``modality``, ``colour``, ``rows`` and ``columns``, ``spacing`` (mm, or null), ``degrees`` to the
    largest group's orientation (null where the files give none).
    """
    parts, reasons = _split(list(slices), LEVELS)
    # a localizer or a mosaic is not what a series is read for, however many there are
    parts.sort(key=lambda part: (part[0].header.kind != "slice", -len(part), part[0].file))
    return parts, reasons


def _split(
    slices: list[Slice], levels: tuple[_Level, ...]
) -> tuple[list[list[Slice]], list[Reason]]:
    if not levels:
        return [slices], []
    level, rest = levels[0], levels[1:]
    groups = _clusters(slices, level)
    reasons = []
    if len(groups) > 1:
        groups.sort(key=lambda group: (-len(group), group[0].file))
        reasons += _told_apart(level.code, groups)
    parts = []
    for group in groups:
        found, said = _split(group, rest)
        parts += found
        reasons += said
    return parts, reasons


def _told_apart(code: str, groups: list[list[Slice]]) -> list[Reason]:
    if code == KINDS:
        others = [group for group in groups if group[0].header.kind != "slice"]
        return [kind_reason(group) for group in others]
    listed = [_facts(code, group, groups[0]) for group in groups[:NAMED]]
    return [Reason(code, {"count": len(groups), "parts": listed})]


def kind_reason(group: list[Slice]) -> Reason:
    """That these are localizers, or mosaics."""
    facts = {"slices": len(group), "files": file_numbers(group)}
    return Reason(group[0].header.kind, facts)


def _clusters(slices: list[Slice], level: _Level) -> list[list[Slice]]:
    groups: list[tuple[Any, list[Slice]]] = []
    for one in slices:
        value = level.value(one)
        for known, group in groups:
            if level.same(known, value):
                group.append(one)
                break
        else:
            groups.append((value, [one]))
    return [group for _, group in groups]


def _facts(code: str, group: list[Slice], largest: list[Slice]) -> dict[str, Any]:
    one = group[0]
    facts: dict[str, Any] = {"slices": len(group), "files": file_numbers(group)}
    match code:
        case "modalities":
            facts["modality"] = one.header.modality
        case "colours":
            facts["colour"] = one.header.colour
        case "sizes":
            facts |= {"rows": one.header.rows, "columns": one.header.columns}
        case "spacings":
            facts["spacing"] = one.header.spacing and list(one.header.spacing)
        case "stacks":
            facts["degrees"] = _degrees(one.place, largest[0].place)
    return facts


def file_numbers(slices: Sequence[Slice]) -> list[int]:
    """The files of slices as people count, each once, in order."""
    return sorted({one.file + 1 for one in slices})


def _degrees(one: Place | None, other: Place | None) -> float | None:
    """The angle between two planes."""
    if one is None or other is None:
        return None
    lengths = np.linalg.norm(one.normal) * np.linalg.norm(other.normal)
    cosine = abs(float(one.normal @ other.normal)) / max(float(lengths), 1e-9)
    return round(float(np.degrees(np.arccos(min(1.0, cosine)))), 1)
