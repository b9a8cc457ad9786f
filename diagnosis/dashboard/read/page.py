"""The page Read a scan: a case in; prediction, step board, a person's reads and a report out."""

from collections.abc import Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from diagnosis.batch.uploads import LIST, Item, Upload
from diagnosis.cases import FILE
from diagnosis.dashboard.read import audit_entries, independent_read
from diagnosis.dashboard.read.case_prediction import predicted, usable_config
from diagnosis.dashboard.shell import warmup
from diagnosis.dashboard.shell.copy_link import copy_link
from diagnosis.dashboard.widgets import case_picker
from diagnosis.dashboard.widgets.case_label import revealed
from diagnosis.dashboard.widgets.charts import theme
from diagnosis.dashboard.widgets.model_picker import choose_model
from diagnosis.dashboard.widgets.version_picker import performance_link
from diagnosis.models.store import Version


def draw() -> None:
    """Draw the page. Parts that take time to import are imported when a case is there."""
    version = choose_model()
    config = None if version is None else usable_config(version)
    if version is None or config is None:
        return
    warmup.hurry()
    picker, listed = st.container(), st.container()
    with picker:
        case = case_picker.choose(version, config, partial(_several, version, listed))
    independent_read.choose_order()
    if case is None:
        warmup.browser_charts()
        return

    from diagnosis.dashboard.read.result_panel import result_panel
    from diagnosis.dashboard.read.viewer import facts_of, viewer

    picture, result = st.columns([2, 3], gap="large")
    with picture:
        viewer(case)
        facts_of(case)
    with result:
        if independent_read.awaited(case, version.dataset):
            independent_read.form(case, version.dataset, config)
            return
        outcome = predicted(version, case)
        if outcome is None:
            return
        _, prediction = outcome

        from diagnosis.dashboard.read.assisted_read import assisted_read
        from diagnosis.dashboard.read.report import report

        result_panel(prediction, config, version, label=revealed(case))
        performance_link(version)
        audit_entries.shown(case, (version, prediction))
        assisted_read(case, prediction, config)
        report(case, prediction, version)

    from diagnosis.dashboard.widgets.step_board import cursor, step_board
    from diagnosis.dashboard.widgets.traced_case import Board, board_axis

    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Step by step", width="content")
        copy_link(travels=case.source != FILE)
    if prediction.trace is None:
        st.write("A CNN reads the whole picture at once: it has no steps, no states and no gates.")
        return
    board = Board("read", prediction, config, theme(), board_axis(config))
    cursor(board, beside=partial(_gates_link, version))
    step_board(board)


def _several(version: Version, place: DeltaGenerator, given: Sequence[Upload]) -> Item | None:
    """The list of several files, if there is one; the file that it opens."""
    if not given and LIST not in st.session_state:
        return None
    from diagnosis.dashboard.read.worklist import worklist

    with place:
        return worklist(given, version)


def _gates_link(version: Version, step: int) -> None:
    """Beside the cursor: the way to the page Gates, at the same step."""
    st.page_link(
        "pages/gates.py", label="Open every gate",
        query_params={"task": version.dataset, "model": version.variant, "row": str(step)},
    )  # fmt: skip
