"""What the files of a series are: faults, parts, time points, and which file became which slice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from diagnosis.batch.given_case import Choice, GivenCase
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.opened import OPENED, STOPPED, Opened, Stopped, choose
from diagnosis.text.series import fault_sentences, files_text, part_text, why_text

if TYPE_CHECKING:
    from diagnosis.scans.series import Arrangement

STOP, OPEN = "series-stopped", "series-open"  # begin the keys of what stands in either place
ROWS = 8  # of the table in sight at once


def stopped() -> None:
    """Say why a series is no volume, and offer what can be read of it; nothing where none is stopped."""
    waiting: Stopped | None = st.session_state.get(STOPPED)
    if waiting is None:
        return
    case, choice, arrangement = waiting.case, waiting.choice, waiting.arrangement
    with st.container(key=STOP, gap="small"):
        names = _names(arrangement, STOP)
        said = [plain(fault) for fault in fault_sentences(arrangement.faults, names)]
        st.error(said[0] if len(said) == 1 else "\n".join(f"- {each}" for each in said))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            if arrangement.remedy:
                slices = f"{arrangement.remedy:,} slices"
                st.button(
                    f"Use the largest consistent part ({slices})", key="series-largest", type="primary",
                    on_click=choose, args=(case, replace(choice, largest=True)),
                )  # fmt: skip
            st.button("Close", key="series-close", on_click=_leave)
        _part(case, arrangement, key=f"{STOP}-part", index=None)
        _files(arrangement, STOP)
        if OPENED in st.session_state:
            st.caption("The scan before it is still open below.")


def opened(now: Opened) -> None:
    """Remarks on the open series, its other parts and time points, and its files."""
    arrangement = now.arrangement
    if arrangement is not None:
        for said in fault_sentences(arrangement.faults, _names(arrangement, OPEN)):
            st.caption(plain(said))
    if now.case is None and arrangement is None:
        return
    if now.case is not None:
        if arrangement is not None and arrangement.part is not None:
            _part(now.case, arrangement, key=f"{OPEN}-part", index=arrangement.part.number - 1)
        _time(now)
    if arrangement is not None:
        _files(arrangement, OPEN)


def _part(case: GivenCase, arrangement: Arrangement, *, key: str, index: int | None) -> None:
    """The parts of a series as a choice, where there are several."""
    if len(arrangement.parts) < 2:
        return
    key = f"{key}-{case.id}-{index}"

    def chosen() -> None:
        if (number := st.session_state[key]) is not None:
            choose(case, Choice(part=number))

    words = {part.number: part_text(part) for part in arrangement.parts}
    st.selectbox(
        "Part", list(words), index=index, key=key, on_change=chosen, format_func=words.__getitem__,
        placeholder=f"Choose one of {len(words)} parts",
    )  # fmt: skip


def _time(now: Opened) -> None:
    """The time points of a volume as a choice, where there are several."""
    case, times = now.case, now.scan.times
    if case is None or times < 2:
        return
    key = f"{OPEN}-time-{case.id}-{now.choice.part}-{now.choice.largest}"

    def chosen() -> None:
        choose(case, replace(now.choice, time=st.session_state[key]))

    st.slider("Time point", 1, times, now.scan.time, key=key, on_change=chosen)


def _names(arrangement: Arrangement, place: str) -> list[str] | None:
    """The files' names, if they are asked for."""
    if not st.session_state.get(f"{place}-names"):
        return None
    by_file = {row.file: row.name for row in arrangement.table}
    return [by_file.get(number, files_text([number])) for number in range(1, max(by_file) + 1)]


def _files(arrangement: Arrangement, place: str) -> None:
    """Which file became which slice, and why others did not."""
    used = sum(row.used for row in arrangement.table)
    frames = any(row.frame > 1 for row in arrangement.table)
    parts = len(arrangement.parts) > 1
    with st.expander(f"Files: {used:,} of {len(arrangement.table):,} used", key=f"{place}-files"):
        names = st.toggle(
            "Show file names", key=f"{place}-names", help="They may hold patients' names."
        )
        st.dataframe(
            [
                {
                    "File": row.file,
                    **({"Name": row.name} if names else {}),
                    **({"Frame": row.frame} if frames else {}),
                    "Slice": row.slice if row.used else None,
                    "Position (mm)": row.position,
                    **({"Part": row.part} if parts else {}),
                    "Not used": row.said or why_text(row.why),
                }
                for row in arrangement.table
            ],
            hide_index=True,
            height=38 + 35 * min(len(arrangement.table), ROWS),
            key=f"{place}-table",
            alt="Which file became which slice",
        )


def _leave() -> None:
    st.session_state.pop(STOPPED, None)
