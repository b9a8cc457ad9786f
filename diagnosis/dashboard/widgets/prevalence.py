"""The prevalence where a model is used: one slider, whose value the pages share."""

import streamlit as st

from diagnosis.dashboard.glossary.terms import term
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.persistent import persistent

PERCENT = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, *range(20, 91, 10))  # finer where screening works


def choose_prevalence(model: str, finding: str, own: float, meaning: str) -> float:
    """Ask for it.

    Args:
        model: name of the model; all its versions share the value.
        finding: whose prevalence it is.
        own: the value at first.
        meaning: what that is, such as "as in the test split".

    Returns:
        ``own``, or one of `PERCENT` as a share.
    """
    chosen = f"prevalence {model}"  # in the session; each page's slider has its own key, and own first value
    stops = sorted({*(percent / 100 for percent in PERCENT), own})
    widget = f"{chosen} {meaning}"
    if (shared := st.session_state.get(chosen)) in stops:
        st.session_state[widget] = shared

    def share() -> None:
        st.session_state[chosen] = st.session_state[widget]

    def written(value: float) -> str:
        return f"{100 * own:.3g} %, {meaning}" if value == own else f"{100 * value:g} %"

    value: float = st.select_slider(
        f"Prevalence of “{plain(finding)}” where the model is used",
        stops, **persistent(widget, own, stops), on_change=share, help=term("prevalence"),
        format_func=written,
    )  # fmt: skip
    return value
