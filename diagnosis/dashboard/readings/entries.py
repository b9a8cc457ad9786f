"""The lines of the audit trail as a table, whether they are whole, and the same as files."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from diagnosis.audit import CERTAINTY, Recorded, check, log, spreadsheet
from diagnosis.core.intended_use import IN_SHORT
from diagnosis.dashboard.widgets.escape import plain
from diagnosis.text.audit import integrity_sentence

ROWS = 500  # the latest that are shown; files hold all


def lines(found: Sequence[Recorded]) -> None:
    """Draw them, newest first."""
    chosen = _chosen(found)
    st.dataframe(
        [_row(recorded) for recorded in chosen[:ROWS]],
        height=38 + 35 * min(max(len(chosen), 1), 12),
        hide_index=True,
        key="readings-lines",
        alt="Lines of the audit trail, newest first",
        column_config={
            "Line": st.column_config.NumberColumn(width=50, format="%d"),
            "When (UTC)": st.column_config.Column(width=130),
            "Case": st.column_config.Column(width=215),
            "Answer": st.column_config.Column(width=90),
            "Comment": st.column_config.Column(width=240),
        },
    )
    if len(chosen) > ROWS:
        st.caption(f"The latest {ROWS:,} of {len(chosen):,}; the files hold all.")
    with st.container(horizontal=True):
        st.download_button(
            "Save as table (.csv)", partial(spreadsheet.table, chosen), "readings.csv", "text/csv",
            on_click="ignore", help=f"{IN_SHORT} The file says so, too.",
        )  # fmt: skip
        st.download_button(
            "Save the trail itself (.jsonl)", log.path().read_bytes, "readings.jsonl", on_click="ignore",
            help="As it was written, so that it can be checked anywhere: the seal of a line is its SHA-256, "
            "the end of the line left out.",
        )  # fmt: skip


def integrity() -> None:
    """Say whether the trail is whole, where it is, and what shows that it is."""
    found = check()
    tell = (st.warning if found.cut_short else st.caption) if found.whole else st.error
    tell(plain(integrity_sentence(found)))
    with st.expander("Where it is kept, and how a change is found"):
        st.markdown(
            "Each line holds the SHA-256 of the line before it, its seal, so a line that is changed, added "
            "or taken out between others is found. Whoever may write the file could make a whole new one: "
            "note the number and the seal of the last line elsewhere, or keep a report, and `python -m "
            "diagnosis audit check --entry NUMBER --hash HASH` tells whether that line is still there as it "
            "was.\n\nThe trail holds no picture, no file name and no patient's name; what people write as "
            "their name and comment it holds as they wrote it. Nothing is sent anywhere. To delete it, "
            "delete the file."
        )
        st.code(str(log.path()), language=None, wrap_lines=True)
        if found.entries:
            st.caption(f"Hash of entry {found.entries:,}")
            st.code(found.entry_hash, language=None, wrap_lines=True)


def _chosen(found: Sequence[Recorded]) -> list[Recorded]:
    actions = list(dict.fromkeys(each.entry.action for each in found))
    if len(actions) < 2:
        return list(found)
    only = st.pills(
        "What happened", actions, selection_mode="multi", key="readings-actions",
        help="Nothing chosen shows all.",
    )  # fmt: skip
    return [each for each in found if not only or each.entry.action in only]


def _row(recorded: Recorded) -> dict[str, object]:
    entry = recorded.entry
    called = entry.outcome if entry.prediction is None else _names(entry.prediction)
    return {
        "Line": recorded.receipt.number,
        "When (UTC)": f"{recorded.time:%Y-%m-%d %H:%M:%S}",
        "Who": entry.by or "not said",
        "What": entry.action,
        "Case": entry.case[:12] if entry.source == "file" else entry.source,
        "Model": entry.model or "",
        "Answer": called or "",
        "Read": _names(entry.read),
        "How sure": "" if entry.certainty is None else CERTAINTY[entry.certainty - 1],
        "Label": _names(entry.label),
        "Comment": entry.comment,
    }


def _names(said: tuple[str, ...] | None) -> str:
    return "" if said is None else ", ".join(said) or "none of the labels"
