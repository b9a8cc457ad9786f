"""The form of a search. It starts the same command as a terminal would, in its own process."""

import os
from functools import partial
from typing import Any

import streamlit as st

from diagnosis.core import executors
from diagnosis.core.errors import InputError
from diagnosis.core.settings import Parameter, parameter
from diagnosis.dashboard.shell.caches import dataset, sizes_here
from diagnosis.dashboard.shell.escape import show_error
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.datasets import Dataset, catalogue, has_records, own_files, title_of
from diagnosis.models.variants import VARIANTS, recurrent_variants
from diagnosis.tuning.plan import TRIALS, Budget, Plan
from diagnosis.tuning.space import PARAMETERS, Space, usual

# In the session: the process that was started; the search to show next; an error.
STARTED, SHOW, FAILED = "tune-started", "tune-show", "tune-failed"
FIRST = "pneumoniamnist"
BUDGET = {name: parameter(Budget, name) for name in Budget.model_fields}
# Each is a process of some 1 GB. On this machine more than it has cores would be no faster; Dask has its own.
MOST_WORKERS = BUDGET["workers"].high
if not os.environ.get(executors.ADDRESS):
    MOST_WORKERS = min(MOST_WORKERS, os.cpu_count() or 1)
SAMPLERS = {
    "tpe": "TPE: Bayesian, learns from earlier trials",
    "random": "Random",
    "grid": "Grid: every combination",
}


def form(*, opened: bool) -> None:
    """Draw the section; ``opened`` if there is no search to look at yet."""
    published = [name for name, facts in catalogue().items() if sizes_here(facts)]
    names = [name for name in (*published, *own_files()) if not has_records(name)]
    with st.expander("New search", expanded=opened):
        left, right = st.columns(2, gap="large")
        with left:
            st.selectbox(
                "Data set",
                names,
                format_func=partial(title_of, imported=" (yours)"),
                **persistent("tune-dataset", FIRST if FIRST in names else names[0], names),
            )
            kinds = recurrent_variants()
            variant = st.selectbox(
                "Variant", kinds, **persistent("tune-variant", "lstm"),
                format_func=lambda name: VARIANTS[name].title,
            )  # fmt: skip
            sampler = st.selectbox(
                "Sampler",
                list(SAMPLERS),
                format_func=SAMPLERS.__getitem__,
                **persistent("tune-sampler", "tpe"),
            )
            first, second = st.columns(2)
            with first:
                _number(
                    "tune-trials",
                    BUDGET["trials"],
                    TRIALS,
                    help="Of this search, those that are done among them.",
                )
            with second:
                _number(
                    "tune-minutes", BUDGET["minutes"], 0.0,
                    help="0 for no limit. Running folds are finished; the search can be resumed.",
                )  # fmt: skip
        with right:
            st.caption(
                "A list such as 16,32,64 or a range such as 16:64 is searched; a single value is fixed."
            )
            columns = st.columns(2)
            for index, (name, text) in enumerate(usual(variant, sampler).items()):
                # the default follows variant and sampler, so the key does
                written = columns[index % 2].text_input(
                    PARAMETERS[name].label, **persistent(f"tune-{name}-{text}", text)
                )
                st.session_state[f"tune-text-{name}"] = written
            with st.popover("Folds, epochs, seed and workers"):
                for name in ("folds", "epochs", "seed"):
                    field = parameter(Plan, name)
                    _number(f"tune-{name}", field, field.default)
                _number(
                    "tune-workers", BUDGET["workers"], 1, max_value=MOST_WORKERS,
                    help="Folds computed in parallel, each in its own process.",
                )  # fmt: skip
            st.text_input(
                "Name", **persistent("tune-name", ""), placeholder="from data set, variant and sampler",
                help="If a search of this name has the same plan, it is continued.",
            )  # fmt: skip
        st.button("Start the search", type="primary", on_click=_start)
    if failed := st.session_state.pop(FAILED, None):
        show_error(failed)


def _number(key: str, field: Parameter, usual: float, **box: Any) -> None:
    st.number_input(**field.number() | box, **persistent(key, usual))


def resume(name: str, trials: int) -> None:
    """Start a driver for a search that is stored."""
    _drive(name, ["--resume", name, "--trials", str(trials)])


def _drive(name: str, words: list[str]) -> None:
    from diagnosis.tuning import processes

    try:
        st.session_state[STARTED] = (name, processes.start(name, words))
    except (InputError, OSError) as error:  # too many run, or no process could be made
        st.session_state[FAILED] = f"The search did not start: {error}"


def _start() -> None:
    """A callback: it runs before the page, so that the page shows the new search."""
    from diagnosis.datasets.folds import fold_numbers
    from diagnosis.tuning import processes, studies

    state = st.session_state
    try:
        plan, opened = _planned()
        fold_numbers(opened, plan.folds, plan.seed)
        name = state["tune-name"].strip() or plan.default_name
        study = studies.create(plan, opened, name)
        if processes.driven(study):
            raise InputError(f"The search {name} is running already: choose another name.")
    except InputError as error:
        state[FAILED] = str(error)
        return
    words = ["--resume", name, "--trials", str(state["tune-trials"])]  # its plan is stored
    if state["tune-minutes"]:
        words += ["--minutes", f"{state['tune-minutes']:g}"]
    words += ["--workers", str(state["tune-workers"])]
    _drive(name, words)
    state[SHOW] = name


def _planned() -> tuple[Plan, Dataset]:
    state = st.session_state
    space = Space.read({name: state[f"tune-text-{name}"] for name in PARAMETERS})
    name = state["tune-dataset"]
    facts = catalogue().get(name)
    opened = dataset(name, sizes_here(facts)[0] if facts else 28)
    plan = Plan.of(
        opened, name, state["tune-variant"], space,
        sampler=state["tune-sampler"], folds=int(state["tune-folds"]),
        epochs=int(state["tune-epochs"]), seed=int(state["tune-seed"]),
    )  # fmt: skip
    return plan, opened
