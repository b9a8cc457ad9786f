"""Several cases at once: a table of predictions, one case a row, whose rows open them.

A case is a file, or the files of one series.

File names may hold people's names: they are shown to who asks for them.
"""

import io
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from diagnosis.audit import AuditError
from diagnosis.batch.about import about
from diagnosis.batch.given_case import GivenCase
from diagnosis.batch.rows import Row, row_of
from diagnosis.batch.spreadsheet import Columns, write_csv
from diagnosis.batch.uploads import LIST
from diagnosis.core.errors import InputError
from diagnosis.core.intended_use import IN_SHORT
from diagnosis.core.reason import Reason
from diagnosis.dashboard.read import audit_entries, independent_read
from diagnosis.dashboard.shell import caches, turns, warmup
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.opened import OPENED, STOPPED
from diagnosis.dashboard.widgets.row_table import row_table
from diagnosis.models.store import Version
from diagnosis.scans import Scan
from diagnosis.scans.apart.caller import Decoder
from diagnosis.text.classes import class_text
from diagnosis.text.outcome import sentences

if TYPE_CHECKING:  # they bring Keras and what reads headers, for which no page waits at its top
    from diagnosis.batch.grouping import GivenCases
    from diagnosis.inference.predictor import Predictor

TABLE = "worklist-rows"  # in the session
LOOK_S, WORK_S = (
    1.0,
    0.7,
)  # seconds between two looks at a list that is being read, and of reading in each
ROWS = 6  # in sight at once


@dataclass
class Worklist:
    """The cases that a person gave at once, and what has been read of them by one model version."""

    found: "GivenCases"
    version: str = ""  # its folder
    rows: dict[str, Row] = field(default_factory=dict)  # by the id of a case
    stopped: bool = False
    pressed: GivenCase | None = None  # whose row was pressed, until it is open
    moved: bool = False  # something was pressed, and the page has not been drawn since
    waited_for: bool = False  # by the page, which draws more below

    @property
    def left(self) -> list[GivenCase]:
        """What is still to be read."""
        return [case for case in self.found.cases if case.id not in self.rows]


def worklist(found: "GivenCases | None", version: Version) -> GivenCase | None:
    """Draw the list of the session, if there is one; the case that is to be opened.

    Args:
        found: cases that were given in this moment: several are the new list, a single one ends it.
        version: the model version that predicts.
    """
    if found is not None and len(found.cases) == 1:
        st.session_state.pop(LIST, None)
    elif found is not None and found.cases:
        st.session_state[LIST] = Worklist(found)
        st.session_state.pop(OPENED, None)
    current: Worklist | None = st.session_state.get(LIST)
    if current is None:
        return None
    if current.version != str(version.folder):
        current.version, current.rows, current.stopped = str(version.folder), {}, False
    for sentence in current.found.said:
        st.warning(plain(sentence))
    reading = bool(current.left) and not current.stopped and not independent_read.is_first()
    current.moved, current.waited_for = False, True
    try:
        with st.container(key="worklist"):
            st.fragment(_drawn, run_every=LOOK_S if reading else None)(current, version, reading)
    finally:
        current.waited_for = False
    case = current.pressed
    if case is not None and case.id in _open():
        case = current.pressed = None
    return case


def _open() -> list[str]:
    """The id of the case that is open, or of the series that cannot be."""
    opened, stopped = st.session_state.get(OPENED), st.session_state.get(STOPPED)
    return [*([opened.id] if opened else []), *([stopped.case.id] if stopped else [])]


def _drawn(current: Worklist, version: Version, reading: bool) -> None:
    """Progress, table and files; read on for a moment, if the page itself does not wait for this."""
    if current.moved:
        st.rerun()  # the page opens the case
    if reading and (not current.left or current.stopped):
        st.rerun()  # so that nothing looks any more
    hidden = independent_read.is_first()
    with st.container(key="worklist-progress", horizontal=True, vertical_alignment="center"):
        _progress(current, reading, hidden)
    names = bool(st.session_state.get("worklist-names"))
    _table(current, version, names, hidden)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.toggle("Show file names", key="worklist-names", help="They may hold patients' names.")
        st.download_button(
            "Table (.csv)", partial(_csv, current, version, names), f"worklist-{version.dataset}.csv",
            "text/csv", key="worklist-csv", disabled=hidden or not current.rows, on_click="ignore",
            help=IN_SHORT,
        )  # fmt: skip
        st.button("Close the list", key="worklist-close", on_click=_closed)
    if reading and not current.waited_for:
        _read_on(current, version)


def _progress(current: Worklist, reading: bool, hidden: bool) -> None:
    total = len(current.found.cases)
    done = total - len(current.left)
    counts = [row.outcome for row in current.rows.values()]
    words = ", ".join(f"{counts.count(each)} {each}" for each in dict.fromkeys(counts))
    said = f"{done} of {total} read{f': {words}' if words else ''}"
    if hidden:
        st.caption("Predictions are not listed while independent reads come first.")
    elif reading:
        st.progress(done / total, said)
        st.button("Stop", key="worklist-stop", on_click=partial(_stopped, current, True))
    else:
        st.caption(f"{said}. Press a row to open its case.", width="content")
        if current.left:
            st.button("Read on", key="worklist-go", on_click=partial(_stopped, current, False))


def _closed() -> None:
    if current := st.session_state.pop(LIST, None):
        current.moved = True


def _stopped(current: Worklist, stopped: bool) -> None:
    current.stopped = stopped
    current.moved = True


def _table(current: Worklist, version: Version, names: bool, hidden: bool) -> None:
    cases = current.found.cases
    to_open = [current.pressed.id] if current.pressed else _open()

    def pressed(row: int) -> None:
        current.pressed, current.moved = cases[row], True

    several = any(len(case.items) > 1 for case in cases)
    row_table(
        [
            {
                "Case": f"Case {number}",
                **({"File": case.name} if names else {}),
                **({"Files": len(case.items)} if several else {}),
                **_result(None if hidden else current.rows.get(case.id), version),
            }
            for number, case in enumerate(cases, start=1)
        ],
        key=TABLE,
        alt="The cases, one a row; press a row to open one",
        shown=next((row for row, case in enumerate(cases) if case.id in to_open), None),
        opened=pressed,
        in_sight=ROWS,
        columns={"Why": st.column_config.Column(width="large")},
    )


def _result(row: Row | None, version: Version) -> dict[str, str]:
    """What a line says of a case; of a binary model the probability is that of its finding."""
    config = version.config
    of = f" of {config.classes[config.finding]}" if config.finding is not None else ""
    probability = "–"
    if row is not None and row.probabilities:
        place = slice(None) if config.finding is None else slice(config.finding, config.finding + 1)
        probability = f"{max(row.probabilities[place]):.2f}"
    reasons = () if row is None else map(Reason.from_json, row.reasons + row.warnings)
    return {
        "Outcome": "–" if row is None else row.outcome,
        "Prediction": class_text(row.prediction) if row is not None and row.prediction else "–",
        f"Probability{of}": probability,
        "Quality": (row.quality if row is not None else None) or "–",
        "Why": (row.error if row is not None else None) or " ".join(sentences(reasons)),
    }


def _read_on(current: Worklist, version: Version) -> None:
    """Read cases for a moment, one after the other; each is entered in the audit log."""
    until = time.monotonic() + WORK_S
    warmup.wait()
    model = caches.model(str(version.folder))
    for case in current.left:
        row = _read(case, model)
        try:
            if row.outcome != "unreadable":
                audit_entries.listed(row, version)
        except AuditError as error:
            current.stopped = True
            st.warning(plain(str(error)))
            return
        current.rows[case.id] = row
        if time.monotonic() > until:
            return


def _read(case: GivenCase, model: "Predictor") -> Row:
    """Decode a case, which may take a while, then predict when it is this session's turn."""
    try:
        scan = _scan(case)
    except InputError as error:
        return Row(case.sha256(), "unreadable", error=str(error))
    with turns.turn():
        return row_of(lambda: scan, model, case.sha256)


def _scan(case: GivenCase) -> Scan:
    """Decode a case apart from the server.

    Raises:
        InputError: it cannot be read; of a series with its faults.
    """
    arrangement = case.arranged()
    if arrangement is not None and not arrangement.slices:
        from diagnosis.text.series import stopped_sentence

        raise InputError(stopped_sentence(arrangement))
    place = st.empty()  # drawing ends this run if another one begins or the browser is gone
    decoder = Decoder(place.empty)
    try:
        return case.read(decoder, progress=lambda done, of: place.empty())
    finally:
        decoder.close()


def _csv(current: Worklist, version: Version, names: bool) -> str:
    """The table as batch reading writes it."""
    columns = Columns(version, names)
    rows = (
        columns.values(number, case.name, current.rows[case.id])
        for number, case in enumerate(current.found.cases, start=1)
        if case.id in current.rows
    )
    file = io.StringIO()
    write_csv(file, columns, rows, about(version))
    return file.getvalue()
