"""Readings: the audit log of predictions and reads, and the effect of AI assistance."""

import streamlit as st

from diagnosis.dashboard.shell import page
from diagnosis.dashboard.shell.escape import show_error

page.begin("Readings", key="readings")
st.title("Readings")

# What takes time to import comes after the frame of the page is there.
from diagnosis.audit import entries  # noqa: E402
from diagnosis.core.errors import InputError  # noqa: E402
from diagnosis.dashboard.readings.entries import integrity, log_table  # noqa: E402
from diagnosis.dashboard.readings.reader_study import ai_effects  # noqa: E402

st.markdown("Every prediction that was shown here, and people's reads before and after it.")
try:
    recorded = entries()
    integrity()
    if recorded:
        st.header("Effect of AI assistance", anchor=False)
        ai_effects(recorded)
        st.header("Audit log", anchor=False)
        log_table(recorded)
except InputError as error:  # the file cannot be read
    show_error(error)
