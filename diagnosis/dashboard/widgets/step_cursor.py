"""The step cursor: one slider that moves through every panel of a board, in the browser."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from diagnosis.dashboard.shell import address
from diagnosis.sequences import StepKind

_HTML = """
<div class="cursor">
  <button type="button">Play</button>
  <input class="row" type="range" min="1" step="1" />
  <span class="pick" hidden>
    <label>Unit <input class="number" type="number" min="0" step="1" /></label>
    <span class="of"></span>
    <input class="column" type="range" min="1" step="1" aria-label="unit cursor" />
  </span>
  <output></output>
</div>
"""
_CSS = """
.cursor { display: flex; flex-wrap: wrap; gap: 0.4rem 0.9rem; align-items: center;
  font-family: var(--st-font); font-size: 0.875rem; color: var(--st-text-color);
  background: var(--st-background-color); padding-block: 0.3rem; }
[hidden] { display: none !important; }
.pick { flex: 1 1 20rem; min-width: 0; display: flex; gap: 0.5rem; align-items: center; white-space: nowrap; }
.of { overflow: hidden; text-overflow: ellipsis; }
input[type=range] { flex: 1 1 8rem; min-width: 5rem; max-width: 24rem; accent-color: var(--st-primary-color);
  height: 1.75rem; }
input[type=number] { font: inherit; font-variant-numeric: tabular-nums; color: inherit; width: 4.5rem;
  background: var(--st-secondary-background-color); border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius); padding: 0.2rem 0.4rem; }
output { font-variant-numeric: tabular-nums; flex: 1 1 18rem; }
button { font: inherit; color: inherit; background: var(--st-secondary-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); padding: 0.2rem 0.7rem;
  min-width: 4.2rem; cursor: pointer; }
button:focus-visible, input:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
"""
_mount = st.components.v2.component(
    "scanline_step_cursor",
    html=_HTML,
    css=_CSS,
    js=address.JS + Path(__file__).with_name("step_cursor.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Columns:
    """The units that a cursor can pick."""

    model: str  # whose they are: another model's pick starts anew
    layers: Mapping[str, tuple[str, int]]  # key of a layer half -> its words, how many units
    layer: str  # where it starts
    unit: int  # likewise, from 0

    def to_json(self) -> dict[str, object]:
        """For the browser."""
        layers = {key: {"words": words, "units": n} for key, (words, n) in self.layers.items()}
        return {**asdict(self), "layers": layers}


def requested_step(steps: int) -> int:
    """The step that the address' ``row`` asks for, within 1 to ``steps``; the last one by default."""
    requested = st.query_params.get("row", "")
    step = int(requested) if requested.isdecimal() and len(requested) < 5 else steps
    return min(max(step, 1), steps)


def step_cursor(
    board: str,
    *,
    steps: StepKind,
    readouts: Sequence[str],
    colour: str,
    halo: str = "transparent",
    columns: Columns | None = None,
) -> int:
    """Draw the cursor over all charts in containers whose key begins with ``board``.

    The address' ``row`` says where it starts, and follows it.

    Args:
        board: key of the container that holds the panels.
        steps: name and direction of a step.
        readouts: plain text shown at each step; its length is the number of steps.
        colour: of the cursor.
        halo: around it, so that it is seen on any colour.
        columns: the units to pick from, on boards with panels of units. Such a panel is known by its
            ``layout.meta``: ``layer``, ``letter`` and ``units``, their numbers from left to right where these
            are not in their own order.

    Returns:
        Where it rests, counted from 1. The page hears of it when it rests, not at every step.
    """
    row = requested_step(len(readouts))
    result = _mount(
        key=f"{board}-cursor",
        data={
            "page": address.page(),
            "board": board,
            "rows": len(readouts),
            "row": row,
            "readouts": list(readouts),
            "colour": colour,
            "halo": halo,
            "unit": steps.singular,
            "upward": steps.upward,
            "columns": None if columns is None else columns.to_json(),
        },
        on_row_change=lambda: None,
    )
    rests = min(int(result.row or row), len(readouts))
    if result.row == rests and st.query_params.get("row") != str(rests):
        address.write(row=str(rests))  # as the browser has already: no entry of the history
    return rests
