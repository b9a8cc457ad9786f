"""Read a scan: upload or sample in, answer and trace out."""

import streamlit as st

from diagnosis.dashboard import shell
from diagnosis.dashboard.plain import plain

shell.begin("Read a scan", key="read")
st.title("Read a scan")

# What takes time to import comes after the frame of the page is there.
from diagnosis.dashboard import cases, models, preload, turns, warmup  # noqa: E402
from diagnosis.dashboard.choices import choose_model  # noqa: E402
from diagnosis.dashboard.readings import own, record  # noqa: E402
from diagnosis.errors import InputError  # noqa: E402
from diagnosis.scans import Limits  # noqa: E402

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
case = cases.choose(version.dataset, config)
own.choose_order()
if case is None:
    preload.charts()
    st.stop()

from diagnosis.dashboard.answer import answer  # noqa: E402
from diagnosis.dashboard.viewer import facts_of, viewer  # noqa: E402

picture, result = st.columns([2, 3], gap="large")
with picture:
    viewer(case.scan, case.frame, turns=case.whole)
    facts_of(case.scan)

if own.awaited(case, version.dataset):
    with result:
        own.ask(case, version.dataset, config)
    st.stop()
with result, st.spinner("Loading the model layer"):
    try:
        warmup.wait()
        with turns.turn():
            reading = case.read_by(models.model(str(version.folder)))
    except InputError as error:
        st.error(plain(str(error)))
        st.stop()

from diagnosis.dashboard.readings.final import final  # noqa: E402
from diagnosis.dashboard.readings.report import report  # noqa: E402

with result:
    answer(reading, config, version, label=case.label)
    record.shown(case, (version, reading))
    final(case, reading, config)
    report(case, reading, version)

from diagnosis.dashboard.board import board  # noqa: E402

st.subheader("How it read it")
if reading.trace is None:
    st.write(
        "The CNN looks at the whole picture at once, in no order: there are no rows to follow and no gates."
    )
else:
    rows = config.preparation.timesteps
    asked = st.query_params.get("row", "")
    row = int(asked) if asked.isdecimal() and len(asked) < 5 else rows
    board(reading, config, row=min(max(row, 1), rows))
