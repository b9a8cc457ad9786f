"""The page Gates: every gate of every layer at every step."""

from contextlib import suppress

import streamlit as st

from diagnosis.cases import FILE
from diagnosis.core.errors import InputError
from diagnosis.dashboard.read import audit_entries, independent_read
from diagnosis.dashboard.read.case_prediction import predicted, usable_config
from diagnosis.dashboard.shell import caches, warmup
from diagnosis.dashboard.shell.copy_link import copy_link
from diagnosis.dashboard.widgets import case_picker
from diagnosis.dashboard.widgets.case_label import revealed
from diagnosis.dashboard.widgets.case_parts import reads_record
from diagnosis.dashboard.widgets.charts import theme
from diagnosis.dashboard.widgets.model_picker import choose_model
from diagnosis.datasets import Dataset


def draw() -> None:
    """Draw the page. Parts that take time to import are imported when a case is there."""
    with st.container(key="gates-choices"):
        version = choose_model()
        config = None if version is None else usable_config(version)
        if version is None or config is None:
            return
        warmup.hurry()
        case = case_picker.choose(version, config)
    if case is None:
        warmup.browser_charts()
        return
    if independent_read.blocks(case, version.dataset):
        return
    outcome = predicted(version, case)
    if outcome is None:
        return
    model, prediction = outcome
    dataset: Dataset | None = None
    with suppress(InputError):  # sections that need it show why they cannot be drawn
        dataset = caches.dataset(version.dataset, config.encoder.data_size)

    from diagnosis.dashboard.gates import board, present, sections, text
    from diagnosis.dashboard.gates.context import Subject
    from diagnosis.dashboard.gates.export import export
    from diagnosis.dashboard.widgets import chart_registry

    presented = config.recurrent and present.presented()
    subject = Subject(version, model, prediction, case, dataset, theme(), presented, revealed(case))
    chart_registry.begin()
    if presented:
        with st.container(key="gates-presented"):
            text.presented_line(subject)
            audit_entries.shown(case, (version, prediction))
            board.draw_cursor(subject)
            board.draw(subject)
        return
    text.introduction(config)
    # Columns, so that buttons which come late move nothing.
    said, buttons = st.container(key="gates-prediction").columns(
        [3, 1], vertical_alignment="center"
    )
    with said, st.container(horizontal=True, vertical_alignment="center"):
        text.prediction_line(subject)
    with buttons, st.container(horizontal=True, vertical_alignment="center", gap="small"):
        audit_entries.shown(case, (version, prediction))
        copy_link(travels=case.source != FILE)
        if config.recurrent:
            present.button()
        export(subject)
    if config.recurrent:
        board.draw_cursor(subject)
        board.draw(subject)
        if reads_record(config, case):
            from diagnosis.dashboard.read.record_panel import record_events

            with st.expander("Events: search, filter, group", key="gates-events"):
                record_events(case, config, version.dataset, prediction, board="gates-board")
    sections.draw(subject)
