"""Data sets: content, source and licence of each, how to get it, and importing one's own."""

from functools import partial

import streamlit as st

from diagnosis.core import access
from diagnosis.core.errors import InputError
from diagnosis.dashboard.data.card import data_card, kind_of, unusable
from diagnosis.dashboard.data.import_form import import_form
from diagnosis.dashboard.data.import_report import remove_button
from diagnosis.dashboard.data.record_form import record_form
from diagnosis.dashboard.shell import page
from diagnosis.dashboard.shell.caches import dataset, sizes_here
from diagnosis.dashboard.widgets.persistent import addressed
from diagnosis.dashboard.widgets.row_table import row_table, rows_csv
from diagnosis.datasets import SPLITS, catalogue, own_files, title_of
from diagnosis.datasets.imported import imported_files, imported_sets

page.begin("Data sets", key="data")
st.title("Data sets")
st.markdown("Labelled cases in three splits: training, validation and test.")
if not access.read_only():
    import_form()
    record_form()

FIRST = "pneumoniamnist"  # selected at first
imported = imported_sets()[0]
listed = [*catalogue().values(), *imported]
names = [*catalogue(), *own_files()]


def take(row: int) -> None:
    """A press on a row of the table chooses its set."""
    st.session_state["set"] = st.query_params["set"] = listed[row].name


rows: list[dict[str, object]] = [
    {
        "Set": title_of(facts.name, imported=" (yours)"),
        "Downloaded": "yes" if sizes_here(facts) else "no",
        "Task": facts.task,
        "Classes": len(facts.classes),
        "Scans": kind_of(facts),
        **{split: facts.counts[split] for split in SPLITS},
        "Sizes": ", ".join(map(str, facts.sizes)),
        "Licence": facts.licence,
    }
    for facts in listed
]
table = st.container()  # filled as soon as it is known which row is chosen

name = addressed(  # not bind="query-params": that would put the title there
    "Data set", names, parameter="set", key="set", default=FIRST, width=360,
    format_func=partial(title_of, imported=" (yours)"),
)  # fmt: skip
with table:
    row_table(
        rows, key="sets", alt="All data sets, one a row", opened=take, in_sight=8,
        shown=next((row for row, facts in enumerate(listed) if facts.name == name), None),
        columns={split: st.column_config.NumberColumn(format="localized") for split in SPLITS},
    )  # fmt: skip
    rows_csv(rows, file="data-sets")

opened, problem = None, None
facts = catalogue().get(name)
sizes = sizes_here(facts) if facts else (28,)
if sizes:
    with st.spinner("Opening the data set"):
        try:
            opened = dataset(name, sizes[0])
            facts = opened.facts
        except InputError as error:
            problem = str(error)
if facts is None:
    unusable(str(problem))
    if name in imported_files() and not access.read_only():
        remove_button(name, chosen_then=FIRST)
    st.stop()
data_card(facts, opened, problem)
if name in imported_files() and not access.read_only():
    remove_button(name, chosen_then=FIRST)
