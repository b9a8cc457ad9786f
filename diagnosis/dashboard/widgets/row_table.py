"""A table of things that can be opened: a press anywhere on a row opens its thing.

A press selects a cell. The browser says nothing of a press on a cell that is selected already, and what is
selected it says again with whatever is pressed next. So the row of what is open is always the selected one,
also when it was opened in another way.

Streamlit's table hears of no press until the browser has drawn once since the pointer came over it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from diagnosis.dashboard.widgets.tables import csv_button

ROW, HEAD = 35, 38  # pixels high; the head with the border


@dataclass(frozen=True)
class Ticks:
    """Boxes at the left of the rows."""

    rows: Sequence[int]  # that have one at first
    take: Callable[[list[int]], None]  # told of the rows that have one


def row_table(
    rows: Sequence[Mapping[str, object]],
    *,
    key: str,
    alt: str,
    shown: int | None,
    opened: Callable[[int], None],
    in_sight: int,
    columns: Mapping[str, Any] | None = None,
    ticks: Ticks | None = None,
) -> None:
    """Draw it.

    Args:
        rows: column to value of each, at least one.
        key: of the table.
        alt: its content in one sentence, for a screen reader.
        shown: the row whose thing is open, counted as in ``rows``, however the table is sorted.
        opened: told of another row that was pressed; a callback, which runs before the page.
        in_sight: so many rows; the others by scrolling.
        columns: how they are shown, as Streamlit's ``column_config``.
        ticks: a box for each row, if several can be chosen.
    """
    cells = [] if shown is None else [(shown, next(iter(rows[shown])))]

    def take() -> None:
        chosen = st.session_state[key]["selection"]
        if ticks is not None:
            ticks.take(list(chosen["rows"]))
        if chosen["cells"] and chosen["cells"][0][0] != shown:
            opened(chosen["cells"][0][0])

    ticked = [] if ticks is None else list(ticks.rows)
    if key in st.session_state:
        now = st.session_state[key]["selection"]
        if [row for row, _ in now["cells"]] != [row for row, _ in cells]:
            selected = {"rows": list(now["rows"]), "columns": [], "cells": cells}
            st.session_state[key] = {"selection": selected}
    st.dataframe(
        rows,
        height=HEAD + ROW * min(len(rows), in_sight),
        hide_index=True,
        on_select=take,
        selection_mode="single-cell" if ticks is None else ["multi-row", "single-cell"],
        selection_default={"selection": {"rows": ticked, "cells": cells}},
        column_config=dict(columns or {}),
        key=key,
        alt=alt,
    )


def rows_csv(rows: Sequence[Mapping[str, object]], *, file: str) -> None:
    """A small button that gives the table as a file."""
    head = list(dict.fromkeys(name for row in rows for name in row))
    csv_button(head, [[str(row.get(name, "")) for name in head] for row in rows], file=file)
