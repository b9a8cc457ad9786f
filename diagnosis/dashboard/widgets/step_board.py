"""The step board: model input, per-step prediction and states or gates, step by step, under one cursor.

Each part is a fragment: another gate in a panel redraws that panel, and a cursor that rests redraws nothing.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext

import numpy as np
import streamlit as st

from diagnosis.dashboard.widgets.charts import Width
from diagnosis.dashboard.widgets.events import event_labels, steps_in_words
from diagnosis.dashboard.widgets.persistent import addressed
from diagnosis.dashboard.widgets.signals import SIGNALS, Signal, button_name, layer_words, letter
from diagnosis.dashboard.widgets.step_cursor import Columns, step_cursor
from diagnosis.dashboard.widgets.step_table import step_table
from diagnosis.dashboard.widgets.traced_case import Board
from diagnosis.figures import palette
from diagnosis.figures.events import event_panel
from diagnosis.figures.frame import Axis
from diagnosis.figures.panels import per_step_panel, picture_panel, signal_panel
from diagnosis.figures.study import study_panel
from diagnosis.sequences import EventList, StepKind, StudyView
from diagnosis.text.outcome import OUTCOMES
from diagnosis.traces import GATES, LayerTrace

PER_STEP_WIDTH = 170  # pixels, with letters of the usual size
MOST_CLASSES = 4  # drawn of many: the most probable ones
PADDING = "not read (padding)"
_FIRST_SIGNAL = {"lstm": "f", "gru": "z", "simple_rnn": "h"}  # that a first panel shows


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
        # Columns have their widths at once. In a row that wraps, what comes late would move the board.
        controls, others = (
            (nullcontext(), None)
            if beside is None
            else st.columns([5, 2], vertical_alignment="center", gap="small")
        )
        with controls:
            step = step_cursor(
                board.key, steps=board.axis.steps, readouts=readouts(board), columns=columns,
                colour=palette.CURSOR[board.theme], halo=palette.HALO[board.theme],
                start=board.start,
            )  # fmt: skip
        if others is not None and beside is not None:
            with others, st.container(horizontal=True, gap="small"):
                beside(step)


def readouts(board: Board) -> list[str]:
    """The probability after each step, none of a case that is not analysed; of a record the event before it.

    The browser adds the numbers of the panels.
    """
    prediction, finding = board.prediction, board.config.finding
    assert prediction.per_step is not None
    padding = np.isnan(board.layers[board.last_layer].signals["h"]).all(axis=1)
    said = []
    for skipped, probabilities in zip(padding, prediction.per_step, strict=True):
        index = int(probabilities.argmax()) if finding is None else finding
        words = f"{board.config.classes[index]} {probabilities[index]:.2f}"
        words = "" if prediction.is_rejected else words
        said.append(PADDING if skipped else words)
    if board.has_events:
        return [
            " · ".join(filter(None, both)) for both in zip(steps_in_words(board), said, strict=True)
        ]
    return said


@st.fragment
def step_board(
    board: Board,
    panels: Sequence[str] = ("a",),
    *,
    order: Order = as_numbered,
    above: Callable[[], None] | None = None,
    notes: bool = True,
) -> None:
    """Draw the panels.

    Args:
        board: to draw.
        panels: names of one or two panels of states or gates. A second one begins with the hidden state.
        order: of a layer's units.
        above: draws what stands above the picture.
        notes: whether the numbers at the cursor and how to read the board stand below.
    """
    with st.container(key=board.key, horizontal=True, gap="xsmall", vertical_alignment="bottom"):
        with st.container(width="content", key=f"{board.key}-read"):
            if above is not None:
                above()
            with st.container(horizontal=True, gap="xsmall"):
                name = "picture-events" if board.has_events else "picture"
                picture(board, name=name, width=board.picture_width)
                if not board.prediction.is_rejected:
                    per_step(board, width=board.axis.scaled(PER_STEP_WIDTH))
        for place, name in enumerate(panels):
            with st.container(key=f"{board.key}-{name}", width="stretch"):
                _panel(board, name, order, second=place > 0)
    if notes:
        step_table(board.key, board.axis.steps)
        st.caption(caption(board))


def picture(board: Board, *, name: str = "picture", width: Width) -> None:
    """Draw what the model reads."""
    view, axis = board.view, board.axis
    if isinstance(view, EventList):
        panel = event_panel(view, event_labels(board), axis, theme=board.theme)
    elif isinstance(view, StudyView):
        inside = board.picture_width - axis.scaled(32) - 6
        panel = study_panel(view, event_labels(board), axis, theme=board.theme, width=inside)
    else:
        panel = picture_panel(view, axis)
    board.chart(
        panel, key=f"{board.page}-{name}", alt="The case as the model reads it", width=width
    )


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
def _panel(board: Board, name: str, order: Order, *, second: bool) -> None:
    """One panel with its own choice of layer, direction and gate or state."""
    layer, letter_name = _choice(board, name, second=second)
    signal, (units, units_words) = SIGNALS[layer.cell, letter_name], order(layer)
    axis, across = (
        board.axis_of(layer),
        {"across": board.axis_of(layer).step} if layer.across else {},
    )
    board.chart(
        signal_panel(
            layer.signals[letter_name], axis, title=_title(signal, axis, layer), numbered=layer.across,
            gate=letter_name in GATES, theme=board.theme, order=units, order_words=units_words,
            meta={
                "layer": layer.key, "letter": letter(letter_name),
                "column": f"{layer_words(layer).lower()}: {letter(letter_name)}", **across,
            },
        ),
        key=f"{board.page}-panel-{name}",
        alt=f"{layer_words(layer)}, {signal.title}: all units at every {axis.step}",
    )  # fmt: skip


def _title(signal: Signal, axis: Axis, layer: LayerTrace) -> str:
    """Above a panel; the style sheet leaves the meaning out where there is no room for it."""
    by = f" by {axis.step}" if layer.across else ""
    return f'{signal.name}{by} <span style="font-size:{axis.text}px">{signal.meaning}</span>'


def _choice(board: Board, name: str, *, second: bool) -> tuple[LayerTrace, str]:
    """Ask for layer, direction and gate or state; the address' ``layer`` and ``gate``, or those with a 2."""
    layers, key, number = board.layers, board.last_layer, "2" * second
    if len(layers) > 1:
        key = addressed(
            f"Layer of panel {name.upper()}", list(layers), parameter=f"layer{number}",
            key=f"{board.page}-layer-{name}-{board.prediction.model}", default=key,
            format_func=lambda key: layer_words(layers[key]), label_visibility="collapsed",
        )  # fmt: skip
    layer = layers[key]
    signals = list(layer.signals)
    if len(signals) == 1:
        return layer, signals[0]
    signal = addressed(
        f"Gate or state of panel {name.upper()}", signals, parameter=f"gate{number}",
        key=f"{board.page}-signal-{name}-{layer.cell}",
        default="h" if second else _FIRST_SIGNAL[layer.cell],
        format_func=lambda name: button_name(layer.cell, name), widget=st.segmented_control,
        required=True, label_visibility="collapsed",
    )  # fmt: skip
    return layer, signal


def caption(board: Board) -> str:
    """How to read the board, and how exact it is."""
    trace, steps = board.prediction.trace, board.axis.steps
    assert trace is not None
    step = steps.singular
    return (
        f"{rereading(steps) if trace.reread else ''}{_across(board)}"
        f"Time runs {'up' if steps.upward else 'down'}: each line of a heatmap belongs to the {step} beside "
        "it, each column is one unit. Press on a panel to move the cursor, or use sliders and arrow keys. "
        f"Gates are replayed from the weights and checked against the layer at every {step}: largest "
        f"difference {trace.difference:.1e}. Units have no clinical meaning of their own."
    )


def rereading(steps: StepKind) -> str:
    """What the per-step prediction of a model of several directions is."""
    return (
        f"A model that reads in several directions is read anew for its prediction after {steps.singular} t, "
        f"from {steps.plural} 1 to t alone. "
    )


def _across(board: Board) -> str:
    """How panels of layers that read across the steps are to be read."""
    across = board.config.encoder.across
    if not any(layer.across for layer in board.layers.values()):
        return ""
    return (
        f"Layers across read {across.plural}: line t of their panels is {across.singular} t, which the "
        "cursor then marks in the picture too. "
    )
