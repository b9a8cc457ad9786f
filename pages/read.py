"""Read a scan: upload or sample in, answer and trace out."""

import streamlit as st

from diagnosis.dashboard.shell import page
from diagnosis.dashboard.widgets.escape import plain

page.begin("Read a scan", key="read")
st.title("Read a scan")

# What takes time to import comes after the frame of the page is there.
from diagnosis.core.errors import InputError  # noqa: E402
from diagnosis.dashboard.read import audit_entries, independent_read  # noqa: E402
from diagnosis.dashboard.shell import caches, turns, warmup  # noqa: E402
from diagnosis.dashboard.widgets import case_picker  # noqa: E402
from diagnosis.dashboard.widgets.model_picker import choose_model  # noqa: E402
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
case = case_picker.choose(version.dataset, config)
independent_read.choose_order()
if case is None:
    warmup.browser_charts()
    st.stop()

from diagnosis.dashboard.read.result_panel import answer  # noqa: E402
from diagnosis.dashboard.read.viewer import facts_of, viewer  # noqa: E402

picture, result = st.columns([2, 3], gap="large")
with picture:
    viewer(case)
    facts_of(case)

if independent_read.awaited(case, version.dataset):
    with result:
        independent_read.ask(case, version.dataset, config)
    st.stop()
with result, st.spinner("Loading the model layer"):
    try:
        warmup.wait()
        with turns.turn():
            prediction = caches.model(str(version.folder)).predict(case)
    except InputError as error:
        st.error(plain(str(error)))
        st.stop()

from diagnosis.dashboard.read.assisted_read import final  # noqa: E402
from diagnosis.dashboard.read.report import report  # noqa: E402

with result:
    answer(prediction, config, version, label=case.label_text)
    audit_entries.shown(case, (version, prediction))
    final(case, prediction, config)
    report(case, prediction, version)

from diagnosis.dashboard.read.board import board  # noqa: E402

st.subheader("How it read it")
if prediction.trace is None:
    st.write(
        "The CNN looks at the whole picture at once, in no order: there are no rows to follow and no gates."
    )
else:
    rows = config.encoder.length
    asked = st.query_params.get("row", "")
    row = int(asked) if asked.isdecimal() and len(asked) < 5 else rows
    board(prediction, config, row=min(max(row, 1), rows))
