"""Widgets that come back as they were left, after another section, page or model; some from the address, too.

``persist_state`` keeps a value beyond its page. Within a page the server keeps it and the browser does not: a
widget of a section that gave way to another and comes back would show its default, and count as what it was.
What is set before it is drawn is told to the browser, so that both have the same.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import streamlit as st

from diagnosis.dashboard.shell import address


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


def addressed(
    label: str,
    options: Sequence[str],
    *,
    parameter: str,
    key: str,
    default: str,
    widget: Callable[..., Any] = st.selectbox,
    drops: str | None = None,
    **box: Any,
) -> str:
    """A box whose value is also a query parameter, so that a link can say what is chosen.

    Args:
        label: of the box.
        options: to choose from.
        parameter: of the address; a value that is no option is passed over.
        key: of the box; its value outlives the page.
        default: without a wish in the address or an earlier choice.
        widget: what kind of box.
        drops: a parameter that means nothing any more when another option is chosen.
        box: further arguments of the widget.
    """

    def chosen() -> None:
        gone = {drops: None} if drops else {}
        address.write(**{parameter: st.session_state[key]}, **gone)

    asked = st.query_params.get(parameter)
    if asked in options:
        st.session_state[key] = asked
    value: str = widget(
        label, options, **persistent(key, default, options), on_change=chosen, **box
    )
    address.show(**{parameter: value})
    return value
