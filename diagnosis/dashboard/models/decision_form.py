"""The form of a decision: name and reason; the name is remembered for the session."""

from collections.abc import Callable

import streamlit as st

from diagnosis.core.errors import InputError
from diagnosis.dashboard.shell import reader
from diagnosis.dashboard.shell.escape import show_error
from diagnosis.registry.decision import LONGEST, Decision

TAKEN = "decision-taken"  # in the session, until it is shown once: model and decision
Act = Callable[[str, str], Decision]  # by, why


def ask(actions: dict[str, Act], *, model: str, key: str, example: str) -> None:
    """A form with a button for each action; the first is the main one. A decision reruns the page.

    Args:
        actions: label of the button -> function that carries it out.
        model: ``data set/variant``.
        key: of the form.
        example: of a reason.
    """
    with st.form(f"decide {key}", border=False):
        by = st.text_input(
            "Your name or initials",
            value=reader.name(),
            max_chars=LONGEST["name"],
            key=f"by {key}",
            width=360,
            disabled=bool(reader.account()),
        )
        why = st.text_input(
            "Reason", max_chars=LONGEST["reason"], placeholder=example, key=f"why {key}"
        )
        with st.container(horizontal=True):
            pressed = [
                st.form_submit_button(label, type="secondary" if place else "primary")
                for place, label in enumerate(actions)
            ]
    for press, act in zip(pressed, actions.values(), strict=True):
        if press:
            _take(act, reader.account() or by, why, model)


def _take(act: Act, by: str, why: str, model: str) -> None:
    try:
        with st.spinner("Recording the decision"):
            decision = act(by, why)
    except InputError as error:
        show_error(error)
        return
    reader.remember(decision.by)
    st.session_state[TAKEN] = (model, decision)
    st.rerun()
