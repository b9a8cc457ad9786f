"""The status of a search, refreshed every two seconds while a process works on it."""

import streamlit as st

from diagnosis.core import access
from diagnosis.core.errors import InputError
from diagnosis.dashboard.shell.escape import plain, show_error
from diagnosis.dashboard.tune import form
from diagnosis.dashboard.tune.results import charts, trials_table, winner
from diagnosis.dashboard.widgets.tables import details
from diagnosis.datasets import marked
from diagnosis.models.variants import VARIANTS
from diagnosis.tuning import processes, studies
from diagnosis.tuning.summary import Summary, summary

LOOKS_EVERY_S = 2.0


def search_view(name: str) -> None:
    """Draw a search: status, plan and results."""
    try:
        found = summary(studies.find(name))
    except InputError as error:
        show_error(error)
        return
    live = found.running or _starting(name)
    st.fragment(_drawn, run_every=LOOKS_EVERY_S if live else None)(name, live)


def _drawn(name: str, live: bool) -> None:
    study = studies.find(name)
    found = summary(study)
    starting = _starting(name)
    if (found.running or starting) != live:
        st.rerun()  # to begin or end the refreshing
    st.header(plain(found.name), anchor=False)
    _progress(found, starting)
    _plan(found)
    winner(found)
    charts(study, found)
    trials_table(found)


def _starting(name: str) -> bool:
    """Whether this session has started a driver that is alive but may not have begun."""
    started, process = st.session_state.get(form.STARTED, (None, None))
    return started == name and process.poll() is None


def _progress(found: Summary, starting: bool) -> None:
    budget = max(found.budget or 0, found.done, 1)
    working = found.running or starting
    sentence = "The process is starting." if starting and not found.running else found.sentence
    share = found.done / budget if found.budget or not working else None
    counted = f"{found.done} of {budget} trials" if found.budget else f"{found.done} trials"
    folds = sum(len(trial.folds) for trial in found.of("running"))
    under_way = found.of("running")
    if found.running and under_way:
        counted += (
            f"; running: {' and '.join(f'trial {trial.number}' for trial in under_way)} "
            f"({folds} of {len(under_way) * found.plan.folds} folds done)"
        )
    st.progress(share or 0.0, text=f"{sentence} {counted}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if access.read_only():
            pass
        elif working:
            st.button(
                "Stop", on_click=_stop, args=(found.name,), disabled=found.stopping or not found.running,
                help="Ends after the running folds; can be resumed.",
            )  # fmt: skip
        else:
            more = st.number_input(
                "Total trials", found.done + 1, form.BUDGET["trials"].high,
                max(found.budget or 0, found.done + 5), width=160, key=f"tune-more-{found.name}",
            )  # fmt: skip
            st.button("Resume", on_click=form.resume, args=(found.name, int(more)))
    if not working and (message := _problem(found)):
        st.error("Its process ended with:")
        st.text(message)


def _stop(name: str) -> None:
    studies.ask_to_stop(studies.find(name))


def _problem(found: Summary) -> str:
    """The last lines of a failed process that a page started; "" otherwise."""
    started, process = st.session_state.get(form.STARTED, (None, None))
    failed_here = started == found.name and process.poll() != 0
    path = processes.log_file(found.name)
    if not path.is_file() or not (failed_here or found.ended in (None, "failed")):
        return ""
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])


def _plan(found: Summary) -> None:
    plan, about = found.plan, found.about
    space = ", ".join(
        f"{name.replace('_', ' ')} {text}" for name, text in plan.space.to_json().items()
    )
    with st.popover("Search plan"):
        details(
            {
                "Data set": marked(about["title"], about["synthetic"]),
                "Variant": VARIANTS[plan.variant].title,
                "Space": space,
                "Sampler": form.SAMPLERS[plan.sampler],
                "Cases": f"{about['cases']:,} of the training and validation splits",
                "Folds": f"{plan.folds}, by {'patient' if about['by_patient'] else 'class'}"
                + ("" if about["by_patient"] else "; patients are not known"),
                "Epochs": f"{plan.epochs} at most; scored at the lowest loss of the held-out fold",
                "Seed": str(plan.seed),
                "From a terminal": "python -m diagnosis tune "
                + " ".join([*plan.words(), "--study", found.name]),
            },
            monospace=("From a terminal",),
        )
