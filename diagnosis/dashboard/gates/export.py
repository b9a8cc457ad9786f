"""Exports of the gates page: the trace as NumPy archive and CSV, and the charts that are on the page."""

from collections.abc import Callable
from functools import partial
from io import BytesIO

import numpy as np
import streamlit as st

from diagnosis.core.intended_use import IN_SHORT
from diagnosis.dashboard.gates.context import Subject
from diagnosis.dashboard.widgets import chart_registry
from diagnosis.dashboard.widgets.step_board import most_probable, readouts
from diagnosis.figures.animation import Heatmap, animated_board
from diagnosis.figures.html_page import html_page
from diagnosis.figures.palette import class_colour
from diagnosis.text.outcome import sentences
from diagnosis.traces import archive, spreadsheet

_MIME = {
    "npz": "application/octet-stream",
    "csv": "text/csv",
    "html": "text/html",
    "gif": "image/gif",
}


def export(subject: Subject) -> None:
    """Offer the files. Each is made when it is downloaded, and no download runs the page again."""
    name = f"{subject.version.dataset}-{subject.version.variant}"
    with st.popover("Export"):
        st.markdown(f"**{IN_SHORT}** The files below say so and name the model.")
        if subject.prediction.trace is not None:
            _file(
                "Trace, NumPy (.npz)", partial(trace_archive, subject), f"trace-{name}.npz",
                "Every state and gate of every layer: arrays of timesteps × units.",
            )  # fmt: skip
            _file(
                "Trace, table (.csv)", partial(trace_table, subject), f"trace-{name}.csv",
                "One line for each unit at each timestep, one column for each state and gate.",
            )  # fmt: skip
        if subject.prediction.trace is not None and not subject.has_events:
            _file(
                "Play, moving picture (.gif)",
                partial(moving_picture, subject, chart_registry.shown()),
                f"play-{name}.gif",
                "The board at each step, for slides, with the panels that are on the page.",
            )  # fmt: skip
        _file(
            "Charts on this page (.html)", partial(charts_page, subject, chart_registry.shown()),
            f"charts-{name}.html",
            "One file that opens in any browser, with all charts of the board and of the open section.",
        )  # fmt: skip
        st.segmented_control(
            "Single charts: by the camera that the pointer shows in a corner, as", chart_registry.FORMATS,
            default=chart_registry.FORMATS[0], key=chart_registry.FORMAT_KEY, required=True,
        )  # fmt: skip


def _file(label: str, make: Callable[[], bytes], name: str, words: str) -> None:
    kind = name.rsplit(".", 1)[-1]
    st.download_button(
        label, make, name, mime=_MIME[kind], on_click="ignore", key=f"gates-{kind}", help=words,
        width="stretch",
    )  # fmt: skip


def about(subject: Subject) -> dict[str, str]:
    """Facts about the prediction, in every file."""
    facts = {
        "intended use": IN_SHORT,
        "model": subject.prediction.model,
        "version": subject.prediction.version,
        "scan SHA-256": subject.case.sha256,
    }
    prediction = subject.prediction
    if prediction.reasons:
        facts[prediction.outcome] = " ".join(sentences(prediction.reasons))
    if prediction.warnings:
        facts["warnings"] = " ".join(sentences(prediction.warnings))
    if subject.label is not None:
        facts["label in the data set"] = subject.label
    return facts


def trace_archive(subject: Subject) -> bytes:
    """The trace as ``.npz``: the arrays of ``traces.archive``, and ``about/…`` as text."""
    prediction = subject.prediction
    assert prediction.trace is not None and prediction.per_step is not None
    arrays = archive.arrays(prediction.trace, prediction.probabilities, prediction.per_step)
    arrays |= {f"about/{label}": np.array(value) for label, value in about(subject).items()}
    file = BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def trace_table(subject: Subject) -> bytes:
    """The trace as CSV, see ``traces.spreadsheet``."""
    assert subject.prediction.trace is not None
    return spreadsheet.csv(subject.prediction.trace, about(subject))


def moving_picture(subject: Subject, shown: dict[str, dict[str, chart_registry.Shown]]) -> bytes:
    """The board at each step, with the panels of units that are on the page."""
    board, config = subject.board, subject.config
    per_step = subject.prediction.per_step
    assert per_step is not None
    drawn = [one.figure for key, one in shown["board"].items() if "-panel-" in key]
    classes = most_probable(subject.prediction.probabilities)
    if config.finding is not None:
        classes = [config.finding]
    if subject.prediction.is_rejected:
        classes = []
    return animated_board(
        board.view.lines,
        [(class_colour(index, subject.theme), per_step[:, index]) for index in classes],
        [
            Heatmap(
                figure.layout.title.text.partition(" <")[0],
                np.asarray(figure.data[0].z),
                gate=figure.data[0].zmin == 0,
            )
            for figure in drawn
        ],
        steps=subject.steps,
        readouts=readouts(board),
        title=f"{config.kind.title} · {subject.version.dataset}",
        notice=IN_SHORT,
        theme=subject.theme,
    )


def charts_page(subject: Subject, shown: dict[str, dict[str, chart_registry.Shown]]) -> bytes:
    """All charts that are on the page, as one HTML file."""
    charts = [
        (one.figure, one.words, one.width) for part in shown.values() for one in part.values()
    ]
    facts = about(subject)
    return html_page(
        charts, title="Gates", notice=facts.pop("intended use"), about=facts, theme=subject.theme
    )
