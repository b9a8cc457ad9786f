"""The board of the gates page: picture, running verdict and two panels of gates or states, under one cursor.

Each panel is a fragment of its own: another gate in one redraws that panel and nothing else.
"""

from dataclasses import replace

import numpy as np
import streamlit as st

from diagnosis.dashboard.gates import unit_picker
from diagnosis.dashboard.gates.chart_registry import chart
from diagnosis.dashboard.gates.context import Subject
from diagnosis.dashboard.gates.contributions import contributions
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.dashboard.widgets.signals import WORDS, layer_words, letter
from diagnosis.dashboard.widgets.step_cursor import Columns, row_cursor
from diagnosis.figures import palette
from diagnosis.figures.panels import Axis, per_step_panel, picture_panel, signal_panel
from diagnosis.traces import GATES, LayerTrace
from diagnosis.traces.unit_order import UnitOrder, ordered_units

BOARD = "gates-board"  # charts in containers whose keys begin so are under the cursor
HEIGHT = 308  # pixels for the rows, about: 11 for each of 28
PER_STEP_WIDTH = 150
SHOWN_CLASSES = 2  # of many: the most probable one, and the next
PANELS = ("a", "b")
ORDERS: dict[UnitOrder, str] = {
    "index": "as numbered",
    "contribution": "by contribution",
    "cluster": "alike together",
}
ORDER_KEY = "gates-order"


def board_axis(subject: Subject) -> Axis:
    """The vertical axis of the board: whole pixels for a row, so that all rows are equally high."""
    timesteps = subject.config.encoder.length
    per_row = max(2 if timesteps <= 256 else 1, round(HEIGHT / timesteps))
    return replace(subject.axis, height=per_row * timesteps)


@st.fragment
def cursor(subject: Subject) -> None:
    """Draw the cursor's controls. When it rests or moves, no panel is drawn again."""
    prediction, encoder = subject.prediction, subject.config.encoder
    assert prediction.per_step is not None
    asked = st.query_params.get("row", "")
    row = int(asked) if asked.isdecimal() and len(asked) < 5 else encoder.length
    layer, unit = unit_picker.picked(subject)
    layers = unit_picker.halves(subject)
    with st.container(key="gates-cursor"):
        row_cursor(
            BOARD,
            row=min(max(row, 1), encoder.length),
            readouts=_readouts(subject),
            colour=palette.CURSOR[subject.theme],
            halo=palette.HALO[subject.theme],
            unit=encoder.steps.singular,
            upward=subject.axis.upward,
            columns=Columns(
                model=unit_picker.model_name(subject),
                layers={
                    key: (layer_words(half).lower(), half.signals["h"].shape[1])
                    for key, half in layers.items()
                },
                layer=layer,
                unit=unit,
            ),
        )


@st.fragment
def board(subject: Subject) -> None:
    """Draw a recurrent model's reading with two panels of gates or states."""
    axis = board_axis(subject)
    with st.container(key=BOARD, horizontal=True, gap="xsmall", vertical_alignment="bottom"):
        with st.container(width="content", key=f"{BOARD}-read"):
            _order()
            with st.container(horizontal=True, gap="xsmall"):
                _picture_and_per_step(subject, axis)
        for name in PANELS if _signals(subject) > 1 else PANELS[1:]:
            with st.container(key=f"{BOARD}-{name}", width="stretch"):
                _panel(subject, axis, name)
    _caption(subject)


def _order() -> None:
    st.segmented_control(
        "Order of the units", list(ORDERS), **persistent(ORDER_KEY, "index"), required=True,
        format_func=ORDERS.__getitem__,
        help="As numbered in the layer; from the unit that speaks most for the class to the one that "
        "speaks most against it; or with units that rise and fall together side by side.",
    )  # fmt: skip


def _signals(subject: Subject) -> int:
    return sum(len(layer.signals) for layer in unit_picker.halves(subject).values())


def _picture_and_per_step(subject: Subject, axis: Axis) -> None:
    prediction, config = subject.prediction, subject.config
    assert prediction.per_step is not None
    picture = config.encoder.view(prediction.image).lines
    timesteps, pixels = picture.shape[:2]
    shown = np.argsort(-prediction.probabilities)[:SHOWN_CLASSES].tolist()
    chart(
        picture_panel(picture, axis, title="what the model sees"), part="board", key="gates-picture",
        alt="The picture as the model sees it",
        width=38 + max(120, min(axis.height, round(axis.height * pixels / timesteps))),
    )  # fmt: skip
    chart(
        per_step_panel(
            prediction.per_step, config.classes, axis, title="running verdict", theme=subject.theme,
            shown=shown if config.finding is None else [config.finding],
            threshold=prediction.threshold, decision_step=prediction.decision_step,
        ),
        part="board", key="gates-verdict", alt=f"Estimated probability after each {axis.unit}",
        width=PER_STEP_WIDTH,
    )  # fmt: skip


@st.fragment
def _panel(subject: Subject, axis: Axis, name: str) -> None:
    """One panel with its own choice of layer, direction and gate or state."""
    layer, signal = _choice(subject, name)
    order, order_words = _ordered(subject, layer)
    chart(
        signal_panel(
            layer.signals[signal], axis, title=WORDS[layer.cell, signal],
            gate=signal in GATES, theme=subject.theme, order=order, order_words=order_words,
            meta={"layer": layer.key, "letter": letter(signal)},
        ),
        part="board", key=f"gates-panel-{name}",
        alt=f"{layer_words(layer)}, {WORDS[layer.cell, signal]}: all units at every {axis.unit}",
    )  # fmt: skip


def _choice(subject: Subject, name: str) -> tuple[LayerTrace, str]:
    layers = unit_picker.halves(subject)
    chosen = unit_picker.last_half(subject)
    key = f"gates-layer-{name}-{subject.version.name}"
    if len(layers) > 1:
        chosen = st.selectbox(
            f"Layer of panel {name.upper()}", list(layers), **persistent(key, chosen, layers),
            format_func=lambda key: layer_words(layers[key]), label_visibility="collapsed",
        )  # fmt: skip
    layer = layers[chosen]
    signals = list(layer.signals)
    if len(signals) == 1:
        return layer, signals[0]
    first = {"lstm": "f", "gru": "z"}[layer.cell] if name == PANELS[0] else "h"
    signal = st.segmented_control(
        f"Gate or state of panel {name.upper()}", signals, required=True, format_func=letter,
        label_visibility="collapsed", **persistent(f"gates-signal-{name}-{layer.cell}", first),
    )  # fmt: skip
    return layer, signal or first


def _ordered(subject: Subject, layer: LayerTrace) -> tuple[np.ndarray | None, str]:
    """The order of a layer's units, None as numbered, and the words below the axis."""
    how: UnitOrder = st.session_state.get(ORDER_KEY, "index")
    if how == "index":
        return None, "unit"
    states = layer.signals["h"]
    if how == "cluster":
        return ordered_units(how, states), "units, alike together"
    return ordered_units(how, states, contributions(subject, layer.key)), "units, for → against"


def _readouts(subject: Subject) -> list[str]:
    """What the cursor says at each timestep; the browser adds the picked unit's numbers."""
    per_step = subject.prediction.per_step
    assert per_step is not None
    skipped = np.isnan(next(iter(unit_picker.halves(subject).values())).signals["h"]).all(axis=1)
    name = subject.config.classes[subject.target]
    return [
        "not read (padding)" if padding else f"{name} {probability:.2f}"
        for padding, probability in zip(skipped, per_step[:, subject.target], strict=True)
    ]


def _caption(subject: Subject) -> None:
    prediction, unit = subject.prediction, subject.axis.unit
    assert prediction.trace is not None
    honest = (
        f"This model also reads backwards, so its verdict after {unit} t is a fresh reading of {unit}s 1 "
        "to t alone. "
        if prediction.trace.reread
        else ""
    )
    st.caption(
        f"{honest}Time runs {'up' if subject.axis.upward else 'down'}: each line of a heatmap belongs to the "
        f"{unit} beside it, each column is one unit. Press on a panel to move the cursor and to pick a unit, "
        "or use sliders and arrow keys. Gates are replayed from the weights and checked against the layer at "
        f"every {unit}: largest difference {prediction.trace.difference:.1e}. Units have no clinical meaning "
        "of their own."
    )
