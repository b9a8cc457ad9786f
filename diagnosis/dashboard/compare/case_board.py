"""One case, a column a model: what each calls, its running verdict and its hidden state, under one cursor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from diagnosis.comparison.agreement import Agreement, agreement
from diagnosis.comparison.case_predictions import Outcome
from diagnosis.dashboard.compare.column_head import (
    answer_head,
    head,
    note,
    remark,
    shown_classes,
)
from diagnosis.dashboard.glossary.terms import terms
from diagnosis.dashboard.widgets.escape import plain
from diagnosis.dashboard.widgets.step_cursor import row_cursor
from diagnosis.figures import narrow, palette
from diagnosis.figures.panels import Axis
from diagnosis.inference.prediction import Prediction
from diagnosis.sequences import Encoder
from diagnosis.text.comparison import agreement_sentence
from diagnosis.text.outcome import sentence

BOARD = (
    "compare"  # key of the container that the cursor runs through; its grid is in assets/shell.css
)
SHAPES = (
    "●◆▲■▼★"  # one for each thing that is called, so that no colour is needed to tell them apart
)
_PLOT = {"displayModeBar": False, "scrollZoom": False}


@dataclass(frozen=True, eq=False)
class Rows:
    """What all panels share: the rows of the first model that reads row by row."""

    prediction: Prediction  # its picture stands at the left
    encoder: Encoder
    axis: Axis


def case_board(
    titles: Sequence[str], outcomes: Sequence[Outcome], *, label: str | None, row: int | None
) -> None:
    """Draw it.

    Args:
        titles: of the columns.
        outcomes: of the models, in the same order.
        label: what the data set says the case is, if it is from one.
        row: where the cursor starts, from 1; at the last row by default.
    """
    found, rows = agreement(outcomes), _rows(outcomes)
    theme = "dark" if st.context.theme.type == "dark" else "light"
    shapes = dict(zip(found.predicting, SHAPES, strict=False))
    _badge(found, label)
    _doubts(outcomes)
    with st.container(key="compare-board"):
        cursor = st.container(key="compare-cursor-place")
        with st.container(key=BOARD):
            if rows is not None:
                _picture(rows)
            for place, (title, outcome) in enumerate(zip(titles, outcomes, strict=True)):
                with st.container(key=f"compare-column-{place}"):
                    _column(title, outcome, rows, shapes=shapes, theme=theme)
        if rows is not None:
            with cursor:
                _cursor(_readouts(titles, outcomes, rows), row, theme, rows.axis)
    _explain(outcomes)


@st.fragment
def _cursor(readouts: list[str], row: int | None, theme: str, axis: Axis) -> None:
    """The cursor is a fragment of its own: when it rests, the panels are not drawn again."""
    starts = min(max(row or len(readouts), 1), len(readouts))
    row_cursor(
        BOARD, row=starts, readouts=readouts, colour=palette.CURSOR[theme], halo=palette.HALO[theme],
        unit=axis.unit, upward=axis.upward,
    )  # fmt: skip


def _rows(outcomes: Sequence[Outcome]) -> Rows | None:
    for outcome in outcomes:
        if outcome.prediction is not None and outcome.prediction.trace is not None:
            encoder = outcome.version.config.encoder
            height = narrow.height_of(len(outcomes))
            upward = encoder.steps.upward
            return Rows(outcome.prediction, encoder, Axis(encoder.steps.singular, upward, height))
    return None


def _line_up(outcome: Outcome, rows: Rows) -> bool:
    """Whether a model's timestep t is the same part of the picture."""
    own, other = outcome.version.config.encoder, rows.encoder
    return (own.kind, own.steps, own.length) == (other.kind, other.steps, other.length)


def _badge(found: Agreement, label: str | None) -> None:
    """Whether they agree, in words and with a sign, not by colour alone."""
    sign = "≠" if found.disagree else "=" if found.unanimous else "–"
    kind = "disagree" if found.disagree else "agree"
    said = "" if label is None else f"<small>Label in the data set: {escape(label)}</small>"
    st.html(
        f'<div class="compare-badge {kind}" role="status"><span aria-hidden="true">{sign}</span> '
        f"<strong>{escape(agreement_sentence(found))}</strong> {said}</div>"
    )


def _doubts(outcomes: Sequence[Outcome]) -> None:
    """Everything found against the picture, each once: models of one data set find the same."""
    predictions = [outcome.prediction for outcome in outcomes if outcome.prediction is not None]
    found = (
        sentence(finding)
        for prediction in predictions
        for finding in prediction.findings
        if prediction.outcome != "indeterminate" or finding not in prediction.reasons
    )
    if reasons := dict.fromkeys(found):
        refused = any(prediction.outcome == "rejected" for prediction in predictions)
        say = st.error if refused else st.warning
        say(plain(" ".join(reasons)))


def _picture(rows: Rows) -> None:
    """The column at the left: the picture beside each line of panels."""
    pixels = rows.encoder.view(rows.prediction.image).lines
    unit = rows.axis.unit
    way = "up" if rows.axis.upward else "down"
    with st.container(key="compare-picture"):
        st.html(
            head(
                "What they see", note(f"{rows.encoder.extent}, {unit} by {unit}: time runs {way}.")
            )
        )
        for line, bottom in (("verdict", narrow.PER_STEP_BOTTOM), ("state", narrow.STATE_BOTTOM)):
            st.plotly_chart(
                narrow.picture(pixels, rows.axis, title="picture", bottom=bottom),
                key=f"compare-picture-{line}", config=_PLOT, alt="The picture as the models see it",
            )  # fmt: skip


def _column(
    title: str,
    outcome: Outcome,
    rows: Rows | None,
    *,
    shapes: Mapping[tuple[str, ...], str],
    theme: str,
) -> None:
    """One model: its answer and two panels, or the sentence that says why there are none."""
    if outcome.prediction is None:
        st.html(f'<div class="failed">{head(title, note(outcome.problem or ""))}</div>')
        return
    config = outcome.version.config
    st.html(answer_head(title, outcome.prediction, config, shapes=shapes, theme=theme))
    if rows is None or outcome.prediction.trace is None:
        st.html(
            remark(
                "It looks at the whole picture at once, in no order: there are no rows to follow."
            )
        )
    elif not _line_up(outcome, rows):
        st.html(
            remark(
                "It reads in another order or size than the first model, so its rows do not line up with "
                "the picture. The page Read a scan shows them."
            )
        )
    else:
        _panels(title, outcome, rows.axis, theme)


def _panels(title: str, outcome: Outcome, axis: Axis, theme: str) -> None:
    """The running verdict, and below it the hidden state of the last layer."""
    prediction, config = outcome.prediction, outcome.version.config
    assert (
        prediction is not None and prediction.trace is not None and prediction.per_step is not None
    )
    shown = shown_classes(prediction) if config.finding is None else [config.finding]
    st.plotly_chart(
        narrow.verdict(
            prediction.per_step, config.classes, axis, theme=theme, shown=shown,
            threshold=prediction.threshold, decision_step=prediction.decision_step,
        ),
        key=f"compare-verdict-{title}", config=_PLOT,
        alt=f"{title}: estimated probability after each {axis.unit}",
    )  # fmt: skip
    halves = [layer for layer in prediction.trace.layers if layer.direction != "backward"]
    half = "" if halves[-1].direction is None else ", forward half"
    st.plotly_chart(
        narrow.state(halves[-1].signals["h"], axis, title=f"state h{half}", theme=theme),
        key=f"compare-state-{title}", config=_PLOT,
        alt=f"{title}: hidden state of all units of the last layer{half}, at every {axis.unit}",
    )  # fmt: skip


def _readouts(titles: Sequence[str], outcomes: Sequence[Outcome], rows: Rows) -> list[str]:
    """What the cursor says at each timestep: every model's verdict so far."""
    lines: list[list[str]] = [[] for _ in range(rows.encoder.length)]
    finding = None
    for title, outcome in zip(titles, outcomes, strict=True):
        per_step = None if outcome.prediction is None else outcome.prediction.per_step
        if per_step is None or not _line_up(outcome, rows):
            continue
        config = outcome.version.config
        if config.finding is not None:
            finding = config.classes[config.finding]
        for line, probabilities in zip(lines, per_step, strict=True):
            index = int(probabilities.argmax()) if config.finding is None else config.finding
            what = "" if config.finding is not None else f" {config.classes[index]}"
            line.append(f"{title}:{what} {probabilities[index]:.2f}")
    begins = "" if finding is None else f"{finding}, "
    return [begins + "; ".join(line) for line in lines]


def _explain(outcomes: Sequence[Outcome]) -> None:
    """What one needs to know about the panels."""
    predictions = [outcome.prediction for outcome in outcomes if outcome.prediction is not None]
    traces = [prediction.trace for prediction in predictions if prediction.trace is not None]
    if not traces:
        return
    honest = (
        " Of a bidirectional model the forward half is drawn; its verdict after row t is a fresh reading of "
        "rows 1 to t alone."
        if any(trace.reread for trace in traces)
        else ""
    )
    st.caption(
        "Estimated probabilities, calibrated on the validation split. Dotted: from where on the finding is "
        "called. Dashed: from where on the answer no longer changes. State h: the last layer's, one column a "
        f"unit, all on one scale from −1 to 1.{honest} Press on a panel, drag the slider or use the arrow "
        "keys. States are checked against the layers: largest difference "
        f"{max(trace.difference for trace in traces):.1e}. Units have no clinical meaning of their own.",
        help=terms(
            "agreement",
            "predicted probability",
            "operating point",
            "per-step prediction",
            "hidden state",
        ),
    )
