"""The decision about one version: compare it, then promote or archive it; afterwards the outcome."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from diagnosis.core import access
from diagnosis.core.errors import InputError
from diagnosis.dashboard.models.decision_form import TAKEN, Act, ask
from diagnosis.dashboard.models.text import decision_sentence
from diagnosis.dashboard.shell.escape import plain, show_error
from diagnosis.dashboard.shell.page import PAGES
from diagnosis.models import store

if TYPE_CHECKING:  # the registry is MLflow's, for which no page waits at its top
    from diagnosis.registry.decision import Decision
    from diagnosis.registry.registry import Entry


@st.fragment
def draw(model: str, version: str) -> None:
    """Draw it; a part of the page that runs alone. MLflow and the data set are loaded here.

    Args:
        model: ``data set/variant``.
        version: its name.
    """
    try:
        with st.spinner("Opening the registry"):
            from diagnosis.registry import registry

            entry = next((e for e in registry.entries(model) if e.version == version), None)
        if entry is None:
            st.info("This version is not on this machine, and no decision about it is recorded.")
        elif entry.status in ("active", "archived"):
            outcome_of(entry)
        elif not entry.here:
            st.info("The files of this version are not on this machine.")
        else:
            _decide(entry)
    except InputError as error:
        show_error(error)


def outcome_of(entry: "Entry") -> None:
    """The decision about a version, and where to go on."""
    st.session_state.pop(TAKEN, None)
    if entry.decision is not None:
        outcome(entry.model, entry.decision)
    elif entry.status == "active":
        st.success(f"Version {entry.version} is active; it was not promoted by a decision.")
        _read_link(entry.model)


def outcome(model: str, decision: "Decision") -> None:
    """A decision in a sentence, its reason, and where to go on."""
    show = st.success if decision.promotes else st.info
    show(f"{plain(decision_sentence(decision))}  \nReason: {plain(decision.why)}")
    if decision.promotes:
        _read_link(model)


def _read_link(model: str) -> None:
    dataset, _, variant = model.partition("/")
    st.page_link(
        PAGES["read"].file,
        label="Read a scan with it",
        query_params={"task": dataset, "model": variant},
    )


def _decide(entry: "Entry") -> None:
    from diagnosis.dashboard.models.before_after import before_after
    from diagnosis.registry import registry
    from diagnosis.registry.local import shipped

    if entry.status == "former" and entry.decision is not None:
        st.caption(f"{plain(decision_sentence(entry.decision))} It is no longer active.")
    candidate, active = store.find(f"{entry.model}/{entry.version}"), store.active(entry.model)
    compared = before_after(candidate, active)
    if access.read_only():
        return
    st.subheader("Decide", anchor=False)
    # The version that was compared when a button is pressed; another one may be active by then.
    drawn = f"compared with {entry.model}/{entry.version}"
    against = st.session_state.get(drawn, active.version if active else None)
    st.session_state[drawn] = active.version if active else None
    name = "" if active is None else f" instead of {active.version}"
    archiving = (
        ""
        if shipped(candidate)
        else " Archive deletes its weights; its record stays, and it cannot be promoted later."
    )
    st.markdown(
        f"Promote makes version {entry.version} the active one{name}; you can roll back.{archiving} "
        "Your name and reason are recorded."
    )
    if not compared and active is not None:
        st.markdown(
            "The two versions were not compared: give the basis of your decision as the reason."
        )
    actions: dict[str, Act] = {
        "Promote": lambda by, why: registry.promote(
            entry.model, entry.version, by=by, why=why, against=against
        )
    }
    if not shipped(candidate):
        archive = partial(registry.archive, entry.model, entry.version)
        actions["Archive"] = lambda by, why: archive(by=by, why=why)
    ask(
        actions, model=entry.model, key=f"{entry.model} {entry.version}",
        example="for example: higher sensitivity on the same test split",
    )  # fmt: skip
