"""The frame of every page: title, menu, intended use, warm-up, footer.

There is no ``st.navigation`` here: beside a ``pages/`` folder it would let a deep link that comes first
after a start skip ``app.py``, and the frame with it. So every page is complete and calls `begin` first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType

import streamlit as st

from diagnosis import __version__
from diagnosis.core.intended_use import IN_FULL, IN_SHORT
from diagnosis.core.paths import ASSETS
from diagnosis.dashboard.shell import address, entrance, turns, warmup

SIDEBAR = 220  # pixels wide; on a telephone it is closed at first
CSS = ASSETS / "shell.css"


@dataclass(frozen=True)
class Page:
    """One page of the menu."""

    file: str  # relative to the entry file
    label: str  # in the menu
    sentence: str  # what one does there


PAGES: Mapping[str, Page] = MappingProxyType(
    {
        "home": Page("app.py", "Home", "What Scanline is, and what is on this machine."),
        "read": Page(
            "pages/read.py",
            "Read a scan",
            "Upload a scan or take a sample, and watch a network read it row by row.",
        ),
        "compare": Page(
            "pages/compare.py",
            "Compare",
            "Several networks on one case, side by side, and on the whole test split.",
        ),
        "performance": Page(
            "pages/performance.py",
            "Performance",
            "How often a network errs: thresholds, calibration, what it leaves open, its worst cases.",
        ),
        "gates": Page(
            "pages/gates.py",
            "Gates",
            "Every gate of every layer at every row; what mattered, and what would happen if.",
        ),
        "readings": Page(
            "pages/readings.py",
            "Readings",
            "What was read here, by whom, and whether seeing answers made readings better.",
        ),
        "data": Page(
            "pages/data.py",
            "Data sets",
            "What each set holds, its licence, and how to get it.",
        ),
        "train": Page(
            "pages/train.py",
            "Train",
            "Train a network in the background, watch it learn, and keep it or not.",
        ),
        "tune": Page(
            "pages/tune.py",
            "Tune",
            "Search for the number of hidden units, by cross-validation.",
        ),
        "models": Page(
            "pages/models.py",
            "Models",
            "Every model version: what it learned from, and how often it errs.",
        ),
        "glossary": Page(
            "pages/glossary.py",
            "Glossary",
            "Gates, states, thresholds and error rates in plain words.",
        ),
    }
)


def begin(title: str, *, key: str) -> None:
    """Draw the frame around a page. The first call of every page.

    Args:
        title: of the browser's tab.
        key: of the page in `PAGES`.

    Raises:
        KeyError: the page is not in the menu.
    """
    page = PAGES[key]

    def frame() -> None:
        st.set_page_config(
            page_title=f"{title} · Scanline", layout="wide", initial_sidebar_state=SIDEBAR
        )
        st.html(CSS)
        address.begin()
        _menu(page)
        _intended_use()
        _footer()

    turns.begin_page(frame)
    entrance.notices()
    entrance.pass_or_stop()
    warmup.start()


def run(key: str) -> None:
    """Draw a page: the frame, then ``draw`` of ``diagnosis.dashboard.<key>.page``.

    That module is imported when the frame is there, because its import takes time.

    Args:
        key: of the page in `PAGES`.
    """
    label = PAGES[key].label
    begin(label, key=key)
    st.title(label)
    import_module(f"diagnosis.dashboard.{key}.page").draw()


def theme() -> str:
    """The theme of the page, "light" or "dark"."""
    return "dark" if st.context.theme.type == "dark" else "light"


def _menu(current: Page) -> None:
    with st.sidebar.container(key="shell-menu"):
        st.markdown("**Scanline**")
        for page in PAGES.values():
            st.page_link(page.file, label=page.label)


def _intended_use() -> None:
    with st.container(
        key="shell-intended-use", horizontal=True, vertical_alignment="center", gap="small"
    ):
        st.markdown(IN_SHORT, width="content")
        with st.popover("Intended use", type="tertiary"):
            for heading, text in IN_FULL.items():
                st.markdown(f"**{heading}.** {text}")


def _footer() -> None:
    """Drawn early like the rest of the frame; the style sheet moves it below the page."""
    with st.container(key="shell-footer"):
        st.caption(
            f"Scanline {__version__} · code under Apache-2.0; each model and data set under its own licence"
        )
