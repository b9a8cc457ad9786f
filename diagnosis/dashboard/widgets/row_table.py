"""A table of things that can be opened: a press anywhere on a row opens its thing.

A press selects a cell, and the browser says nothing of a press on a cell that is selected already, although
something else may be open by then. So a selection is taken back as soon as it has done its work.
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
        opened: told of the row that was pressed, counted as in ``rows``, however the table is sorted; a
            callback, which runs before the page.
        in_sight: so many rows; the others by scrolling.
        columns: how they are shown, as Streamlit's ``column_config``.
        ticks: a box for each row, if several can be chosen.
    """

    def take() -> None:
        chosen = st.session_state[key]["selection"]
        if ticks is not None:
            ticks.take(list(chosen["rows"]))
        if chosen["cells"]:
            nothing = {"rows": list(chosen["rows"]), "columns": [], "cells": []}
            st.session_state[key] = {"selection": nothing}
            opened(chosen["cells"][0][0])

    st.dataframe(
        rows,
        height=HEAD + ROW * min(len(rows), in_sight),
        hide_index=True,
        on_select=take,
        selection_mode="single-cell" if ticks is None else ["multi-row", "single-cell"],
        selection_default={"selection": {"rows": [] if ticks is None else list(ticks.rows)}},
        column_config=dict(columns or {}),
        key=key,
        alt=alt,
    )


def rows_csv(rows: Sequence[Mapping[str, object]], *, file: str) -> None:
    """A small button that gives the table as a file."""
    head = list(dict.fromkeys(name for row in rows for name in row))
    csv_button(head, [[str(row.get(name, "")) for name in head] for row in rows], file=file)
