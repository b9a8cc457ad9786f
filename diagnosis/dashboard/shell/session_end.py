"""Says that the server cannot be reached, or that the session has ended and a new one has begun."""

from pathlib import Path
from uuid import uuid4

import streamlit as st

KEY = "session-end"
SESSION = "session-number"  # in the session: tells it from others

_HTML = """
<div role="alert" hidden>No connection to the server. Nothing on this page reacts until it is back.</div>
<div role="alert" hidden>
  <span>The session has ended: the server was restarted, or the connection was lost for too long. An uploaded
  file has to be opened again.</span>
  <button type="button">Reload the page</button>
</div>
"""
_CSS = """
[role=alert] { visibility: visible; position: fixed; inset: auto 0 0 0; z-index: 999991; display: flex;
  flex-wrap: wrap; gap: 0.5rem 1rem; align-items: center; justify-content: center; padding: 0.75rem 1rem;
  font-family: var(--st-font); color: var(--st-text-color); background: var(--st-secondary-background-color);
  border-top: 2px solid var(--st-primary-color); }
[hidden] { display: none !important; }
button { font: inherit; color: #fff; background: var(--st-primary-color); border: 0; padding: 0.3rem 0.9rem;
  border-radius: var(--st-base-radius); cursor: pointer; }
button:focus-visible { outline: 2px solid currentcolor; outline-offset: -4px; }
"""
_mount = st.components.v2.component(
    "scanline_session_end",
    html=_HTML,
    css=_CSS,
    js=Path(__file__).with_name("session_end.js").read_text(encoding="utf-8"),
)


def notice() -> None:
    """Draw it, hidden until the browser sees a reason."""
    session = st.session_state.setdefault(SESSION, uuid4().hex)
    _mount(key=KEY, data={"session": session}, on_back_change=lambda: None)
