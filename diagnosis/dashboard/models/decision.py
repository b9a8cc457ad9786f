"""The decision about one version: what would change, then keep or discard; afterwards what was decided."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from diagnosis.core import access
from diagnosis.core.errors import InputError
from diagnosis.dashboard.models.decision_form import TAKEN, Deed, ask
from diagnosis.dashboard.models.text import told
from diagnosis.dashboard.shell.page import PAGES
from diagnosis.dashboard.widgets.escape import plain
from diagnosis.models import store

if TYPE_CHECKING:  # the registry is MLflow's, for which no page waits at its top
    from diagnosis.registry.decision import Decision
    from diagnosis.registry.registry import Entry


@st.fragment
def draw(model: str, version: str) -> None:
    """Draw it; a part of the page that runs alone. MLflow, Keras and the data set are loaded here.

    Args:
        model: ``data set/variant``.
        version: its name.
    """
    try:
        with st.spinner("Asking the registry of versions"):
            from diagnosis.registry import registry

            entry = next((e for e in registry.entries(model) if e.version == version), None)
        if entry is None:
            st.info("This version is not on this machine, and no decision about it is known.")
        elif entry.status in ("active", "archived"):
            settled(entry)
        elif not entry.here:
            st.info("The files of this version are not on this machine.")
        else:
            _decide(entry)
    except InputError as error:
        st.error(plain(str(error)))


def settled(entry: "Entry") -> None:
    """Say what was decided about a version, and what to do with it."""
    st.session_state.pop(TAKEN, None)
    if entry.decision is not None:
        outcome(entry.model, entry.decision)
    elif entry.status == "active":
        st.success(f"Version {entry.version} is the active one; no decision made it so.")
        _read_link(entry.model)


def outcome(model: str, decision: "Decision") -> None:
    """A decision in a plain sentence, its reason, and where to go on."""
    show = st.success if decision.promotes else st.info
    show(f"{plain(told(decision))}  \nReason: {plain(decision.why)}")
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
    from diagnosis.dashboard.shell import warmup

    with st.spinner("Loading the model layer"):
        warmup.wait()
    from diagnosis.dashboard.models.before_after import before_after
    from diagnosis.registry import registry
    from diagnosis.registry.local import shipped

    if entry.status == "former" and entry.decision is not None:
        st.caption(f"{plain(told(entry.decision))} It is not active any more.")
    candidate, active = store.find(f"{entry.model}/{entry.version}"), store.active(entry.model)
    compared = before_after(candidate, active)
    if access.read_only():
        return
    st.subheader("Decide", anchor=False)
    # What was on the page when a button was pressed, which the active version of now need not be.
    drawn = f"compared with {entry.model}/{entry.version}"
    against = st.session_state.get(drawn, active.version if active else None)
    st.session_state[drawn] = active.version if active else None
    name = "" if active is None else f" instead of {active.version}"
    st.markdown(
        f"Keep makes version {entry.version} the one that scans are read with{name}. Discard deletes its "
        "files. Who, when and why is recorded either way, and one can roll back to any version that was kept."
        if not shipped(candidate)
        else f"Keep makes version {entry.version} the one that scans are read with{name}. Who, when and why "
        "is recorded, and one can roll back."
    )
    if not compared and active is not None:
        st.markdown("The two were not compared: say in the reason on what else the decision rests.")
    deeds: dict[str, Deed] = {
        "Keep: make it active": lambda by, why: registry.promote(
            entry.model, entry.version, by=by, why=why, against=against
        )
    }
    if not shipped(candidate):
        archive = partial(registry.archive, entry.model, entry.version)
        deeds["Discard: delete its files"] = lambda by, why: archive(by=by, why=why)
    ask(
        deeds, model=entry.model, key=f"{entry.model} {entry.version}",
        example="such as: fewer cases are missed on the same test split",
    )  # fmt: skip
