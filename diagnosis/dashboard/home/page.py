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
        "A recurrent network reads a scan as one reads a page: row by row, carrying a memory from "
        "each row to the next. Scanline shows what it sees, at which row its answer settles, and "
        "every gate of every layer on the way. Beside each answer stands how often such answers were wrong."
    )
    if PICTURE.is_file():
        st.image(
            PICTURE,
            caption="One reading. Time runs down the picture, and one cursor runs through all panels.",
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
