"""The page Read a scan: a scan or record in; prediction, step board, a person's reads and a report out."""

from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from diagnosis.batch.given_case import GivenCase
from diagnosis.batch.uploads import LIST
from diagnosis.cases import FILE, Case, Example
from diagnosis.dashboard.read import audit_entries, independent_read
from diagnosis.dashboard.read.case_prediction import prediction_of, usable_config
from diagnosis.dashboard.shell import warmup
from diagnosis.dashboard.shell.copy_link import copy_link
from diagnosis.dashboard.widgets import case_picker
from diagnosis.dashboard.widgets.case_label import revealed
from diagnosis.dashboard.widgets.case_parts import reads_image, reads_record
from diagnosis.dashboard.widgets.charts import theme
from diagnosis.dashboard.widgets.model_picker import choose_model, for_whom
from diagnosis.dashboard.widgets.version_picker import performance_link
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import Version

if TYPE_CHECKING:  # it brings Keras, for which no page waits at its top
    from diagnosis.batch.grouping import GivenCases
    from diagnosis.inference.prediction import Prediction

HEIGHT = 224  # pixels for all steps of the board, about: below the card it fits a laptop's screen


def draw() -> None:
    """Draw the page. Parts that take time to import are imported when a case is there.

    Card and board stand beside what is read, so that all of it is seen at once; on a telephone they follow.
    """
    listed = st.container()
    read, result = st.columns([1, 2], gap="medium")
    with read:
        version = choose_model(narrow=True)
        config = None if version is None else usable_config(version)
        if version is None or config is None:
            return
        warmup.hurry()
        case = case_picker.choose(version, config, partial(_several, version, listed))
        independent_read.choose_order()
        if case is None:
            for_whom([version])
            warmup.browser_charts()
            return

        _as_it_came(case, config, version)
    awaited = independent_read.awaited(case, version.dataset)
    with result:
        prediction = None if awaited else _prediction(case, config, version)
    if reads_record(config, case):
        from diagnosis.dashboard.read.record_panel import record_events

        with read:
            record_events(case, config, version.dataset, prediction)
    with result:
        if awaited:
            independent_read.form(case, version.dataset, config)
        elif prediction is not None:
            parts = _parts(case, prediction, config, version)
            _board(case, prediction, config, version)
            _actions(case, prediction, config, version, parts)
        if reads_image(config, case):
            from diagnosis.dashboard.read.viewer import facts_of

            facts_of(case)


def _as_it_came(case: Case, config: ModelConfig, version: Version) -> None:
    """The scan in its viewer, and what is known of a record."""
    if reads_image(config, case):
        from diagnosis.dashboard.read.viewer import viewer

        stepped = config.recurrent and not independent_read.awaited(case, version.dataset)
        viewer(case, config.encoder.shown_frames(case.scan.frames) if stepped else ())
    if reads_record(config, case):
        from diagnosis.dashboard.read.record_panel import record_panel

        record_panel(case, config, version.dataset)


def _prediction(case: Case, config: ModelConfig, version: Version) -> "Prediction | None":
    """Predict and draw the card; None, with a sentence, if the model cannot read the case."""
    prediction = prediction_of(version, case)
    if prediction is None:
        return None

    from diagnosis.dashboard.read.result_panel import result_panel

    of_set = isinstance(case.payload, Example)
    result_panel(prediction, config, version, label=revealed(case), measured=of_set)
    audit_entries.shown(case, (version, prediction))
    return prediction


def _board(case: Case, prediction: "Prediction", config: ModelConfig, version: Version) -> None:
    from diagnosis.dashboard.widgets.slice_views import slice_views
    from diagnosis.dashboard.widgets.step_board import cursor, step_board
    from diagnosis.dashboard.widgets.traced_case import Board, board_axis

    if prediction.trace is None:
        st.write("A CNN reads the whole picture at once: it has no steps, no states and no gates.")
        return
    if config.encoder.embedded:
        _record_board(case, prediction, config, version)
        return
    board = Board("read", prediction, config, theme(), board_axis(config, HEIGHT))
    cursor(board, beside=partial(_gates_link, version))
    step_board(board)
    slice_views(board, case.scan)


def _record_board(
    case: Case, prediction: "Prediction", config: ModelConfig, version: Version
) -> None:
    """Event by event: where the probability changed most, the board without padding, and the editor.

    Of a study the rows follow the events; its events are not edited.
    """
    from diagnosis.dashboard.read.edited_events import edited_events
    from diagnosis.dashboard.widgets.events import largest_change
    from diagnosis.dashboard.widgets.step_board import cursor, step_board
    from diagnosis.dashboard.widgets.traced_case import events_board

    board = events_board("read", prediction, config, theme())
    if not config.encoder.parts:
        largest_change(board)
    cursor(board, beside=partial(_gates_link, version))
    step_board(board)
    if not config.encoder.parts:
        edited_events(case, prediction, config, version)


def _parts(
    case: Case, prediction: "Prediction", config: ModelConfig, version: Version
) -> dict[str, Any] | None:
    """Of a study draw what each part did, and return it; None of other cases."""
    if not config.encoder.parts:
        return None
    from diagnosis.dashboard.read.parts_panel import parts_panel

    return parts_panel(case, prediction, config, version)


def _actions(
    case: Case,
    prediction: "Prediction",
    config: ModelConfig,
    version: Version,
    parts: dict[str, Any] | None,
) -> None:
    from diagnosis.dashboard.read.assisted_read import assisted_read
    from diagnosis.dashboard.read.report import report

    assisted_read(case, prediction, config)
    with st.container(horizontal=True, vertical_alignment="center", key="read-actions"):
        report(case, prediction, version, parts)
        copy_link(travels=case.source != FILE)
        performance_link(version)


def _several(
    version: Version, place: DeltaGenerator, found: "GivenCases | None"
) -> GivenCase | None:
    """The list of several cases, if there is one; the case that it opens."""
    if found is None and LIST not in st.session_state:
        return None
    from diagnosis.dashboard.read.worklist import worklist

    with place:
        return worklist(found, version)


def _gates_link(version: Version, step: int) -> None:
    """Beside the cursor: the way to the page Gates at the same step, and to its board for a projector."""
    there = {"task": version.dataset, "model": version.variant, "row": str(step)}
    st.page_link("pages/gates.py", label="Open every gate", query_params=there)
    st.page_link("pages/gates.py", label="Present", query_params=there | {"present": "1"})
