"""One case, a column a model: prediction, per-step prediction and hidden state, under one cursor."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from diagnosis.comparison.agreement import Agreement, agreement
from diagnosis.comparison.case_predictions import Outcome
from diagnosis.dashboard.compare import gate_choice
from diagnosis.dashboard.compare.case_cursor import GRID, cursor, line_up
from diagnosis.dashboard.compare.column_head import head, note, prediction_head, remark
from diagnosis.dashboard.compare.gate_choice import Choice
from diagnosis.dashboard.glossary.terms import terms
from diagnosis.dashboard.shell.copy_link import copy_link
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.charts import theme
from diagnosis.dashboard.widgets.signals import button_name, letter
from diagnosis.dashboard.widgets.slice_views import slice_views
from diagnosis.dashboard.widgets.step_board import per_step, picture, rereading
from diagnosis.dashboard.widgets.step_table import step_table
from diagnosis.dashboard.widgets.traced_case import Board, events_axis
from diagnosis.figures.frame import Axis
from diagnosis.figures.panels import signal_panel
from diagnosis.inference.unpadded import unpadded
from diagnosis.text.comparison import agreement_sentence
from diagnosis.text.outcome import sentence
from diagnosis.text.probability import BASIS
from diagnosis.traces import GATES

SHAPES = "●◆▲■▼★"  # one a prediction, so that no colour is needed to tell them apart
PER_STEP_BOTTOM, STATE_BOTTOM = 26, 60  # margins: an axis; an axis and a colour bar


def case_board(
    titles: Sequence[str],
    outcomes: Sequence[Outcome],
    *,
    label: str | None,
    population: str,
    travels: bool,
) -> None:
    """Draw it.

    Args:
        titles: of the columns.
        outcomes: of the models, in the same order.
        label: what the data set says the case is, if somebody has asked for it.
        population: for whom the models are.
        travels: whether the address holds the case.
    """
    outcomes = [_without_padding(outcome) for outcome in outcomes]
    found, boards = agreement(outcomes), _boards(outcomes)
    first = next((board for board in boards if board is not None), None)
    shapes = dict(zip(found.predicting, SHAPES, strict=False))
    with st.container(key="compare-agreement", horizontal=True, vertical_alignment="center"):
        _badge(found, label, population)
        copy_link(travels=travels)
    _reasons(outcomes)
    with st.container(key="compare-board"):
        if first is not None:
            with st.container(key="compare-cursor-place"):
                cursor(first, titles, boards)
            slice_views(first)
        _grid(titles, outcomes, boards, shapes)
        if first is not None:
            step_table(GRID, first.axis.steps)
    _caption(outcomes)


@st.fragment
def _grid(
    titles: Sequence[str],
    outcomes: Sequence[Outcome],
    boards: Sequence[Board | None],
    shapes: Mapping[tuple[str, ...], str],
) -> None:
    """The columns; another gate draws them again, and nothing else of the page.

    All heads come before the panels: they decide how wide the columns and how high the heads are, so that
    nothing moves while the panels come.
    """
    first = next((board for board in boards if board is not None), None)
    lined_up = [board if board and first and line_up(board, first) else None for board in boards]
    choice = gate_choice.choose(board.cell for board in lined_up if board)
    limit = _limit(lined_up, choice)
    with st.container(key=GRID):
        at_left = None if first is None else _picture_head(first)
        columns = []
        for place, title in enumerate(titles):
            columns.append(st.container(key=f"compare-column-{place}"))
            with columns[-1]:
                steps, own = boards[place] is not None, lined_up[place] is not None
                _column_head(title, outcomes[place], shapes, steps, own)
        if first is not None and at_left is not None:
            with at_left:
                picture(first, name="picture-per-step", width="stretch")
                picture(_of_states(first), name="picture-state", width="stretch")
        for title, column, board in zip(titles, columns, lined_up, strict=True):
            if board is not None:
                with column:
                    per_step(board, name=f"per-step-{title}", title=title, width="stretch")
                    _signal(title, _of_states(board), choice, limit)


def _without_padding(outcome: Outcome) -> Outcome:
    if outcome.prediction is None:
        return outcome
    return replace(
        outcome,
        prediction=unpadded(outcome.prediction, outcome.version.config.encoder.parts),
    )


def _boards(outcomes: Sequence[Outcome]) -> list[Board | None]:
    """The board of each model that has a trace. Six narrow columns leave little width for the picture."""
    height = 252 if len(outcomes) <= 4 else 168  # 9 or 6 pixels for each of 28 steps
    drawn, now = [], theme()
    for outcome in outcomes:
        board = None
        if outcome.prediction is not None and outcome.prediction.trace is not None:
            config, shown = outcome.version.config, outcome.prediction
            tall = events_axis(shown, config).height if config.encoder.embedded else height
            axis = Axis(config.encoder.steps, tall, PER_STEP_BOTTOM, compact=True)
            board = Board(GRID, shown, config, now, axis)
        drawn.append(board)
    return drawn


def _badge(found: Agreement, label: str | None, population: str) -> None:
    """Whether they agree, in words and with a sign, not by colour alone; and for whom they are."""
    sign = "≠" if found.disagree else "=" if found.unanimous else "–"
    kind = "disagree" if found.disagree else "agree"
    said = "" if label is None else f"<small>Label in the data set: {escape(label)}</small>"
    said += f"<small>{escape(population)}</small>"
    st.html(
        f'<div class="compare-badge {kind}" role="status"><span aria-hidden="true">{sign}</span> '
        f"<strong>{escape(agreement_sentence(found))}</strong> {said}</div>"
    )


def _reasons(outcomes: Sequence[Outcome]) -> None:
    """Every reason against analysing the case, once: models of one data set find the same."""
    predictions = [outcome.prediction for outcome in outcomes if outcome.prediction is not None]
    against = (
        sentence(finding)
        for prediction in predictions
        for finding in prediction.findings
        if prediction.outcome != "indeterminate" or finding not in prediction.reasons
    )
    if reasons := dict.fromkeys(against):
        rejected = any(prediction.outcome == "rejected" for prediction in predictions)
        show = st.error if rejected else st.warning
        show(plain(" ".join(reasons)))


def _picture_head(board: Board) -> DeltaGenerator:
    """The column at the left, with its head; the picture is to stand in it beside each line of panels."""
    steps, extent = board.axis.steps, board.config.encoder.extent
    way = "up" if steps.upward else "down"
    column = st.container(key="compare-picture")
    order = f"{extent}, {steps.singular} by {steps.singular}: time runs {way}."
    column.html(head("Model input", note(order)))
    return column


def _of_states(board: Board) -> Board:
    """The same in the lower line of panels."""
    return replace(board, axis=replace(board.axis, bottom=STATE_BOTTOM))


def _column_head(
    title: str,
    outcome: Outcome,
    shapes: Mapping[tuple[str, ...], str],
    has_steps: bool,
    lines_up: bool,
) -> None:
    """A model's prediction, or the sentence that says why there is none or why no panels follow."""
    if outcome.prediction is None:
        st.html(f'<div class="failed">{head(title, note(outcome.problem or ""))}</div>')
        return
    config = outcome.version.config
    st.html(
        prediction_head(
            title, outcome.prediction, config, shapes=shapes, theme=theme(), follows=lines_up
        )
    )
    if not has_steps:
        st.html(remark("A CNN reads the whole picture at once: it has no steps and no states."))
    elif not lines_up:
        st.html(
            remark(
                "Its steps differ in order or number from those of the first model, so they do not line up "
                "with the picture. The page Read a scan shows them."
            )
        )


def _limit(boards: Sequence[Board | None], choice: Choice) -> float:
    """Of the scale that all models share: 1, or more where a cell state leaves that."""
    largest = [
        float(np.nanmax(np.abs(layer.signals[choice.signals[layer.cell]]), initial=1))
        for board in boards
        if board is not None
        for layer in [board.layers[board.last_layer]]
        if layer.cell in choice.signals
    ]
    return max(largest, default=1.0)


def _signal(title: str, board: Board, choice: Choice, limit: float) -> None:
    """The chosen state or gate of the last layer, or the sentence that says why there is none."""
    layer = board.layers[board.last_layer]
    if layer.cell not in choice.signals:
        st.html(remark(choice.remark(layer.cell)))
        return
    name = choice.signals[layer.cell]
    words = button_name(layer.cell, name).replace("*", "")
    half = "" if layer.direction is None else ", forward half"
    board.chart(
        signal_panel(
            layer.signals[name], board.axis, title=f"{words}{half}", gate=name in GATES,
            theme=board.theme, limit=limit, meta={"column": f"{title}: {letter(name)}"},
        ),
        key=f"compare-state-{title}",
        alt=f"{title}, {words}: all units of the last layer{half} at every {board.axis.step}",
    )  # fmt: skip


def _caption(outcomes: Sequence[Outcome]) -> None:
    """How to read the panels."""
    predictions = [outcome.prediction for outcome in outcomes if outcome.prediction is not None]
    traces = [prediction.trace for prediction in predictions if prediction.trace is not None]
    if not traces:
        return
    again = next(
        (
            f" Of a model of several directions the forward half is drawn. {rereading(config.encoder.steps)}"
            for config in (outcome.version.config for outcome in outcomes if outcome.prediction)
            if config.kind.directions > 1
        ),
        "",
    )
    st.caption(
        f"Predicted probabilities, {BASIS}. Dotted: the threshold. Dashed: the "
        "decision step, from which the prediction no longer changes. State or gate: the last layer's, one "
        f"column a unit, all on one scale.{again.rstrip()} Press on a panel, drag the slider "
        "or use the arrow keys. States are checked against the layers: largest difference "
        f"{max(trace.difference for trace in traces):.1e}. Units have no clinical meaning of their own.",
        help=terms(
            "agreement",
            "predicted probability",
            "operating point",
            "per-step prediction",
            "hidden state",
        ),
    )
