"""The home page."""

import streamlit as st

from diagnosis.core.paths import ASSETS
from diagnosis.dashboard.home.machine import machine
from diagnosis.dashboard.home.storage import storage
from diagnosis.dashboard.shell import page

PICTURE = ASSETS / "reading.png"


def home() -> None:
    """Draw it."""
    page.begin("Home", key="home")
    st.title("Scanline")
    st.markdown(
        "A recurrent network reads a scan like a page: row by row, carrying a memory from each row to "
        "the next. Scanline shows what the network sees, the row where its prediction is decided, and "
        "every gate of every layer on the way. Each prediction stands next to its measured error rate "
        "on similar test cases."
    )
    if PICTURE.is_file():
        st.image(
            PICTURE,
            caption="One case. Time runs down the picture; one cursor moves through all panels.",
        )

    pages = list(page.PAGES.values())[1:]
    for first in range(0, len(pages), 3):
        for column, each in zip(st.columns(3), pages[first : first + 3], strict=False):
            with column.container(border=True, height="stretch", gap="xsmall"):
                st.page_link(each.file, label=f"**{each.label}**")
                st.markdown(each.sentence)

    st.header("On this machine", anchor=False)
    machine()
    storage()
