"""Who decides, and why: asked with every decision; the name is remembered for the session."""

from collections.abc import Callable

import streamlit as st

from diagnosis.core.errors import InputError
from diagnosis.dashboard.shell import reader
from diagnosis.dashboard.widgets.escape import show_error
from diagnosis.registry.decision import LONGEST, Decision

TAKEN = "decision-taken"  # model and decision, once, for whoever draws next
Deed = Callable[[str, str], Decision]  # by, why


def ask(deeds: dict[str, Deed], *, model: str, key: str, example: str) -> None:
    """A form with a button for each deed; the first is the main one. A decision reruns the page.

    Args:
        deeds: label of the button to what it does.
        model: ``data set/variant`` that is decided about.
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
                for place, label in enumerate(deeds)
            ]
    for press, deed in zip(pressed, deeds.values(), strict=True):
        if press:
            _take(deed, reader.account() or by, why, model)


def _take(deed: Deed, by: str, why: str, model: str) -> None:
    try:
        with st.spinner("Entering it in the registry"):
            decision = deed(by, why)
    except InputError as error:
        show_error(error)
        return
    reader.remember(decision.by)
    st.session_state[TAKEN] = (model, decision)
    st.rerun()
