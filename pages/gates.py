"""Gates: every gate of every layer at every row."""

from contextlib import suppress

import streamlit as st

from diagnosis.dashboard.shell import page
from diagnosis.dashboard.widgets.escape import plain

page.begin("Gates", key="gates")
st.title("Gates")

# What takes time to import comes after the frame of the page is there.
from diagnosis.core.errors import InputError  # noqa: E402
from diagnosis.dashboard.read import audit_entries, independent_read  # noqa: E402
from diagnosis.dashboard.shell import caches, turns, warmup  # noqa: E402
from diagnosis.dashboard.widgets import case_picker  # noqa: E402
from diagnosis.dashboard.widgets.model_picker import choose_model  # noqa: E402
from diagnosis.datasets import Dataset  # noqa: E402
from diagnosis.scans import Limits  # noqa: E402

which_model, which_case = st.columns([3, 2], gap="medium")
with which_model:
    version = choose_model()
if version is None:
    st.stop()
try:
    config = version.config
    Limits.from_environment()
except InputError as error:  # a damaged folder, or a limit that is no number
    st.error(plain(str(error)))
    st.stop()

warmup.hurry()
with which_case, st.container(horizontal=True):
    case = case_picker.choose(version.dataset, config)
if case is None:
    warmup.browser_charts()
    st.stop()
independent_read.follow_order()
if independent_read.awaited(case, version.dataset):
    independent_read.say_where()
    st.stop()

with st.spinner("Loading the model layer"):
    try:
        warmup.wait()
        with turns.turn():
            model = caches.model(str(version.folder))
            prediction = model.predict(case)
    except InputError as error:
        st.error(plain(str(error)))
        st.stop()
    dataset: Dataset | None = None
    with suppress(InputError):  # the sections that need it say so
        dataset = caches.dataset(version.dataset, config.encoder.data_size)

from diagnosis.dashboard.gates import chart_registry, sections, text  # noqa: E402
from diagnosis.dashboard.gates.board import board, cursor  # noqa: E402
from diagnosis.dashboard.gates.context import Subject  # noqa: E402
from diagnosis.dashboard.gates.export import export  # noqa: E402

theme = "dark" if st.context.theme.type == "dark" else "light"
subject = Subject(version, model, prediction, case, dataset, theme)
chart_registry.begin()
text.introduction(config)
with st.container(horizontal=True, vertical_alignment="center", key="gates-answer"):
    text.answer(subject)
    audit_entries.shown(case, (version, prediction))
    export(subject)
if config.recurrent:
    cursor(subject)
    board(subject)
sections.draw(subject)
