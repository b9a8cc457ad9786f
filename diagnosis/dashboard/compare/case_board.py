"""One case, a column a model: prediction, per-step prediction and hidden state, under one cursor."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape

import streamlit as st

from diagnosis.comparison.agreement import Agreement, agreement
from diagnosis.comparison.case_predictions import Outcome
from diagnosis.dashboard.compare.column_head import head, note, prediction_head, remark
from diagnosis.dashboard.glossary.terms import terms
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.charts import theme
from diagnosis.dashboard.widgets.step_board import Board, bidirectional, per_step, picture
from diagnosis.dashboard.widgets.step_cursor import step_cursor
from diagnosis.figures import palette
from diagnosis.figures.panels import Axis, signal_panel
from diagnosis.text.comparison import agreement_sentence
from diagnosis.text.outcome import sentence
from diagnosis.text.probability import BASIS

GRID = "compare"  # key of the container of the columns; its grid is in assets/shell.css
SHAPES = "●◆▲■▼★"  # one a prediction, so that no colour is needed to tell them apart
PER_STEP_BOTTOM, STATE_BOTTOM = 26, 60  # margins: an axis; an axis and a colour bar


def case_board(titles: Sequence[str], outcomes: Sequence[Outcome], *, label: str | None) -> None:
    """Draw it.

    Args:
        titles: of the columns.
        outcomes: of the models, in the same order.
        label: what the data set says the case is, if it is from one.
    """
    found, boards = agreement(outcomes), _boards(outcomes)
    first = next((board for board in boards if board is not None), None)
    shapes = dict(zip(found.predicting, SHAPES, strict=False))
    _badge(found, label)
    _reasons(outcomes)
    with st.container(key="compare-board"):
        cursor = st.container(key="compare-cursor-place")
        with st.container(key=GRID):
            if first is not None:
                _picture(first)
            for place, (title, outcome, board) in enumerate(
                zip(titles, outcomes, boards, strict=True)
            ):
                with st.container(key=f"compare-column-{place}"):
                    _column(title, outcome, board, first, shapes=shapes)
        if first is not None:
            with cursor:
                _cursor(first, _readouts(titles, boards, first))
    _caption(outcomes)


def _boards(outcomes: Sequence[Outcome]) -> list[Board | None]:
    """The board of each model that has a trace. Six narrow columns leave little width for the picture."""
    height = 252 if len(outcomes) <= 4 else 168  # 9 or 6 pixels for each of 28 steps
    drawn, now = [], theme()
    for outcome in outcomes:
        board = None
        if outcome.prediction is not None and outcome.prediction.trace is not None:
            config = outcome.version.config
            axis = Axis(config.encoder.steps, height, PER_STEP_BOTTOM, compact=True)
            board = Board(GRID, outcome.prediction, config, now, axis)
        drawn.append(board)
    return drawn


@st.fragment
def _cursor(board: Board, readouts: list[str]) -> None:
    """The cursor is a fragment of its own: when it rests, the panels are not drawn again."""
    step_cursor(
        GRID, steps=board.axis.steps, readouts=readouts,
        colour=palette.CURSOR[board.theme], halo=palette.HALO[board.theme],
    )  # fmt: skip


def _line_up(board: Board, other: Board) -> bool:
    """Whether step t of both models is the same part of the case."""
    own, others = board.config.encoder, other.config.encoder
    return (own.kind, own.steps, own.length) == (others.kind, others.steps, others.length)


def _badge(found: Agreement, label: str | None) -> None:
    """Whether they agree, in words and with a sign, not by colour alone."""
    sign = "≠" if found.disagree else "=" if found.unanimous else "–"
    kind = "disagree" if found.disagree else "agree"
    said = "" if label is None else f"<small>Label in the data set: {escape(label)}</small>"
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


def _picture(board: Board) -> None:
    """The column at the left: the picture beside each line of panels."""
    steps, extent = board.axis.steps, board.config.encoder.extent
    way = "up" if steps.upward else "down"
    with st.container(key="compare-picture"):
        order = f"{extent}, {steps.singular} by {steps.singular}: time runs {way}."
        st.html(head("Model input", note(order)))
        picture(board, name="picture-per-step", width="stretch")
        picture(_of_states(board), name="picture-state", width="stretch")


def _of_states(board: Board) -> Board:
    """The same in the lower line of panels."""
    return replace(board, axis=replace(board.axis, bottom=STATE_BOTTOM))


def _column(
    title: str,
    outcome: Outcome,
    board: Board | None,
    first: Board | None,
    *,
    shapes: Mapping[tuple[str, ...], str],
) -> None:
    """One model: its prediction and two panels, or the sentence that says why there are none."""
    if outcome.prediction is None:
        st.html(f'<div class="failed">{head(title, note(outcome.problem or ""))}</div>')
        return
    config = outcome.version.config
    st.html(prediction_head(title, outcome.prediction, config, shapes=shapes, theme=theme()))
    if board is None or first is None:
        st.html(remark("A CNN reads the whole picture at once: it has no steps and no states."))
    elif not _line_up(board, first):
        st.html(
            remark(
                "Its steps differ in order or number from those of the first model, so they do not line up "
                "with the picture. The page Read a scan shows them."
            )
        )
    else:
        per_step(board, name=f"per-step-{title}", title=title, width="stretch")
        _state(title, _of_states(board))


def _state(title: str, board: Board) -> None:
    """The hidden state of the last layer; all models share one scale, which no hidden state leaves."""
    layer = board.layers[board.last_layer]
    half = "" if layer.direction is None else ", forward half"
    board.chart(
        signal_panel(
            layer.signals["h"], board.axis, title=f"state h{half}", gate=False, theme=board.theme, limit=1
        ),
        key=f"compare-state-{title}",
        alt=f"{title}: hidden state of all units of the last layer{half}, at every {board.axis.step}",
    )  # fmt: skip


def _readouts(titles: Sequence[str], boards: Sequence[Board | None], first: Board) -> list[str]:
    """What the cursor shows at each step: the per-step prediction of every model."""
    lines: list[list[str]] = [[] for _ in range(first.config.encoder.length)]
    finding = None
    for title, board in zip(titles, boards, strict=True):
        if board is None or board.prediction.per_step is None or not _line_up(board, first):
            continue
        if board.prediction.is_rejected:
            continue
        config = board.config
        if config.finding is not None:
            finding = config.classes[config.finding]
        for line, probabilities in zip(lines, board.prediction.per_step, strict=True):
            index = int(probabilities.argmax()) if config.finding is None else config.finding
            name = "" if config.finding is not None else f" {config.classes[index]}"
            line.append(f"{title}:{name} {probabilities[index]:.2f}")
    begins = "" if finding is None else f"{finding}, "
    return [begins + "; ".join(line) if line else "" for line in lines]


def _caption(outcomes: Sequence[Outcome]) -> None:
    """How to read the panels."""
    predictions = [outcome.prediction for outcome in outcomes if outcome.prediction is not None]
    traces = [prediction.trace for prediction in predictions if prediction.trace is not None]
    if not traces:
        return
    again = next(
        (
            f" Of a bidirectional model the forward half is drawn. {bidirectional(config.encoder.steps)}"
            for config in (outcome.version.config for outcome in outcomes if outcome.prediction)
            if config.kind.bidirectional
        ),
        "",
    )
    st.caption(
        f"Predicted probabilities, {BASIS}. Dotted: the threshold. Dashed: the "
        "decision step, from which the prediction no longer changes. State h: the last layer's, one column a "
        f"unit, all on one scale from −1 to 1.{again.rstrip()} Press on a panel, drag the slider "
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
