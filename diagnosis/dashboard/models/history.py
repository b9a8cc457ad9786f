"""Candidates that wait for a decision, past decisions, and rolling back."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from diagnosis.core import access
from diagnosis.core.dates import moment
from diagnosis.core.errors import InputError
from diagnosis.dashboard.models import decision
from diagnosis.dashboard.models.decision_form import TAKEN, ask
from diagnosis.dashboard.models.text import ACTIONS, decision_sentence, model_title
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.tables import table
from diagnosis.models import store
from diagnosis.text.evaluation import figure_of

if TYPE_CHECKING:
    from diagnosis.registry.decision import Decision
    from diagnosis.registry.registry import Entry


def waiting(entries: "Sequence[Entry]") -> None:
    """Draw the decision just made, and the candidates; each is compared only when it is opened."""
    if taken := st.session_state.pop(TAKEN, None):
        decision.outcome(*taken)
        st.toast(plain(decision_sentence(taken[1])), duration="long")  # in sight on a scrolled page
    candidates = [entry for entry in entries if entry.status == "candidate"]
    if not candidates:
        return
    count = len(candidates)
    st.header(f"{count} candidate{'s' if count > 1 else ''}", anchor=False)
    st.caption("Not used until promoted.")
    for entry in candidates:
        label = f"{model_title(entry.model)}, version {entry.version}, made {moment(entry.created)}"
        key = f"waiting {entry.model} {entry.version}"
        with st.expander(plain(label), key=key, on_change="rerun") as section:
            if section.open:
                decision.draw(entry.model, entry.version)


def history(model: str, entries: "Sequence[Entry]") -> None:
    """Draw the decisions about a model's versions, newest first, and offer to roll back.

    Raises:
        InputError: the registry does not answer.
    """
    from diagnosis.registry import registry

    decisions = registry.history(model) if any(entry.model == model for entry in entries) else []
    if not decisions:
        st.markdown(f"No decisions about {plain(model_title(model))} yet.")
        return
    with st.container(key="version-history"):
        _table(decisions)
    was_active = {each.before for each in decisions}
    back = [
        entry
        for entry in entries
        if entry.model == model and entry.here and entry.version in was_active
        if entry.status in ("former", "shipped")
    ]
    if access.read_only():
        return
    if back:
        st.subheader("Roll back", anchor=False)
    for entry in back:
        _offer(entry)


def _table(decisions: "Sequence[Decision]") -> None:
    table(
        ["When", "Version", "Decision", "By", "Reason"],
        [
            (
                moment(each.when),
                each.version,
                ACTIONS[each.action],
                each.by,
                each.why,
            )
            for each in decisions
        ],
        monospace={"Version"},
        key="decisions",
        file="decisions",
    )


def _offer(entry: "Entry") -> None:
    """A version that was active before, its AUC, and the button that makes it active again."""
    from diagnosis.registry import registry

    try:
        test = store.find(f"{entry.model}/{entry.version}").card.metrics.test
        figure = f"AUC {figure_of(test.estimates, 'auc')}, n = {test.n:,}, test split"
    except InputError as error:  # a damaged one is not offered
        st.caption(plain(str(error)))
        return
    with st.container(horizontal=True, vertical_alignment="center", key=f"back-{entry.version}"):
        st.markdown(f"`{entry.version}`, made {moment(entry.created)}: {figure}", width="content")
        with st.popover("Roll back to this version"):
            ask(
                {"Roll back": lambda by, why: registry.promote(
                    entry.model, entry.version, by=by, why=why
                )},
                model=entry.model, key=f"back {entry.model} {entry.version}",
                example="for example: the newer version missed a case",
            )  # fmt: skip
