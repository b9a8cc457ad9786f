"""Models: every version with its test figures, its card, candidates and decisions."""

import streamlit as st

from diagnosis.core.errors import InputError
from diagnosis.dashboard.models.card import HIDDEN, model_card
from diagnosis.dashboard.models.export import export
from diagnosis.dashboard.shell import page
from diagnosis.dashboard.shell.escape import plain, show_error
from diagnosis.dashboard.widgets.row_table import row_table, rows_csv
from diagnosis.dashboard.widgets.version_picker import choose_version, is_active, take
from diagnosis.models import store
from diagnosis.models.store import Version
from diagnosis.registry import looks
from diagnosis.text.evaluation import figure_of

FIGURES = {  # column -> figure
    "AUC": "auc",
    "Accuracy": "accuracy",
    "Sensitivity": "sensitivity",
    "Specificity": "specificity",
}

page.begin("Models", key="models")
st.title("Models")
candidates = st.container()  # filled last: the registry takes time to import

versions = store.versions()
if not versions:
    st.info("No models on this machine yet. The phantoms need no download; train one with")
    st.code("python -m diagnosis train phantoms lstm", language="bash")
    st.stop()

unopened = looks.unopened()
st.caption(
    "Figures of the test split, with 95 % intervals."
    + (" A candidate's are hidden until its test split is opened below." if unopened else "")
)


def is_unopened(version: Version) -> bool:
    """Whether it is a candidate whose test figures nobody has asked for."""
    return f"{version.name}/{version.version}" in unopened


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
    test, hidden = card.metrics.test, is_unopened(version)
    return cells | {
        "n": test.n,
        **{
            title: HIDDEN if hidden else figure_of(test.estimates, name)
            for title, name in FIGURES.items()
        },
        "Parameters": card.parameters,
    }


rows = [row(version) for version in versions]
table = st.container()  # filled as soon as it is known which row is chosen
chosen = choose_version(versions)
with table:
    row_table(
        rows, key="versions",
        alt="All model versions with their figures on the test split, one a row",
        shown=next(row for row, each in enumerate(versions) if each.folder == chosen.folder),
        opened=lambda row: take(versions[row]), in_sight=8,
        columns={
            count: st.column_config.NumberColumn(format="localized")
            for count in ("n", "Parameters")
        },
    )  # fmt: skip
    rows_csv(rows, file="models")
try:
    export(chosen)
    model_card(chosen, active=is_active(chosen), test=not is_unopened(chosen))
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
