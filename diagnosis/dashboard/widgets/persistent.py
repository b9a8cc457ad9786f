"""Widgets that come back as they were left: after another section, another page or another model.

``persist_state`` keeps a value beyond its page. Within a page the server keeps it and the browser does not: a
widget of a section that gave way to another and comes back would show its default, and count as what it was.
What is set before it is drawn is told to the browser, so that both have the same.
"""

from collections.abc import Collection
from typing import Any

import streamlit as st


def persistent(key: str, default: Any, among: Collection[Any] | None = None) -> dict[str, Any]:
    """The key of a widget and how long its value lasts; give it no default of its own.

    Args:
        key: of the widget, and of its value in the session.
        default: the first value, and the one instead of what is not on offer any more.
        among: what is on offer; None if any value will do.
    """
    value = st.session_state.get(key, default)
    st.session_state[key] = default if among is not None and value not in among else value
    return {"key": key, "persist_state": "session"}
