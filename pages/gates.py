"""Gates: every gate of every layer at every row."""

from contextlib import suppress

import streamlit as st

from diagnosis.dashboard import shell
from diagnosis.dashboard.plain import plain

shell.begin("Gates", key="gates")
st.title("Gates")

# What takes time to import comes after the frame of the page is there.
from diagnosis.dashboard import cases, models, preload, turns, warmup  # noqa: E402
from diagnosis.dashboard.choices import choose_model  # noqa: E402
from diagnosis.dashboard.readings import own, record  # noqa: E402
from diagnosis.datasets import Dataset  # noqa: E402
from diagnosis.errors import InputError  # noqa: E402
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
    case = cases.choose(version.dataset, config)
if case is None:
    preload.charts()
    st.stop()
own.follow_order()
if own.awaited(case, version.dataset):
    own.say_where()
    st.stop()

with st.spinner("Loading the model layer"):
    try:
        warmup.wait()
        with turns.turn():
            model = models.model(str(version.folder))
            reading = case.read_by(model)
    except InputError as error:
        st.error(plain(str(error)))
        st.stop()
    dataset: Dataset | None = None
    with suppress(InputError):  # the sections that need it say so
        dataset = models.dataset(version.dataset, config.preparation.size)

from diagnosis.dashboard import chart, gate_words, sections  # noqa: E402
from diagnosis.dashboard.gate_board import board, cursor  # noqa: E402
from diagnosis.dashboard.gate_export import export  # noqa: E402
from diagnosis.dashboard.subject import Subject  # noqa: E402

theme = "dark" if st.context.theme.type == "dark" else "light"
subject = Subject(version, model, reading, case, dataset, theme)
chart.begin()
gate_words.introduction(config)
with st.container(horizontal=True, vertical_alignment="center", key="gates-answer"):
    gate_words.answer(subject)
    record.shown(case, (version, reading))
    export(subject)
if config.recurrent:
    cursor(subject)
    board(subject)
sections.draw(subject)
