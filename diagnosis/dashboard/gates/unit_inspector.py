"""One unit: its gates and states over the rows, its contribution, and its arithmetic at the cursor."""

import numpy as np
import streamlit as st

from diagnosis.dashboard.gates import unit_picker
from diagnosis.dashboard.gates.context import Subject
from diagnosis.dashboard.gates.contributions import contributions
from diagnosis.dashboard.gates.equations import equations
from diagnosis.dashboard.gates.unit_arithmetic import in_numbers, signed, unit_arithmetic
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.chart_registry import chart
from diagnosis.dashboard.widgets.signals import layer_words, letter
from diagnosis.figures.unit_curves import unit_curves
from diagnosis.traces import GATES, LayerTrace
from diagnosis.traces.arithmetic import unit_steps

_CURVES_WIDTH = 170
_GROUPS = (
    ("its gates", ("i", "f", "o", "z", "r")),
    ("candidate and state", ("g", "candidate", "h")),
    ("its memory", ("c",)),
)


def draw(subject: Subject) -> None:
    """Draw the unit that was picked on the board."""
    told = st.session_state.get(f"{subject.board.key}-arithmetic", {}).get("picked")
    if told:
        unit_picker.pick(told["layer"], int(told["unit"]))
    key, unit = unit_picker.picked(subject)
    layer = subject.board.layers[key]
    with st.container(key="gates-unit", horizontal=True, gap="medium"):
        with st.container(
            key=f"{subject.board.key}-unit", horizontal=True, gap="xsmall", width="content"
        ):
            _curves(subject, layer, unit)
        with st.container(key="gates-arithmetic", width="stretch"):
            steps = unit_steps(subject.model.forward.model, layer, unit)
            unit_arithmetic(
                subject.board.key, in_numbers(steps), layer=key, unit=unit, words=layer_words(layer).lower(),
                step=subject.board.axis_of(layer).step,
            )  # fmt: skip
            st.caption(
                "Every number is rounded by itself: the last digit of a sum may be off by one."
            )
            contribution = st.empty()
    equations(layer.cell, reset_after=subject.config.reset_after)
    with contribution:  # last, because the first time it takes seconds
        _contribution(subject, layer, unit)


def _curves(subject: Subject, layer: LayerTrace, unit: int) -> None:
    axis = subject.board.axis_of(layer)
    drawn = 0
    for title, letters in _GROUPS:
        curves = {name: layer.signals[name][:, unit] for name in letters if name in layer.signals}
        if not curves:
            continue
        numbered, drawn = not drawn, drawn + 1
        chart(
            unit_curves(
                curves, axis, title=title, gates=set(curves) <= GATES, theme=subject.theme, numbered=numbered
            ),
            part="section", key=f"gates-unit-{drawn}",
            alt=f"Unit {unit} of {layer_words(layer).lower()}: {', '.join(map(letter, curves))} "
            f"at every {axis.step}",
            width=_CURVES_WIDTH + 26 * numbered,
        )  # fmt: skip


def _contribution(subject: Subject, layer: LayerTrace, unit: int) -> None:
    """The unit's share of the log odds; last, because the first time it takes seconds."""
    name = plain(subject.config.classes[subject.target])
    each = contributions(subject, layer.key).sum(axis=0)
    place = int((np.abs(each) > abs(each[unit])).sum()) + 1
    last, ends = subject.board.hands_on(layer), "this layer's last states"
    if subject.config.kind.directions == 4:
        ends = "means and maxima of the states of the last layers"
    adds_up = subject.config.task in ("binary", "multi-label")  # one logit a class
    st.markdown(
        f"**Contribution** of unit {unit} to the log odds of “{name}” in this case: {signed(each[unit])}, "
        f"number {place} of {len(each)} by size. "
        + (
            f"The log odds are a weighted sum of {ends}, so the contributions and a "
            "constant add up to them."
            if last and adds_up and not subject.config.dense
            else "A first-order estimate: state times gradient, summed over "
            f"the {subject.board.axis_of(layer).steps.plural}."
        )
    )
