"""The row cursor: one slider that moves through every panel of a board, in the browser."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

_HTML = """
<div class="cursor">
  <button type="button">Play</button>
  <input type="range" min="1" step="1" />
  <output></output>
</div>
"""
_CSS = """
.cursor { display: flex; flex-wrap: wrap; gap: 0.4rem 0.9rem; align-items: center;
  font-family: var(--st-font); font-size: 0.875rem; color: var(--st-text-color); }
input { flex: 1 1 12rem; max-width: 24rem; accent-color: var(--st-primary-color); height: 1.75rem; }
output { font-variant-numeric: tabular-nums; flex: 1 1 18rem; }
button { font: inherit; color: inherit; background: var(--st-secondary-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); padding: 0.2rem 0.7rem;
  min-width: 4.2rem; cursor: pointer; }
button:focus-visible, input:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
"""
_mount = st.components.v2.component(
    "scanline_row_cursor",
    html=_HTML,
    css=_CSS,
    js=Path(__file__).with_name("row_cursor.js").read_text(encoding="utf-8"),
)


def row_cursor(
    board: str,
    *,
    row: int,
    readouts: Sequence[str],
    colour: str,
    unit: str = "row",
    upward: bool = False,
) -> int:
    """Draw the cursor over all charts in the container of key ``board``.

    Args:
        board: key of the container that holds the panels.
        row: where it starts, counted from 1.
        readouts: what to say at each row, plain text; its length is the number of rows.
        colour: of the cursor.
        unit: what a timestep is: "row", "column", "slice".
        upward: whether time runs up the panels.

    Returns:
        Where it rests, counted from 1. The page is told when it rests, not at every step.
    """
    result = _mount(
        key=f"{board}-cursor",
        data={
            "board": board,
            "rows": len(readouts),
            "row": row,
            "readouts": list(readouts),
            "colour": colour,
            "unit": unit,
            "upward": upward,
        },
        default={"row": row},
        on_row_change=lambda: None,
    )
    return min(int(result.row), len(readouts))
