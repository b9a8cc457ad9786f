"""Readings: what was read here, by whom, and what seeing an answer did to it."""

import streamlit as st

from diagnosis.dashboard.shell import page
from diagnosis.dashboard.widgets.escape import show_error

page.begin("Readings", key="readings")
st.title("Readings")

# What takes time to import comes after the frame of the page is there.
from diagnosis.audit import entries  # noqa: E402
from diagnosis.core.errors import InputError  # noqa: E402
from diagnosis.dashboard.readings.entries import integrity, lines  # noqa: E402
from diagnosis.dashboard.readings.reader_study import ai_effects  # noqa: E402

st.markdown(
    "Every answer that was shown on this machine is entered here, with what people read before and after it. "
    "Lines are only ever added."
)
try:
    found = entries()
    integrity()
    if found:
        st.header("What seeing an answer did", anchor=False)
        ai_effects(found)
        st.header("The audit trail", anchor=False)
        lines(found)
except InputError as error:  # the file cannot be read
    show_error(error)
