"""The audit log by case and as files, and whether it is intact."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from diagnosis.audit import CERTAINTY, Entry, Recorded, check, log, spreadsheet
from diagnosis.audit.by_case import CaseEntries, by_case
from diagnosis.core import access
from diagnosis.core.dates import moment
from diagnosis.core.intended_use import IN_SHORT
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.dashboard.widgets.tables import details
from diagnosis.text.audit import integrity_sentence
from diagnosis.text.classes import class_text

CASES = 20  # on a page
READS = ("independent read", "AI-assisted read")


def log_table(recorded: Sequence[Recorded]) -> None:
    """Draw the cases, latest first, each opening to its entries; and both files."""
    actions = _actions(recorded)
    chosen = [each for each in recorded if each.entry.action in actions]
    cases = [case for case in by_case(recorded) if any(case.last(action) for action in actions)]
    pages = -(-len(cases) // CASES)
    page = 1
    if pages > 1:
        page = st.number_input(
            f"Page, 1 to {pages}", 1, pages, width=160,
            **persistent("readings-page", 1, range(1, pages + 1)),
        )  # fmt: skip
    with st.container(key="readings-cases", gap="xsmall"):
        for case in cases[(page - 1) * CASES : page * CASES]:
            with st.expander(_headline(case)):
                details({f"{each.receipt.number:,}": _told(each) for each in case.entries})
    with st.container(horizontal=True):
        st.download_button(
            "Table (.csv)", partial(spreadsheet.table, chosen), "readings.csv", "text/csv",
            on_click="ignore", help=IN_SHORT, key="readings-csv",
        )  # fmt: skip
        st.download_button(
            "Audit log (.jsonl)", log.path().read_bytes, "readings.jsonl", on_click="ignore",
            help="The file as written: the hash of an entry is the SHA-256 of its line without the line end.",
            key="readings-jsonl",
        )  # fmt: skip


def integrity() -> None:
    """Show whether the log is intact, where its file is, and how a change is detected."""
    state = check()
    show = (st.warning if state.cut_short else st.caption) if state.whole else st.error
    show(plain(integrity_sentence(state)))
    with st.expander("Storage and integrity"):
        st.markdown(
            "Each entry holds the SHA-256 hash of the one before it, so a change is detected. Somebody with "
            "write access could replace the whole file: keep the last hash elsewhere, or a report, and check "
            "it with `python -m diagnosis audit check --entry NUMBER --hash HASH`.\n\n"
            "The log holds readers' names and comments, but no images, file names or patient names. To "
            "delete it, delete the file."
        )
        if access.shows_paths():
            st.code(str(log.path()), language=None, wrap_lines=True)
        if state.entries:
            st.caption(f"Hash of entry {state.entries:,}")
            st.code(state.entry_hash, language=None, wrap_lines=True)


def _actions(recorded: Sequence[Recorded]) -> set[str]:
    """Those that are asked for; all if nothing is."""
    there = list(dict.fromkeys(each.entry.action for each in recorded))
    if len(there) < 2:
        return set(there)
    only = st.pills(
        "Only cases with", there, selection_mode="multi", key="readings-actions",
        help="All cases if nothing is chosen. The table has the entries of these actions.",
    )  # fmt: skip
    return set(only or there)


def _headline(case: CaseEntries) -> str:
    """A case in one line: what it is, what was predicted and read last, and its label."""
    latest = case.latest
    parts = [f"**{plain(_name(latest.entry))}**", moment(latest.time)]
    shown = case.last("prediction shown")
    if shown is not None:
        parts.append(f"prediction: {plain(_predicted(shown))}")
    for action in READS:
        if (read := case.last(action)) is not None:
            parts.append(f"{action}: {plain(class_text(read.read))}")
    if case.last("problem") is not None:
        parts.append("problem reported")
    if case.label is not None:
        parts.append(f"label: {plain(class_text(case.label))}")
    return " · ".join(parts)


def _name(entry: Entry) -> str:
    """A sample by its number; a file, whose name is not recorded, by its hash."""
    name = entry.source if entry.source != "file" else f"File {entry.case[:12]}"
    return name if entry.frame is None else f"{name}, frame {entry.frame}"


def _told(recorded: Recorded) -> str:
    """An entry in words."""
    entry = recorded.entry
    who = f" by {entry.by}" if entry.by else ""
    lines = [f"{entry.action}{who}, {moment(recorded.time)}"]
    if entry.model is not None:
        lines.append(f"{entry.model}: {_predicted(entry)}")
    if entry.read is not None:
        certainty = "" if entry.certainty is None else f" ({CERTAINTY[entry.certainty - 1]})"
        lines.append(f"read: {class_text(entry.read)}{certainty}")
    if entry.comment:
        lines.append(f"comment: {entry.comment}")
    return "\n".join(lines)


def _predicted(entry: Entry) -> str:
    return (entry.outcome or "–") if entry.prediction is None else class_text(entry.prediction)
