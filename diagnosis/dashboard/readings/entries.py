"""The entries of the audit log as a table and as files, and whether the log is intact."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from diagnosis.audit import CERTAINTY, Recorded, check, log, spreadsheet
from diagnosis.core.intended_use import IN_SHORT
from diagnosis.dashboard.shell.escape import plain
from diagnosis.text.audit import integrity_sentence
from diagnosis.text.outcome import class_text

ROWS = 500  # the latest on the page; the files hold all


def log_table(recorded: Sequence[Recorded]) -> None:
    """Draw the entries, newest first, with both files."""
    chosen = _chosen(recorded)
    st.dataframe(
        [_row(each) for each in chosen[:ROWS]],
        height=38 + 35 * min(max(len(chosen), 1), 12),
        hide_index=True,
        key="readings-lines",
        alt="Entries of the audit log, newest first",
        column_config={
            "Entry": st.column_config.NumberColumn(width=50, format="%d"),
            "When (UTC)": st.column_config.Column(width=130),
            "Case": st.column_config.Column(width=215),
            "Prediction": st.column_config.Column(width=90),
            "Comment": st.column_config.Column(width=240),
        },
    )
    if len(chosen) > ROWS:
        st.caption(f"The latest {ROWS:,} of {len(chosen):,}; the files hold all.")
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
    with st.expander("Storage and tamper detection"):
        st.markdown(
            "Each entry holds the SHA-256 hash of the entry before it, so a changed, inserted or removed "
            "entry is detected. Somebody with write access could replace the whole file: note the number and "
            "hash of the last entry elsewhere, or store a report, and check them with `python -m diagnosis "
            "audit check --entry NUMBER --hash HASH`.\n\n"
            "The log holds no images, file names or patient names. It holds readers' names and comments as "
            "they were entered. Nothing is sent anywhere. To delete the log, delete the file."
        )
        st.code(str(log.path()), language=None, wrap_lines=True)
        if state.entries:
            st.caption(f"Hash of entry {state.entries:,}")
            st.code(state.entry_hash, language=None, wrap_lines=True)


def _chosen(recorded: Sequence[Recorded]) -> list[Recorded]:
    actions = list(dict.fromkeys(each.entry.action for each in recorded))
    if len(actions) < 2:
        return list(recorded)
    only = st.pills(
        "Filter", actions, selection_mode="multi", key="readings-actions",
        help="All entries if nothing is chosen.",
    )  # fmt: skip
    return [each for each in recorded if not only or each.entry.action in only]


def _row(recorded: Recorded) -> dict[str, object]:
    entry = recorded.entry
    predicted = entry.outcome if entry.prediction is None else class_text(entry.prediction)
    return {
        "Entry": recorded.receipt.number,
        "When (UTC)": f"{recorded.time:%Y-%m-%d %H:%M:%S}",
        "Reader": entry.by or "–",
        "Action": entry.action,
        "Case": entry.case[:12] if entry.source == "file" else entry.source,
        "Model": entry.model or "",
        "Prediction": predicted or "",
        "Read": class_text(entry.read),
        "Certainty": "" if entry.certainty is None else CERTAINTY[entry.certainty - 1],
        "Label": class_text(entry.label),
        "Comment": entry.comment,
    }
