"""The arithmetic of one unit in numbers, at the row of the cursor. It follows the cursor in the browser."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import streamlit as st

from diagnosis.dashboard.widgets.signals import letter
from diagnosis.traces import GATES
from diagnosis.traces.arithmetic import UnitSteps

NOT_READ = "not read (padding)"

_HTML = """
<div class="arithmetic">
  <p class="row"></p>
  <div class="wide"><table><thead></thead><tbody></tbody></table></div>
  <dl></dl>
</div>
"""
_CSS = """
.arithmetic { font-family: var(--st-font); font-size: 0.875rem; color: var(--st-text-color);
  font-variant-numeric: tabular-nums; }
.row { margin: 0 0 0.5rem; font-weight: 600; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; max-width: 36rem; }
th, td { padding: 0.2rem 0.6rem 0.2rem 0; text-align: right; font-weight: 400; white-space: nowrap;
  border-bottom: 1px solid var(--st-border-color); }
th:first-child { text-align: left; }
thead th { opacity: 0.8; vertical-align: bottom; white-space: normal; }
td:last-child { font-weight: 600; padding-right: 0; }
dl { margin: 0.9rem 0 0; }
dt { opacity: 0.8; }
dd { margin: 0.1rem 0 0.6rem; }
"""
_mount = st.components.v2.component(
    "scanline_unit_arithmetic",
    html=_HTML,
    css=_CSS,
    js=Path(__file__).with_name("unit_arithmetic.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Arithmetic:
    """Words and numbers of one unit; lists over the timesteps are outermost."""

    head: Sequence[str]  # of the table's columns but the first
    labels: Sequence[str]  # of its rows
    cells: Sequence[Sequence[Sequence[str]]]  # timestep, row, column
    equations: Sequence[str]  # what is done with the table's last column
    lines: Sequence[Sequence[str]]  # timestep, equation: the same in numbers


def in_numbers(steps: UnitSteps) -> Arithmetic:
    """Write the arithmetic of a unit out, every number to three decimals.

    Each number is rounded by itself, so the last digit of a sum may be off by one.
    """
    timesteps = len(steps.previous_h)
    return Arithmetic(
        head=("from the input", "from the state before", "bias", "sum", "squeezed"),
        labels=[_label(name) for name in steps.sums],
        cells=[
            [_sums(steps, name, at) for name in steps.sums] for at in range(timesteps)
        ],
        equations=_EQUATIONS[steps.cell, steps.remembered is not None],
        lines=[_lines(steps, at) for at in range(timesteps)],
    )  # fmt: skip


_EQUATIONS = {
    ("lstm", False): (
        "memory: c = f · c before + i · g",
        "shown: h = o · tanh(c)",
    ),
    ("gru", True): (
        "reset gate: r · (h before · U + b′), the candidate's part from the state before",
        "state: h = z · h before + (1 − z) · h~",
    ),
    ("gru", False): ("state: h = z · h before + (1 − z) · h~",),
    ("simple_rnn", False): ("state: h = tanh(from the input + from the state before + bias)",),
}


def _label(name: str) -> str:
    return f"{letter(name)} = {'σ' if name in GATES else 'tanh'}(sum)"


def _sums(steps: UnitSteps, name: str, at: int) -> list[str]:
    parts = steps.sums[name]
    numbers = (parts.from_input, parts.from_state, parts.bias, parts.total, steps.signals[name])
    return [number(values[at]) for values in numbers]


def _lines(steps: UnitSteps, at: int) -> list[str]:
    """Each equation in the numbers of one timestep."""
    value = {name: values[at] for name, values in steps.signals.items()}
    h_before = steps.previous_h[at]
    if np.isnan(h_before):
        return [NOT_READ] * len(_EQUATIONS[steps.cell, steps.remembered is not None])
    if steps.cell == "lstm":
        assert steps.previous_c is not None
        i, f, g, o, c, h = (value[name] for name in "ifgoch")
        before = steps.previous_c[at]
        return [
            f"{_product(f, before)} + {_product(i, g)} = {_sum(f * before, i * g)} = {number(c)}",
            f"{number(o)} · tanh({number(c)}) = {_product(o, np.tanh(c))} = {number(h)}",
        ]
    if steps.cell == "gru":
        z, r, candidate, h = (value[name] for name in ("z", "r", "candidate", "h"))
        mixed = (
            f"{_product(z, h_before)} + {_product(1 - z, candidate)} "
            f"= {_sum(z * h_before, (1 - z) * candidate)} = {number(h)}"
        )
        if steps.remembered is None:
            return [mixed]
        remembered = steps.remembered[at]
        return [f"{_product(r, remembered)} = {number(r * remembered)}", mixed]
    parts = steps.sums["h"]
    added = _sum(parts.from_input[at], parts.from_state[at], parts.bias[at])
    return [f"tanh({added}) = tanh({number(parts.total[at])}) = {number(value['h'])}"]


def number(value: float) -> str:
    """To three decimals, with a true minus; nothing is minus zero."""
    if np.isnan(value):
        return "–"
    return f"{round(float(value), 3) + 0.0:.3f}".replace("-", "−")


def signed(value: float) -> str:
    """The same with its sign, plus too."""
    text = number(value)
    return text if text.startswith("−") else f"+{text}"


def _product(a: float, b: float) -> str:
    return f"{number(a)} · {_bracketed(number(b))}"


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("−") else text


def _sum(first: float, *others: float) -> str:
    text = number(first)
    for other in others:
        shown = number(other)
        text += f" − {shown[1:]}" if shown.startswith("−") else f" + {shown}"
    return text


def unit_arithmetic(
    board: str, arithmetic: Arithmetic, *, layer: str, unit: int, words: str, step: str
) -> None:
    """Draw it, at the row where the cursor of ``board`` is.

    Whenever another unit is picked there, ``st.session_state["<board>-arithmetic"].picked`` is that unit and
    the fragment around this runs again.

    Args:
        board: of `step_cursor`.
        arithmetic: of the unit.
        layer: key of the layer half that it is of.
        unit: its number.
        words: what to call the layer.
        step: what a timestep is: "row", "column", "slice".
    """
    _mount(
        key=f"{board}-arithmetic",
        data={
            **asdict(arithmetic), "board": board, "layer": layer, "unit": unit, "words": words, "step": step,
        },
        on_picked_change=lambda: None,
    )  # fmt: skip
