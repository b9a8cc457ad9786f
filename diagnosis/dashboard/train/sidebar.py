"""The sidebar with the form, opened and closed from the page: on a telephone it is out of sight at first."""

from pathlib import Path
from typing import Literal

import streamlit as st

_CSS = """
button { font: inherit; color: inherit; background: var(--st-background-color); min-height: 2.5rem;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); padding: 0.25rem 0.75rem;
  cursor: pointer; }
button:hover { color: var(--st-primary-color); border-color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
"""
_mount = st.components.v2.component(
    "scanline_train_sidebar",
    html='<button type="button">New training</button>',
    css=_CSS,
    js=Path(__file__).with_name("sidebar.js").read_text(encoding="utf-8"),
)
_REQUEST = "train-sidebar"  # in the session: what was asked of the sidebar, and how often


def opener() -> None:
    """A button that opens the sidebar; the style sheet shows it while the sidebar is closed."""
    request, turn = st.session_state.get(_REQUEST, ("", 0))
    with st.container(key="train-open"):
        _mount(key="train-sidebar-button", data={"request": request, "turn": turn})


def ask(request: Literal["open", "close"]) -> None:
    """Open it, or close it where it covers the page, before the page is drawn next."""
    _, turn = st.session_state.get(_REQUEST, ("", 0))
    st.session_state[_REQUEST] = (request, turn + 1)
