"""Widgets that come back as they were left, after another section, page or model; some from the address, too.

``persist_state`` keeps a value beyond its page. Within a page the server keeps it and the browser does not: a
widget that disappears and comes back would show its default while the server has the old value. A value that
is set before the widget is drawn is sent to the browser, so that both agree.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import streamlit as st

from diagnosis.dashboard.shell import address


def persistent(key: str, default: Any, among: Collection[Any] | None = None) -> dict[str, Any]:
    """The key of a widget and how long its value lasts; give it no default of its own.

    Args:
        key: of the widget, and of its value in the session.
        default: the first value, and the one when the old value is no longer available.
        among: the available values; None if any is valid.
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
    drops: Collection[str] = (),
    known: Collection[str] = (),
    **box: Any,
) -> str:
    """A box whose value is also a query parameter, so that a link carries the choice.

    Args:
        label: of the box.
        options: to choose from.
        parameter: of the address; a value that is no option is ignored, and the page says so.
        key: of the box; its value outlives the page.
        default: the value without one in the address or an earlier choice.
        widget: that draws it.
        drops: parameters that no longer apply when another option is chosen.
        known: values that are an option elsewhere: without a word they are ignored here.
        box: further arguments of the widget.
    """

    def chosen() -> None:
        address.write(**dict.fromkeys(drops) | {parameter: st.session_state[key]})

    if (wanted := address.asked(parameter, options, known=known)) is not None:
        st.session_state[key] = wanted
    value: str = widget(
        label, options, **persistent(key, default, options), on_change=chosen, **box
    )
    address.show(**{parameter: value})
    return value
