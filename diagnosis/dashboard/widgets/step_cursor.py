"""The step cursor: one slider that moves through every panel of a board, in the browser."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from diagnosis.dashboard.shell import address
from diagnosis.sequences import StepKind

_HTML = """
<div class="cursor">
  <span class="play">
    <button type="button">Play</button>
    <select class="speed" aria-label="Speed of Play">
      <option value="0.25">0.25×</option><option value="0.5">0.5×</option>
      <option value="1">1×</option><option value="2">2×</option>
    </select>
    <label class="loop"><input type="checkbox" /> Loop</label>
  </span>
  <span class="steps"><span class="name" aria-hidden="true"></span>
    <input class="row" type="range" min="1" step="1" /></span>
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
.pick { flex: 1 1 22rem; min-width: min-content; max-width: 34rem; display: flex; gap: 0.5rem;
  align-items: center; white-space: nowrap; }
.play, .steps, .loop { display: flex; gap: 0.5rem; align-items: center; white-space: nowrap; }
.steps { flex: 1 1 9rem; min-width: 0; max-width: 28rem; }
input[type=checkbox] { width: 1.1rem; height: 1.1rem; accent-color: var(--st-primary-color); }
.loop { min-height: 1.75rem; }
input[type=range] { flex: 1 1 8rem; min-width: 5rem; max-width: 24rem; accent-color: var(--st-primary-color);
  height: 1.75rem; }
input[type=number] { font: inherit; font-variant-numeric: tabular-nums; color: inherit; width: 4.5rem;
  background: var(--st-secondary-background-color); border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius); padding: 0.2rem 0.4rem; }
output { font-variant-numeric: tabular-nums; flex: 1 1 18rem; }
button, select { font: inherit; color: inherit; background: var(--st-secondary-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); padding: 0.2rem 0.7rem;
  min-height: 1.75rem; cursor: pointer; }
button { min-width: 4.2rem; }
select { padding-inline: 0.3rem; }
button:focus-visible, input:focus-visible, select:focus-visible {
  outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
@media (max-width: 40rem) { /* a telephone: one line for the steps, one for the unit */
  .cursor { column-gap: 0.6rem; }
  .speed, .loop, .name { display: none; }
  .pick { flex-basis: 100%; min-width: 0; flex-wrap: wrap; }
  output { flex-basis: 100%; }
  .pick:not([hidden]) + output { min-height: 2lh; }
}
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

    layers: Mapping[str, tuple[str, int]]  # key of a layer half -> its words, how many units
    usual: str  # key of the layer that the address need not name
    layer: str  # where it starts
    unit: int  # likewise, from 0
    pick: Callable[[str, int], None]  # told the layer's key and the unit that it rests at

    def at(self, layer: str, unit: int) -> str:
        """Tell ``pick`` where it rests, or started if there is no such unit; how the address says it."""
        if layer not in self.layers or unit >= self.layers[layer][1]:
            layer, unit = self.layer, self.unit
        self.pick(layer, unit)
        return f"{unit}" if layer == self.usual else f"{layer}.{unit}"

    def to_json(self) -> dict[str, object]:
        """For the browser."""
        layers = {key: {"words": words, "units": n} for key, (words, n) in self.layers.items()}
        return {"layers": layers, "usual": self.usual, "layer": self.layer, "unit": self.unit}


def requested_step(steps: int, usual: int | None = None) -> int:
    """The step that the address' ``row`` asks for, within 1 to ``steps``; else the usual or last one."""
    address.asked("row", {str(step) for step in range(1, steps + 1)})
    requested = st.query_params.get("row", "")
    step = int(requested) if requested.isdecimal() and len(requested) < 5 else usual or steps
    return min(max(step, 1), steps)


def step_cursor(
    board: str,
    *,
    steps: StepKind,
    readouts: Sequence[str],
    colour: str,
    halo: str = "transparent",
    columns: Columns | None = None,
    beside: Sequence[Sequence[str]] | None = None,
    start: int | None = None,
    names: Sequence[str] | None = None,
) -> int:
    """Draw the cursor over all charts in containers whose key begins with ``board``.

    The address' ``row`` says where it starts; ``row`` and, with ``columns``, ``unit`` follow it.

    Args:
        board: key of the container that holds the panels.
        steps: name and direction of a step.
        readouts: plain text shown at each step; its length is the number of steps.
        colour: of the cursor.
        halo: around it, so that it is seen on any colour.
        columns: the units to pick from, on boards with panels of units. Such a panel is known by its
            ``layout.meta``: ``layer``, ``letter`` and ``units``, their numbers from left to right where these
            are not in their own order.
        beside: for each step the texts of the page's elements of the class ``step-readout``, in their order;
            the readouts are then for screen readers alone.
        names: of the steps, shown beside their number where there is ``beside``.
        start: where it starts without an address, from 1; at the last step by default.

    Returns:
        Where it rests, counted from 1. The page hears of it when it rests, not at every step.
    """
    row = requested_step(len(readouts), start)
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
            "beside": beside,
            "names": names,
        },
        on_rest_change=lambda: None,
    )
    rest = result.rest or {}
    row = min(int(rest.get("row", row)), len(readouts))
    now = {"row": str(row)}
    if columns is not None:
        now["unit"] = columns.at(rest.get("layer", ""), int(rest.get("number", 0)))
    if now == rest.get("address") and now.items() - st.query_params.items():
        address.write(**now)  # as the browser has already: no entry of the history
    else:
        address.remember(**now)
    return row
