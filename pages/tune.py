"""Tune: the search for hidden units, by cross-validation, in a process of its own."""

import streamlit as st

from diagnosis.dashboard.shell import page

page.begin("Tune", key="tune")
st.title("Tune")

# What takes time to import comes after the frame of the page is there.
from diagnosis.core import access  # noqa: E402
from diagnosis.core.errors import InputError  # noqa: E402
from diagnosis.dashboard.tune import form  # noqa: E402
from diagnosis.dashboard.widgets.escape import show_error  # noqa: E402
from diagnosis.dashboard.widgets.persistent import addressed  # noqa: E402
from diagnosis.tuning import studies  # noqa: E402

st.markdown(
    "How many units, in how many layers, with how much dropout? Each trial trains one setting several times, "
    "each time with another fold of the training and validation splits held out, and is scored on what was "
    "held out. The test split is never touched."
)
try:
    names = studies.names()
except InputError as error:
    show_error(error)
    st.stop()
if not access.read_only():
    form.form(opened=not names)
elif not names:
    st.info("There is no search on this machine.")
if not names:
    st.stop()

from diagnosis.dashboard.tune.status import standing  # noqa: E402

if (started := st.session_state.pop(form.SHOW, None)) in names:
    st.query_params["study"] = started
standing(
    addressed("Search", names, parameter="study", key="tune-search", default=names[0], width=360)
)
