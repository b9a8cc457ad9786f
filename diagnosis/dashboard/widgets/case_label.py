"""The label of an example or sample: hidden until somebody asks for it, who may read the case first."""

import streamlit as st

from diagnosis.cases import Case
from diagnosis.dashboard.shell.escape import plain

SEEN = "labels-seen"  # in the session: sources of the cases whose label was seen


def seen(source: str) -> None:
    """Note that the label of a case was seen; for a button's callback, too."""
    st.session_state.setdefault(SEEN, set()).add(source)


def is_seen(case: Case) -> bool:
    """Whether the label of a case was seen in this session."""
    return case.source in st.session_state.get(SEEN, ())


def revealed(case: Case) -> str | None:
    """The label in words once it was asked for; None before, and without one."""
    return case.label_text if is_seen(case) else None


def offer(case: Case) -> None:
    """The label, or the button that shows it."""
    if case.label is None:
        return
    label = revealed(case)
    if label is None:
        st.button(
            "Show label", key="show-label", type="tertiary", on_click=seen, args=(case.source,)
        )
    else:
        st.markdown(f"Label: **{plain(label)}**", width="content")
