"""The frame of every page: title, menu with the version, intended use, warm-up.

There is no ``st.navigation`` here: beside a ``pages/`` folder it would let a deep link that comes first
after a start skip ``app.py``, and the frame with it. So every page is complete and calls `begin` first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType

import streamlit as st

from diagnosis import __version__
from diagnosis.core import access
from diagnosis.core.errors import InputError
from diagnosis.core.intended_use import IN_FULL, IN_SHORT
from diagnosis.dashboard.shell import address, entrance, session_end, turns, warmup
from diagnosis.registry import waiting

SIDEBAR = 220  # pixels wide; on a telephone it is closed at first


@dataclass(frozen=True)
class Page:
    """One page of the menu."""

    file: str  # relative to the entry file
    label: str  # in the menu
    sentence: str  # what it is for


PAGES: Mapping[str, Page] = MappingProxyType(
    {
        "home": Page("app.py", "Home", "What Scanline is, and what is on this machine."),
        "read": Page(
            "pages/read.py",
            "Read a scan",
            "Upload a scan or open a sample, and watch a network read it row by row.",
        ),
        "compare": Page(
            "pages/compare.py",
            "Compare",
            "Several networks side by side, on one case and on the test split.",
        ),
        "performance": Page(
            "pages/performance.py",
            "Performance",
            "Error rates of a model: operating point, calibration, abstention, misclassified cases.",
        ),
        "gates": Page(
            "pages/gates.py",
            "Gates",
            "Every gate of every layer at every row; attribution and perturbation.",
        ),
        "readings": Page(
            "pages/readings.py",
            "Readings",
            "The audit log of predictions and reads, and the effect of AI assistance.",
        ),
        "data": Page(
            "pages/data.py",
            "Data sets",
            "Content and licence of each set, how to get it, and importing your own.",
        ),
        "train": Page(
            "pages/train.py",
            "Train",
            "Train a network in the background, watch it learn, and promote it or not.",
        ),
        "tune": Page(
            "pages/tune.py",
            "Tune",
            "Search for the number of hidden units by cross-validation.",
        ),
        "models": Page(
            "pages/models.py",
            "Models",
            "All model versions with data, error rates, promotion and roll-back.",
        ),
        "glossary": Page(
            "pages/glossary.py",
            "Glossary",
            "Gates, attribution, thresholds and error rates in plain words.",
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
    if key not in PAGES:
        raise KeyError(key)

    def frame() -> None:
        st.set_page_config(
            page_title=f"{title} · Scanline", layout="wide", initial_sidebar_state=SIDEBAR
        )
        _menu()
        _intended_use()
        address.begin(others=key == "train")
        session_end.notice()

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


def _menu() -> None:
    with st.sidebar.container(key="shell-menu"):
        st.markdown("**Scanline**")
        for key, page in PAGES.items():
            st.page_link(page.file, label=page.label + _badge(key))
        st.caption(
            f"Scanline {__version__}. Code under Apache-2.0; each model and data set under its own licence."
        )


def _badge(key: str) -> str:
    """How many candidates wait for a decision, beside the page that lists them."""
    if key != "models":
        return ""
    try:
        count = 0 if access.read_only() else len(waiting.candidates())
    except InputError:  # `entrance.pass_or_stop` reports it
        return ""
    return f" :orange-badge[{count} to decide]" if count else ""


def _intended_use() -> None:
    with st.container(
        key="shell-intended-use", horizontal=True, vertical_alignment="center", gap="small"
    ):
        st.markdown(IN_SHORT, width="content")
        with st.popover("Intended use", type="tertiary"):
            for heading, text in IN_FULL.items():
                st.markdown(f"**{heading}.** {text}")
