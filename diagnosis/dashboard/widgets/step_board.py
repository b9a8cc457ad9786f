"""The step board: model input, per-step prediction and states or gates, step by step, under one cursor.

Each part is a fragment: another gate in a panel redraws that panel, and a cursor that rests redraws nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from diagnosis.dashboard.widgets.charts import Width, plot
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.dashboard.widgets.signals import SIGNALS, layer_words, letter
from diagnosis.dashboard.widgets.step_cursor import Columns, step_cursor
from diagnosis.figures import palette
from diagnosis.figures.panels import Axis, per_step_panel, picture_panel, signal_panel
from diagnosis.inference.prediction import Prediction
from diagnosis.models.config import ModelConfig
from diagnosis.sequences import StepKind, StepView
from diagnosis.text.outcome import OUTCOMES
from diagnosis.traces import GATES, LayerTrace

HEIGHT = 308  # pixels for the steps, about: 11 for each of 28
PER_STEP_WIDTH = 170
MOST_CLASSES = 4  # drawn of many: the most probable ones
PADDING = "not read (padding)"
_FIRST_SIGNAL = {"lstm": "f", "gru": "z", "simple_rnn": "h"}  # that a first panel shows


class Chart(Protocol):
    """Draws a figure on the page."""

    def __call__(self, figure: go.Figure, *, key: str, alt: str, width: Width = "stretch") -> None:
        """Draw; ``alt`` describes the figure in one sentence."""


def board_axis(config: ModelConfig, height: int = HEIGHT) -> Axis:
    """The vertical axis: whole pixels for a step, so that all steps are equally high.

    Args:
        config: of the model.
        height: pixels for all steps, about.
    """
    timesteps = config.encoder.length
    pixels = max(2 if timesteps <= 256 else 1, round(height / timesteps))
    return Axis(config.encoder.steps, height=pixels * timesteps)


@dataclass(frozen=True, eq=False)
class Board:
    """A prediction with a trace, on the board of a page."""

    page: str  # begins the keys of all its elements
    prediction: Prediction
    config: ModelConfig
    theme: str  # "light" or "dark"
    axis: Axis
    chart: Chart = plot

    @property
    def key(self) -> str:
        """Of the board's container. The cursor runs through all charts in containers whose keys begin so."""
        return f"{self.page}-board"

    @property
    def view(self) -> StepView:
        """What the model reads."""
        return self.config.encoder.view(self.prediction.image)

    @property
    def picture_width(self) -> int:
        """Pixels: as wide as its steps are high, and the numbers of the steps."""
        timesteps, width = self.view.lines.shape[:2]
        height = self.axis.height
        return 38 + max(120, min(height, round(height * width / timesteps)))

    @property
    def layers(self) -> dict[str, LayerTrace]:
        """Each direction of each layer by its key, in the order of the model."""
        assert self.prediction.trace is not None
        return {layer.key: layer for layer in self.prediction.trace.layers}

    @property
    def last_layer(self) -> str:
        """Key of the last layer, or of its half that reads forwards: its state leads to the prediction."""
        layers = list(self.layers.values())
        return next(layer.key for layer in layers if layer.layer == layers[-1].layer)


Order = Callable[[LayerTrace], tuple[np.ndarray | None, str]]


def as_numbered(layer: LayerTrace) -> tuple[np.ndarray | None, str]:
    """The usual order of a layer's units, and what stands below the axis."""
    return None, "unit"


@st.fragment
def cursor(
    board: Board, *, columns: Columns | None = None, beside: Callable[[int], None] | None = None
) -> None:
    """Draw the cursor's controls.

    Args:
        board: below it.
        columns: the units to pick from.
        beside: draws what stands beside the controls, given the step at which the cursor rests, from 1.
    """
    with st.container(
        key=f"{board.page}-cursor", horizontal=True, vertical_alignment="center", gap="small"
    ):
        step = step_cursor(
            board.key, steps=board.axis.steps, readouts=_readouts(board), columns=columns,
            colour=palette.CURSOR[board.theme], halo=palette.HALO[board.theme],
        )  # fmt: skip
        if beside is not None:
            beside(step)


def _readouts(board: Board) -> list[str]:
    """The probability after each step, none of a case that is not analysed; the browser adds the numbers of
    the panels.
    """
    prediction, finding = board.prediction, board.config.finding
    assert prediction.per_step is not None
    padding = np.isnan(next(iter(board.layers.values())).signals["h"]).all(axis=1)
    readouts = []
    for skipped, probabilities in zip(padding, prediction.per_step, strict=True):
        index = int(probabilities.argmax()) if finding is None else finding
        words = f"{board.config.classes[index]} {probabilities[index]:.2f}"
        words = "" if prediction.is_rejected else words
        readouts.append(PADDING if skipped else words)
    return readouts


@st.fragment
def step_board(
    board: Board,
    panels: Sequence[str] = ("a",),
    *,
    order: Order = as_numbered,
    above: Callable[[], None] | None = None,
) -> None:
    """Draw the panels.

    Args:
        board: to draw.
        panels: names of the panels of states or gates. The last one of several begins with the hidden state.
        order: of a layer's units.
        above: draws what stands above the picture.
    """
    with st.container(key=board.key, horizontal=True, gap="xsmall", vertical_alignment="bottom"):
        with st.container(width="content", key=f"{board.key}-read"):
            if above is not None:
                above()
            with st.container(horizontal=True, gap="xsmall"):
                picture(board, width=board.picture_width)
                if not board.prediction.is_rejected:
                    per_step(board, width=PER_STEP_WIDTH)
        for name in panels:
            with st.container(key=f"{board.key}-{name}", width="stretch"):
                _panel(board, name, order, state=len(panels) > 1 and name == panels[-1])
    st.caption(caption(board))


def picture(board: Board, *, name: str = "picture", width: Width) -> None:
    """Draw what the model reads."""
    board.chart(
        picture_panel(board.view, board.axis), key=f"{board.page}-{name}",
        alt="The case as the model reads it", width=width,
    )  # fmt: skip


def most_probable(probabilities: np.ndarray) -> list[int]:
    """Indices of all classes in their order, or of the most probable ones where they are many."""
    if len(probabilities) <= MOST_CLASSES:
        return list(range(len(probabilities)))
    return np.argsort(-probabilities)[:MOST_CLASSES].tolist()


def per_step(board: Board, *, name: str = "per-step", title: str = "", width: Width) -> None:
    """Draw the per-step prediction with the threshold and the decision step; an empty panel if not analysed.

    Args:
        board: to draw.
        name: of the panel, in its key.
        title: of the model, where there are several.
        width: of the panel.
    """
    prediction, config = board.prediction, board.config
    assert prediction.per_step is not None
    shown = most_probable(prediction.probabilities) if config.finding is None else [config.finding]
    words, panel, threshold = "per-step prediction", shown, prediction.threshold
    if prediction.is_rejected:
        words, panel, threshold = OUTCOMES[prediction.outcome].lower(), [], None
    board.chart(
        per_step_panel(
            prediction.per_step, config.classes, board.axis, theme=board.theme, title=words, shown=panel,
            threshold=threshold, decision_step=prediction.decision_step,
        ),
        key=f"{board.page}-{name}", width=width,
        alt=f"{title and title + ': '}{words} after each {board.axis.step}",
    )  # fmt: skip


@st.fragment
def _panel(board: Board, name: str, order: Order, *, state: bool) -> None:
    """One panel with its own choice of layer, direction and gate or state."""
    layer, letter_name = _choice(board, name, state=state)
    signal, (units, units_words) = SIGNALS[layer.cell, letter_name], order(layer)
    board.chart(
        signal_panel(
            layer.signals[letter_name], board.axis, title=signal.title, gate=letter_name in GATES,
            theme=board.theme, order=units, order_words=units_words,
            meta={"layer": layer.key, "letter": letter(letter_name)},
        ),
        key=f"{board.page}-panel-{name}",
        alt=f"{layer_words(layer)}, {signal.title}: all units at every {board.axis.step}",
    )  # fmt: skip


def _choice(board: Board, name: str, *, state: bool) -> tuple[LayerTrace, str]:
    """Ask for layer, direction and gate or state."""
    layers, key = board.layers, board.last_layer
    if len(layers) > 1:
        key = st.selectbox(
            f"Layer of panel {name.upper()}", list(layers),
            **persistent(f"{board.page}-layer-{name}-{board.prediction.model}", key, layers),
            format_func=lambda key: layer_words(layers[key]), label_visibility="collapsed",
        )  # fmt: skip
    layer = layers[key]
    signals = list(layer.signals)
    if len(signals) == 1:
        return layer, signals[0]
    first = "h" if state else _FIRST_SIGNAL[layer.cell]
    signal = st.segmented_control(
        f"Gate or state of panel {name.upper()}", signals, required=True, format_func=letter,
        label_visibility="collapsed",
        **persistent(f"{board.page}-signal-{name}-{layer.cell}", first),
    )  # fmt: skip
    return layer, signal or first


def caption(board: Board) -> str:
    """How to read the board, and how exact it is."""
    trace, steps = board.prediction.trace, board.axis.steps
    assert trace is not None
    step = steps.singular
    return (
        f"{bidirectional(steps) if trace.reread else ''}"
        f"Time runs {'up' if steps.upward else 'down'}: each line of a heatmap belongs to the {step} beside "
        "it, each column is one unit. Press on a panel to move the cursor, or use sliders and arrow keys. "
        f"Gates are replayed from the weights and checked against the layer at every {step}: largest "
        f"difference {trace.difference:.1e}. Units have no clinical meaning of their own."
    )


def bidirectional(steps: StepKind) -> str:
    """What the per-step prediction of a bidirectional model is."""
    return (
        f"A bidirectional model's prediction after {steps.singular} t is computed anew from {steps.plural} 1 "
        "to t alone. "
    )
