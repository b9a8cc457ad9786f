"""Several files at once: a table of predictions, one file a row, whose rows open cases.

File names may hold people's names: they are shown to who asks for them.
"""

import hashlib
import io
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from diagnosis.audit import AuditError
from diagnosis.batch.about import about
from diagnosis.batch.rows import Row, row_of
from diagnosis.batch.spreadsheet import Columns, write_csv
from diagnosis.batch.uploads import LIST, Item, Items, Upload, is_zip, items
from diagnosis.core.intended_use import IN_SHORT
from diagnosis.core.reason import Reason
from diagnosis.dashboard.read import audit_entries, independent_read
from diagnosis.dashboard.shell import caches, turns, warmup
from diagnosis.dashboard.shell.escape import plain
from diagnosis.models.store import Version
from diagnosis.scans import Limits, Scan
from diagnosis.scans.apart.caller import read_scan_apart
from diagnosis.text.outcome import class_text, sentences

TABLE = "worklist-rows"  # in the session
LOOK_S, WORK_S = (
    1.0,
    0.7,
)  # seconds between two looks at a list that is being read, and of reading in each
ROWS = 6  # in sight at once


@dataclass
class Worklist:
    """The files that a person gave at once, and what has been read of them by one model version."""

    found: Items
    version: str = ""  # its folder
    rows: dict[str, Row] = field(default_factory=dict)  # by the id of an item
    stopped: bool = False
    pressed: Item | None = None  # whose row was pressed, until it is open
    moved: bool = False  # something was pressed, and the page has not been drawn since
    waited_for: bool = False  # by the page, which draws more below

    @property
    def left(self) -> list[Item]:
        """What is still to be read."""
        return [item for item in self.found.items if item.id not in self.rows]


def worklist(given: Sequence[Upload], version: Version) -> Item | None:
    """Draw the list of the session, if there is one; the file that is to be opened.

    Args:
        given: files that were given in this moment: several or a ZIP are the new list, a single one ends it.
        version: the model version that predicts.
    """
    if len(given) == 1 and not is_zip(given[0]):
        st.session_state.pop(LIST, None)
    elif given:
        st.session_state[LIST] = Worklist(items(given, Limits.from_environment()))
        st.session_state.pop("scan", None)
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
    item, scan = current.pressed, st.session_state.get("scan")
    if item is not None and scan is not None and scan[0] == item.id:
        item = current.pressed = None
    return item


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
    done, total = len(current.found.items) - len(current.left), len(current.found.items)
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
    def pressed() -> None:
        cells = st.session_state[TABLE].selection.cells
        if cells:
            current.pressed, current.moved = current.found.items[cells[0][0]], True

    st.dataframe(
        [
            _row(number, item, None if hidden else current.rows.get(item.id), version, names)
            for number, item in enumerate(current.found.items, start=1)
        ],
        height=38 + 35 * min(len(current.found.items), ROWS),
        hide_index=True,
        on_select=pressed,
        selection_mode="single-cell",
        column_config={
            "Why": st.column_config.Column(width="large"),
        },
        key=TABLE,
        alt="The files, one a row; press a row to open its case",
    )


def _row(number: int, item: Item, row: Row | None, version: Version, names: bool) -> dict[str, str]:
    """A line of the table; of a binary model the probability is that of its finding."""
    config = version.config
    of = f" of {config.classes[config.finding]}" if config.finding is not None else ""
    probability = "–"
    if row is not None and row.probabilities:
        place = slice(None) if config.finding is None else slice(config.finding, config.finding + 1)
        probability = f"{max(row.probabilities[place]):.2f}"
    reasons = () if row is None else map(Reason.from_json, row.reasons + row.warnings)
    return {
        "Case": f"Case {number}",
        **({"File": item.name} if names else {}),
        "Outcome": "–" if row is None else row.outcome,
        "Prediction": class_text(row.prediction) if row is not None and row.prediction else "–",
        f"Probability{of}": probability,
        "Quality": (row.quality if row is not None else None) or "–",
        "Why": (row.error if row is not None else None) or " ".join(sentences(reasons)),
    }


def _read_on(current: Worklist, version: Version) -> None:
    """Read files for a moment, one after the other; each is entered in the audit log."""
    until = time.monotonic() + WORK_S
    warmup.wait()
    model = caches.model(str(version.folder))
    for item in current.left:
        with turns.turn():
            row = row_of(partial(_scan, item), model, partial(_sha256, item))
        try:
            if row.outcome != "unreadable":
                audit_entries.listed(row, version)
        except AuditError as error:
            current.stopped = True
            st.warning(plain(str(error)))
            return
        current.rows[item.id] = row
        if time.monotonic() > until:
            return


def _scan(item: Item) -> Scan:
    return read_scan_apart(item.read())


def _sha256(item: Item) -> str | None:
    try:
        return hashlib.sha256(item.read()).hexdigest()
    except ValueError:  # it cannot even be unpacked
        return None


def _csv(current: Worklist, version: Version, names: bool) -> str:
    """The table as batch reading writes it."""
    columns = Columns(version, names)
    rows = (
        columns.values(number, item.name, current.rows[item.id])
        for number, item in enumerate(current.found.items, start=1)
        if item.id in current.rows
    )
    file = io.StringIO()
    write_csv(file, columns, rows, about(version))
    return file.getvalue()
