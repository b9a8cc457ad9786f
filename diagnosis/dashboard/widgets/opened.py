"""The open file or series of a session, and a series that cannot be opened as it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from diagnosis.batch.given_case import WHOLE, Choice, GivenCase
from diagnosis.cases import Case
from diagnosis.scans import Scan
from diagnosis.scans.geometry import Axis
from diagnosis.scans.owner import NOBODY, Owner
from diagnosis.scans.reading_axis import along, reading_axes

if TYPE_CHECKING:
    from diagnosis.scans.series import Arrangement

# In the session: what is open; a series that a fault stops, until something of it is chosen; what was chosen.
OPENED, STOPPED, CHOSEN = "scan", "series-stopped", "series-chosen"


@dataclass(eq=False)
class Opened:
    """A decoded case.

    Attributes:
        id: of the case that was given.
        scan: as its files have it.
        choice: what of the case it is.
        case: its files, where they hold more than was read; else they are let go.
        arrangement: of a series.
        owner: whose the files are, as far as they state it.
    """

    id: str
    scan: Scan
    choice: Choice = WHOLE
    case: GivenCase | None = None
    arrangement: Arrangement | None = None
    owner: Owner = NOBODY
    _turned: dict[Axis, Scan] = field(default_factory=dict)
    _read: tuple[tuple[object, ...], Case] | None = None

    def along(self, axis: Axis | None) -> Scan:
        """The scan read along an axis; as it is for None, or where it has no such axis."""
        if axis is None or axis not in reading_axes(self.scan):
            return self.scan
        if axis not in self._turned:
            self._turned[axis] = along(self.scan, axis)
        return self._turned[axis]

    def read(self, axis: Axis | None, number: int | None, *, whole: bool) -> Case:
        """The case for a model; the same one at the next run of the page, with all that was made of it.

        Args:
            axis: other than the scan's own; None for its own.
            number, whole: as of `Case.of`.
        """
        key = (axis, number, whole)
        if self._read is None or self._read[0] != key:
            self._read = key, Case.of(self.along(axis), number, whole=whole, axis=axis)
        return self._read[1]


@dataclass(frozen=True, eq=False)
class Stopped:
    """A series that is no consistent volume, or whose chosen part is none."""

    case: GivenCase
    choice: Choice
    arrangement: Arrangement


def choose(case: GivenCase, choice: Choice) -> None:
    """Read something else of a case at the next run; for a callback."""
    st.session_state[CHOSEN] = case, choice
