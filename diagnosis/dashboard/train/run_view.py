"""One run: its progress, its curves as they grow, its buttons, and its result."""

import shlex
from collections.abc import Callable

import streamlit as st

from diagnosis.core import access
from diagnosis.core.dates import moment
from diagnosis.core.errors import InputError
from diagnosis.dashboard.glossary.terms import terms
from diagnosis.dashboard.shell.escape import plain, show_error, shows_errors
from diagnosis.dashboard.train import fields, recipe, sidebar
from diagnosis.dashboard.train.curve_file import csv_of
from diagnosis.dashboard.train.gate_epochs import gate_epochs
from diagnosis.dashboard.train.text import (
    CHARTS,
    duration,
    place_in_line,
    progress,
    run_name,
    title,
)
from diagnosis.dashboard.widgets.charts import theme
from diagnosis.dashboard.widgets.tables import details
from diagnosis.figures import training as figures
from diagnosis.jobs import launch, record, tracking
from diagnosis.jobs.plan import Plan
from diagnosis.jobs.record import Run, UnknownRunError
from diagnosis.models.variants import variant

POLL_S = 1.5  # while it lives; asking takes a few milliseconds
PROBLEM = "train-problem"  # in the session: what a press on a button ended in


def run_view(run_id: str) -> None:
    """Draw it; while the run is alive it is refreshed every other second."""
    try:
        run = record.find(run_id)
    except UnknownRunError:
        _unknown(run_id)
        return
    st.header(title(run.plan), anchor=False)
    st.caption(plain(_subtitle(run)))
    st.fragment(_stand, run_every=POLL_S if run.alive else None)(run.id, was_alive=run.alive)
    if not access.read_only():
        _train_again(run)
    if run.version is not None and not run.alive and run.plan.out is None:
        from diagnosis.dashboard.models.decision import draw

        draw(run.model, run.version)
        st.subheader("Training", anchor=False)
    st.fragment(_course, run_every=POLL_S if run.alive else None)(run.id)
    _request(run)
    if run.epoch or run.alive:
        gate_epochs(run)


def _unknown(run_id: str) -> None:
    st.warning(
        f"The address names a run “{plain(run_id[:40])}”, which is not recorded here. It may have "
        "been trained on another machine, or its record was deleted."
    )
    st.button("Show the newest run", key="train-newest", on_click=_forget)


def _forget() -> None:
    del st.query_params["run"]


def _subtitle(run: Run) -> str:
    plan = run.plan
    units = plan.units or variant(plan.variant).units
    parts = [
        f"{' + '.join(map(str, units))} {variant(plan.variant).unit_word}",
        f"seed {plan.training.seed}",
        f"submitted {moment(run.created)}" + (f" by {plan.by}" if plan.by else ""),
    ]
    return " · ".join(parts)


@shows_errors
def _stand(run_id: str, *, was_alive: bool) -> None:
    run = record.find(run_id)
    if run.alive != was_alive:
        st.rerun()  # of the whole page: that ends the polling, and shows what came of it
    _state(run)
    if problem := st.session_state.pop(PROBLEM, None):
        show_error(problem)
    with st.container(horizontal=True, vertical_alignment="center", key="train-buttons"):
        _buttons(run)


def _state(run: Run) -> None:
    if run.state == "waiting":
        waits = place_in_line(run, record.runs())
        st.progress(0.0, text="Waiting" + (f": {waits}" if waits else ": its process starts"))
    elif run.alive:
        st.progress(run.epoch / run.epochs, text=progress(run))
    else:
        tell = {"failed": st.error, "interrupted": st.warning}.get(run.state, st.info)
        tell(plain(run.sentence))


def _buttons(run: Run) -> None:
    if sentence := _request_sentence(run):
        st.markdown(sentence)
    if access.read_only():
        return
    if run.measuring and run.requested in (None, "stop"):
        st.button(
            "Cancel measuring", key="train-cancel", on_click=_try, args=(record.request, run.id, "cancel"),
            help="The best epoch is kept and can be measured later.",
        )  # fmt: skip
    elif run.alive and run.requested is None:
        st.button(
            "Stop", key="train-stop", on_click=_try, args=(record.request, run.id, "stop"),
            help="Saves and measures the best epoch so far; can be resumed.",
        )  # fmt: skip
    if run.measurable:
        st.button(
            "Measure the best epoch", key="train-measure", type="primary", on_click=_try,
            args=(launch.measure, run.id), help="Calibrates, measures and saves it.",
        )  # fmt: skip
    if run.resumable:
        st.button(
            "Resume", key="train-resume", type="secondary" if run.measurable else "primary",
            on_click=_try, args=(launch.resume, run.id),
            help=f"Goes on after epoch {run.epoch}." if run.epoch else "Begins.",
        )  # fmt: skip
    if run.alive and run.requested != "kill":
        with st.popover("Kill …", type="tertiary"):
            st.markdown("Only the record of this training stays. It cannot be resumed.")
            st.button(
                "Kill it", key="train-kill", on_click=_try, args=(record.request, run.id, "kill")
            )


def _request_sentence(run: Run) -> str | None:
    if run.requested == "kill":
        return "Being killed."
    if run.requested == "cancel":
        return "Measuring is being cancelled."
    if run.requested == "stop" and not run.measuring:
        return "Stops at the end of this batch; the best epoch so far is saved."
    return None


def _train_again(run: Run) -> None:
    """Not in a part that runs alone: the form is filled in with it."""
    here = fields.can_fill_in(run.plan)
    st.button(
        "Train again like this", key="train-again", on_click=_again, args=(run.plan,), disabled=not here,
        help="Fills the form with the settings of this run."
        if here
        else "The data set of this run is not on this machine.",
    )  # fmt: skip


def _again(plan: Plan) -> None:
    fields.fill_in(plan)
    sidebar.ask("open")
    lost = recipe.beyond(plan)
    beside = f" It has no field for {', '.join(lost)}." if lost else ""
    st.toast(f"The form has the settings of this run.{plain(beside)}")


def _try(act: Callable[..., None], *words: str) -> None:
    try:
        act(*words)
    except (InputError, OSError) as error:  # it ended meanwhile, or no process could be made
        st.session_state[PROBLEM] = str(error)


@shows_errors
def _course(run_id: str) -> None:
    run = record.find(run_id)
    if run.epoch:  # before the first one there is nothing to draw
        _curves(run)
    with st.expander("Log"):
        st.code(run.log or "Nothing yet.", language=None, height=240)


def _curves(run: Run) -> None:
    curves = record.curves(run.id)
    best = figures.best_epoch(curves)
    with st.container(key="train-curves"):
        for row in (("loss", "accuracy", "auc"), ("gradient_norm", "learning_rate")):
            for column, name in zip(st.columns(len(row)), row, strict=True):
                words, both, digits = CHARTS[name]
                if data := figures.rows(curves, name, best=best):
                    drawn = figures.curve(
                        words, data, theme=theme(), both=both, digits=digits, growing=run.alive
                    )
                    column.vega_lite_chart(data, drawn)
        st.caption(
            "After each epoch. The dotted line marks the lowest validation loss so far; the weights of that "
            "epoch are saved. Augmentation and dropout apply to training only, so its curve may lie below "
            "that of validation.",
            help=terms("epoch", "loss", "AUC", "gradient norm", "learning rate"),
        )
        st.download_button(
            "Curves as CSV", lambda: csv_of({run_name(run): curves}), f"scanline-run-{run.id[:8]}.csv",
            "text/csv", key="train-csv", on_click="ignore",
        )  # fmt: skip


def _request(run: Run) -> None:
    with st.expander("Request"):
        rows = {
            "By": run.plan.by or "–",
            "Description": run.plan.why or "–",
            "Submitted": moment(run.created),
            "Started": moment(run.started) if run.started else "–",
            "Ended": moment(run.ended) if run.ended else "–",
            "Machine": run.host,
            "Command": shlex.join(["python", "-m", "diagnosis", *run.plan.words()]),
            "Run": run.id,
        }
        if run.started and run.ended:
            rows["Took"] = duration((run.ended - run.started).total_seconds())
        details(rows, monospace={"Command", "Run"})
        if (page := tracking.page_of(run.id)) is not None:
            st.link_button("Open in MLflow", page)
        else:
            st.caption("In MLflow's own pages, which come with `requirements-cluster.txt`:")
            st.code(tracking.page_command(), language="bash", wrap_lines=True)
