"""Models: every version with its test figures, its card, candidates and decisions."""

import streamlit as st

from diagnosis.core.errors import InputError
from diagnosis.dashboard.models.card import model_card
from diagnosis.dashboard.models.export import export
from diagnosis.dashboard.shell import page
from diagnosis.dashboard.shell.escape import plain, show_error
from diagnosis.dashboard.widgets.tables import csv_button
from diagnosis.dashboard.widgets.version_picker import choose_version, is_active, take
from diagnosis.models import store
from diagnosis.models.store import Version
from diagnosis.text.evaluation import figure_of

page.begin("Models", key="models")
st.title("Models")
candidates = st.container()  # filled last: the registry takes time to import

versions = store.versions()
if not versions:
    st.info("No models on this machine yet. The phantoms need no download; train one with")
    st.code("python -m diagnosis train phantoms lstm", language="bash")
    st.stop()

st.caption("Figures of the test split, with 95 % intervals.")


def row(version: Version) -> dict[str, object]:
    """A version's row in the table."""
    cells: dict[str, object] = {
        "Model": version.name,
        "Version": version.version,
        "Active": "yes" if is_active(version) else "no",
    }
    try:
        card = version.card
    except InputError:
        return cells  # its card says why
    test = card.metrics.test
    return cells | {
        "n": test.n,
        "AUC": figure_of(test.estimates, "auc"),
        "Accuracy": figure_of(test.estimates, "accuracy"),
        "Sensitivity": figure_of(test.estimates, "sensitivity"),
        "Specificity": figure_of(test.estimates, "specificity"),
        "Parameters": card.parameters,
    }


def take_row() -> None:
    """A click on a row of the table chooses its model and version."""
    if selected := st.session_state["versions"]["selection"]["rows"]:
        take(versions[selected[0]])


rows = [row(version) for version in versions]
st.dataframe(
    rows,
    height=min(320, 37 + 35 * len(versions)),
    hide_index=True,
    on_select=take_row,
    selection_mode="single-row",
    column_config={
        count: st.column_config.NumberColumn(format="localized") for count in ("n", "Parameters")
    },
    key="versions",
    alt="All model versions with their figures on the test split, one a row",
)

columns = list(dict.fromkeys(name for each in rows for name in each))
csv_button(columns, [[str(each.get(name, "")) for name in columns] for each in rows], file="models")

chosen = choose_version(versions)
try:
    export(chosen)
    model_card(chosen, active=is_active(chosen))
except InputError as error:
    show_error(error)

st.header("Decisions", anchor=False)
with st.spinner("Opening the registry"):
    from diagnosis.dashboard.models import history
    from diagnosis.registry import registry

    try:
        entries = registry.entries() if registry.known() else []
        for question in registry.questions() if entries else []:
            candidates.warning(plain(question))
        history.history(chosen.name, entries)
        with candidates:
            history.waiting(entries)
    except InputError as error:
        show_error(error)
