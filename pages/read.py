"""Read a scan: upload or sample in, answer and trace out."""

import streamlit as st

from diagnosis.dashboard import cases, models, shell, warmup
from diagnosis.dashboard.choices import choose_model
from diagnosis.errors import InputError

shell.begin("Read a scan", key="read")
st.title("Read a scan")

version = choose_model()
if version is None:
    st.stop()
config = version.config

source = st.segmented_control(
    "Scan from", ["Upload", "Sample"], default="Upload", key="source", required=True
)
case = cases.uploaded(config) if source == "Upload" else cases.sample(version.dataset, config)
if case is None:
    st.stop()

picture, result = st.columns([2, 3], gap="large")
with picture:
    from diagnosis.dashboard.viewer import facts_of, viewer

    viewer(case.scan, case.frame)
    facts_of(case.scan)

with result, st.spinner("Loading the model layer"):
    try:
        warmup.wait()
        model = models.model(str(version.folder))
        if case.image is None:
            reading = model.read(case.scan, frame=case.frame)
        else:
            reading = model.read_image(case.image, case.quality(config))
    except InputError as error:
        st.error(str(error))
        st.stop()

with result:
    from diagnosis.dashboard.answer import answer

    answer(reading, config, version, label=case.label)

st.subheader("How it read it")
if reading.trace is None:
    st.write(
        "The CNN looks at the whole picture at once, in no order: there are no rows to follow and no gates."
    )
else:
    from diagnosis.dashboard.board import board

    rows = config.preparation.timesteps
    asked = st.query_params.get("row", "")
    board(reading, config, row=min(int(asked), rows) if asked.isdecimal() and int(asked) else rows)
