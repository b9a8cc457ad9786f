"""Train: set up in the sidebar, review, start, watch, then promote or archive the result."""

import streamlit as st

from diagnosis.core import access
from diagnosis.dashboard.shell import page

page.begin("Train", key="train")
if not access.read_only():  # with the frame, so that the sidebar has its width from the first
    side = st.sidebar.container(key="train-form")
    side.markdown("**New training**")
st.title("Train")

# What takes time to import comes after the frame of the page is there.
from diagnosis.core.errors import InputError  # noqa: E402
from diagnosis.dashboard.shell import warmup  # noqa: E402
from diagnosis.dashboard.shell.escape import show_error  # noqa: E402
from diagnosis.dashboard.train import sidebar  # noqa: E402
from diagnosis.dashboard.train.form import form  # noqa: E402
from diagnosis.dashboard.train.review import DRAFT, FAILED, review  # noqa: E402

LOOKS_EVERY_S = 0.3

warmup.start_records()
plans, pressed = None, False
if not access.read_only():
    with side:
        plans, pressed = form()
if pressed:
    st.session_state[DRAFT] = plans
    sidebar.ask("close")
if st.session_state.get(DRAFT) not in (None, plans):  # the form has been changed since
    del st.session_state[DRAFT]

st.markdown(
    "Runs on this machine and their results."
    if access.read_only()
    else "Set up a training in the sidebar. It runs in its own process and continues if you close this page. "
    "The result is a candidate model; it is not used until it is promoted."
)
if not access.read_only():
    sidebar.opener()
with st.container(key="train-review-place"):
    if failed := st.session_state.pop(FAILED, None):
        show_error(failed)
    if draft := st.session_state.get(DRAFT):
        review(draft)

# In small steps within one run of the page, so that a press on the form interrupts it.
place = st.empty()
while not warmup.wait_records(LOOKS_EVERY_S):
    place.markdown("Opening the runs …")
place.empty()

from diagnosis.dashboard.train.run_view import run_view  # noqa: E402
from diagnosis.dashboard.train.runs_table import runs_table, shown_run  # noqa: E402

try:
    with st.spinner("Opening the runs"):
        run = shown_run()
    runs_table(run)
    if run:
        run_view(run)
except InputError as error:  # the record of runs cannot be opened
    show_error(error)
