"""The home page: a case being read, where to go from here, and this machine."""

import streamlit as st

from diagnosis.dashboard.home.board import board, example_address, record_address
from diagnosis.dashboard.home.machine import machine
from diagnosis.dashboard.home.storage import storage
from diagnosis.dashboard.shell import page

CARDS = {  # page of the menu -> what one does there, and with what
    "gates": ("See how a network reads", "Every gate of every layer, row by row."),
    "compare": ("Compare networks", "LSTM, GRU and others on one case and on all test cases."),
    "train": ("Train your own", "In the background, on a data set or on images of yours."),
}


def home() -> None:
    """Draw it."""
    page.begin("Home", key="home")
    st.title("Scanline")
    st.markdown(
        "A recurrent network reads a scan row by row, a patient record event by event. See what it sees, "
        "where its prediction is decided, and how often it errs."
    )
    with st.container(key="home-start", horizontal=True):
        st.page_link("pages/read.py", label="Try an example", query_params=example_address())
        if (record := record_address()) is not None:
            st.page_link("pages/read.py", label="Try a record", query_params=record)
        st.page_link("pages/read.py", label="Open a scan", query_params={"source": "upload"})
    place = st.container(key="home-reading")  # drawn last: it takes longest
    with st.container(key="home-cards"):
        for column, (key, (title, sentence)) in zip(st.columns(3), CARDS.items(), strict=True):
            with column.container(border=True, height="stretch", gap="xsmall"):
                st.page_link(page.PAGES[key].file, label=f"**{title}**")
                st.markdown(sentence)
    with st.expander("About this machine", key="about-this-machine", on_change="rerun") as section:
        if section.open:
            machine()
            storage()
    with place:
        board()
