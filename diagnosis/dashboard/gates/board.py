"""The step board of the page Gates: two panels of gates or states, whose units can be picked and ordered."""

import numpy as np
import streamlit as st

from diagnosis.dashboard.gates import unit_picker
from diagnosis.dashboard.gates.context import Subject
from diagnosis.dashboard.gates.contributions import contributions
from diagnosis.dashboard.widgets.persistent import addressed
from diagnosis.dashboard.widgets.signals import layer_words
from diagnosis.dashboard.widgets.slice_views import slice_views
from diagnosis.dashboard.widgets.step_board import as_numbered, cursor, step_board
from diagnosis.dashboard.widgets.step_cursor import Columns
from diagnosis.traces import LayerTrace
from diagnosis.traces.unit_order import UnitOrder, ordered_units

ORDERS: dict[UnitOrder, str] = {
    "index": "as numbered",
    "contribution": "by contribution",
    "cluster": "alike together",
}
ORDER_KEY = "gates-order"


def draw_cursor(subject: Subject) -> None:
    """Draw the cursor, which picks a step and a unit."""
    layer, unit = unit_picker.picked(subject)
    cursor(
        subject.board,
        columns=Columns(
            layers={
                key: (layer_words(half).lower(), half.signals["h"].shape[1])
                for key, half in subject.board.layers.items()
            },
            usual=subject.board.last_layer,
            layer=layer,
            unit=unit,
            pick=unit_picker.pick,
        ),
    )


def draw(subject: Subject) -> None:
    """Draw the board; a SimpleRNN of one layer has a single signal, and so one panel."""
    signals = sum(len(layer.signals) for layer in subject.board.layers.values())

    def order(layer: LayerTrace) -> tuple[np.ndarray | None, str]:
        return _order(subject, layer)

    slice_views(subject.board, subject.case.payload)
    step_board(
        subject.board, ("a", "b") if signals > 1 else ("b",), order=order, above=_choose_order
    )


def _choose_order() -> None:
    addressed(
        "Order of the units", list(ORDERS), parameter="order", key=ORDER_KEY, default="index",
        format_func=ORDERS.__getitem__, widget=st.segmented_control, required=True,
        help="As numbered in the layer; by contribution, from the unit that speaks most for the class to the "
        "one that speaks most against it; or units that rise and fall together side by side.",
    )  # fmt: skip


def _order(subject: Subject, layer: LayerTrace) -> tuple[np.ndarray | None, str]:
    """The order of a layer's units, None as numbered, and the words below the axis."""
    how: UnitOrder = st.session_state.get(ORDER_KEY, "index")
    states = layer.signals["h"]
    if how == "index":
        return as_numbered(layer)
    if how == "cluster":
        return ordered_units(how, states), "units, alike together"
    return ordered_units(how, states, contributions(subject, layer.key)), "units, for → against"
