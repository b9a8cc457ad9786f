"""The report on tables of patients that were read, storing them, and starting a first training."""

from typing import TYPE_CHECKING

import streamlit as st

from diagnosis.core.errors import InputError
from diagnosis.dashboard.shell import caches
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.train.cautions import WORDS, cautions, class_counts
from diagnosis.dashboard.widgets.tables import details, table
from diagnosis.datasets import SPLITS
from diagnosis.datasets.imported import imported_files
from diagnosis.jobs.plan import Plan
from diagnosis.text.records import record_findings
from diagnosis.training.config import TrainingConfig

if TYPE_CHECKING:  # it brings pandas, for which no page waits at its top
    from diagnosis.datasets.importing.records import PreparedRecords

# In the session: the records that were read; the set that was stored, a message of failure and the run that
# was started, each shown once; a number: each form has its own fields.
CHECKED, DONE, FAILED, RUN = "records-checked", "records-stored", "records-error", "records-run"
FORM = "records-form"
FIRST_MODEL = "embedding_gru"
NAME = "records-name"
UNTIMED = (
    "There is no prediction_time: every event is read, and one that follows from the outcome would give it "
    "away."
)


def report(checked: "PreparedRecords") -> None:
    """Draw it, with what can be done now."""
    dataset = checked.dataset
    st.markdown(
        f"**{len(checked.records):,} patients** with a label, {checked.events:,} events of "
        f"{len(dataset.codes):,} codes that occur in two training patients or more."
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        sentences = record_findings(checked.records.findings)
        details(
            {
                "Check": "\n".join(sentences) or "no problems",
                "Patients in two splits": _apart(checked),
            }
        )
    with right:
        counts = class_counts(dataset)
        sizes = [len(checked.patients[split]) for split in SPLITS]
        table(
            ["Class", *(WORDS[split] for split in SPLITS)],
            [
                *(
                    (name, *(f"{counts[split][index]:,}" for split in SPLITS))
                    for index, name in enumerate(dataset.facts.classes)
                ),
                ("Patients", *(f"{n:,}" for n in sizes)),
            ],
            key="records-counts",
        )
    warnings = cautions(dataset, balanced=False)
    if not checked.timed:
        warnings.append(UNTIMED)
    if n := checked.alike:
        warnings.append(
            f"{n:,} records are, event by event, one of another split: a patient may have two numbers."
        )
    if warnings:
        st.warning("\n".join(f"- {plain(sentence)}" for sentence in warnings))
    _decide(checked)


def _apart(checked: "PreparedRecords") -> str:
    """The proof that no patient is in two splits: what was counted."""
    shared = ", ".join(
        f"{WORDS[one]} and {WORDS[other]} {n:,}"
        for (one, other), n in checked.in_two_splits.items()
    )
    sizes = [len(patients) for patients in checked.patients.values()]
    different = len(frozenset().union(*checked.patients.values()))
    sum_ = " + ".join(f"{n:,}" for n in sizes)
    return f"{shared}\n{sum_} = {different:,} different patients"


def _decide(checked: "PreparedRecords") -> None:
    classes = checked.dataset.facts.classes
    st.session_state.setdefault(NAME, _free_name())
    columns = st.columns(min(1 + len(classes), 4), gap="small")
    columns[0].text_input(
        "Name of the set", key=NAME, max_chars=40, help="Lower-case letters, digits, - and _."
    )
    for index, name in enumerate(classes):
        columns[1 + index % (len(columns) - 1)].text_input(
            f"Name of class {index}", value=name, key=f"records-class-{index}", max_chars=100
        )
    with st.container(horizontal=True):
        st.button(
            "Store and train a first model", type="primary", key="records-train",
            on_click=_store, args=(checked,), kwargs={"train": True},
            help="An Embedding GRU with the usual settings. It runs in its own process; the result is a "
            "candidate, not used until it is promoted.",
        )  # fmt: skip
        st.button("Store the set", key="records-store", on_click=_store, args=(checked,))
        st.button("Start over", key="records-restart", on_click=_restart)


def _free_name() -> str:
    taken, name, number = imported_files(), "my-records", 2
    while name in taken:
        name, number = f"my-records-{number}", number + 1
    return name


def first_plan(name: str) -> Plan:
    """The training of the first model of a set of records."""
    return Plan(
        dataset=name,
        variant=FIRST_MODEL,
        training=TrainingConfig(augmentation=None),
        why="first model of imported records",
    )


def _store(checked: "PreparedRecords", *, train: bool = False) -> None:
    """A callback: it runs before the page, so that the box of sets can show the new one."""
    from diagnosis.dashboard.shell import warmup
    from diagnosis.datasets.importing.records import store_records
    from diagnosis.jobs import launch

    if CHECKED not in st.session_state:  # pressed twice
        return
    state = st.session_state
    name = state[NAME].strip()
    classes = [state[f"records-class-{k}"] for k in range(len(checked.dataset.facts.classes))]
    try:
        store_records(checked, name, classes)
    except InputError as error:
        state[FAILED] = str(error)
        return
    caches.dataset.clear()  # another set may have had this name
    _restart()
    state["set"] = st.query_params["set"] = state[DONE] = name
    if train:
        warmup.wait_records()
        try:
            plan = first_plan(name)
            state[RUN] = {
                "run": launch.start(plan), "dataset": name, "variant": plan.variant,
            }  # fmt: skip
            del state[DONE]
        except (InputError, OSError) as error:  # no record can be made, or no process
            state[FAILED] = f"The training did not start: {error}"


def _restart() -> None:
    """Forget the tables, and begin with an empty form; see `import_report`."""
    st.session_state.pop(CHECKED, None)
    st.session_state[FORM] = st.session_state.get(FORM, 0) + 1
    st.session_state.pop(NAME, None)
