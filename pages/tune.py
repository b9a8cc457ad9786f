"""Tune: a hyperparameter search by cross-validation, in its own process."""

import streamlit as st

from diagnosis.dashboard.shell import page

page.begin("Tune", key="tune")
st.title("Tune")

# What takes time to import comes after the frame of the page is there.
from diagnosis.core import access  # noqa: E402
from diagnosis.core.errors import InputError  # noqa: E402
from diagnosis.dashboard.shell.escape import show_error  # noqa: E402
from diagnosis.dashboard.tune import form  # noqa: E402
from diagnosis.dashboard.widgets.persistent import addressed  # noqa: E402
from diagnosis.tuning import studies  # noqa: E402

st.markdown(
    "Searches units, layers, dropout and learning rate by cross-validation on the training and validation "
    "splits. The test split is never used."
)
try:
    names = studies.names()
except InputError as error:
    show_error(error)
    st.stop()
if not access.read_only():
    form.form(opened=not names)
elif not names:
    st.info("No searches on this machine.")
if not names:
    st.stop()

from diagnosis.dashboard.tune.status import search_view  # noqa: E402

if (started := st.session_state.pop(form.SHOW, None)) in names:
    st.query_params["study"] = started
search_view(
    addressed("Search", names, parameter="study", key="tune-search", default=names[0], width=360)
)
