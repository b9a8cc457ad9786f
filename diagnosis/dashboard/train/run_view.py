"""One run: how far it is, its curves as they grow, what can be asked of it, and how it ended."""

import shlex
from collections.abc import Callable

import streamlit as st

from diagnosis.core import access
from diagnosis.core.errors import InputError
from diagnosis.dashboard.glossary.tooltips import term
from diagnosis.dashboard.train.gate_epochs import gate_epochs
from diagnosis.dashboard.train.text import clock, duration, place_in_line, progress, title
from diagnosis.dashboard.widgets.escape import plain
from diagnosis.dashboard.widgets.tables import details
from diagnosis.dashboard.widgets.told import told
from diagnosis.figures import training as figures
from diagnosis.jobs import launch, record
from diagnosis.jobs.record import Run
from diagnosis.models.variants import variant

POLL_S = 1.5  # while it lives; asking takes a few milliseconds
PROBLEM = "train-problem"  # in the session: what a press on a button ended in
CHARTS = {  # name -> title, whether there is one of each split, digits
    "loss": ("Loss", True, ".3f"),
    "accuracy": ("Accuracy", True, ".3f"),
    "auc": ("AUC", True, ".3f"),
    "gradient_norm": ("Gradient norm", False, ".3f"),
    "learning_rate": ("Learning rate", False, ".2e"),
}


def run_view(run_id: str) -> None:
    """Draw it; while the run lives it is drawn anew every other second."""
    run = record.find(run_id)
    st.header(title(run.plan), anchor=False)
    st.caption(plain(_which(run)))
    st.fragment(_stand, run_every=POLL_S if run.alive else None)(run.id, was_alive=run.alive)
    if run.version is not None and not run.alive and run.plan.out is None:
        from diagnosis.dashboard.models.decision import draw

        draw(run.model, run.version)
        st.subheader("How it was trained", anchor=False)
    st.fragment(_course, run_every=POLL_S if run.alive else None)(run.id)
    _asked_for(run)
    if run.epoch or run.alive:
        gate_epochs(run)


def _which(run: Run) -> str:
    plan = run.plan
    units = plan.units or variant(plan.variant).units
    said = [
        f"{' + '.join(map(str, units))} {variant(plan.variant).unit_word}",
        f"seed {plan.training.seed}",
        f"asked for on {clock(run.created)}" + (f" by {plan.by}" if plan.by else ""),
    ]
    return " · ".join(said)


@told
def _stand(run_id: str, *, was_alive: bool) -> None:
    run = record.find(run_id)
    if run.alive != was_alive:
        st.rerun()  # of the whole page: that ends the polling, and shows what came of it
    _state(run)
    if problem := st.session_state.pop(PROBLEM, None):
        st.error(plain(problem))
    with st.container(horizontal=True, vertical_alignment="center"):
        _buttons(run)


def _state(run: Run) -> None:
    if run.state == "waiting":
        waits = place_in_line(run, record.runs())
        st.progress(0.0, text="Waiting" + (f": {waits}" if waits else ": its process starts"))
    elif run.state == "running":
        st.progress(run.epoch / run.epochs, text=progress(run))
    else:
        tell = {"failed": st.error, "interrupted": st.warning}.get(run.state, st.info)
        tell(plain(run.sentence))


def _buttons(run: Run) -> None:
    if run.requested is not None:
        st.markdown(
            "Asked to stop: it ends within seconds and keeps the best epoch so far."
            if run.requested == "stop"
            else "Asked to be killed."
        )
    if access.read_only():
        return
    if run.alive:
        if run.requested is None:
            st.button(
                "Stop", key="train-stop", on_click=_try, args=(record.request, run.id, "stop"),
                help="Keeps the best epoch so far, measures it, and can be resumed.",
            )  # fmt: skip
        if run.requested != "kill":
            with st.popover("Kill"):
                st.markdown(
                    "Nothing of this training is kept but its record. It cannot be resumed."
                )
                st.button(
                    "Kill it",
                    key="train-kill",
                    on_click=_try,
                    args=(record.request, run.id, "kill"),
                )
    elif run.resumable:
        st.button(
            "Resume", key="train-resume", type="primary", on_click=_try, args=(launch.resume, run.id),
            help=f"Goes on after epoch {run.epoch}." if run.epoch else "Begins.",
        )  # fmt: skip


def _try(act: Callable[..., None], *words: str) -> None:
    try:
        act(*words)
    except (InputError, OSError) as error:  # it ended meanwhile, or no process could be made
        st.session_state[PROBLEM] = str(error)


@told
def _course(run_id: str) -> None:
    run = record.find(run_id)
    if run.epoch or run.alive:
        _curves(run)
    with st.expander("Log"):
        st.code(run.log or "Nothing yet.", language=None, height=240)


def _curves(run: Run) -> None:
    curves = record.curves(run.id)
    theme = "dark" if st.context.theme.type == "dark" else "light"
    best = figures.best_epoch(curves)
    with st.container(key="train-curves"):
        for row in (("loss", "accuracy", "auc"), ("gradient_norm", "learning_rate")):
            for column, name in zip(st.columns(len(row)), row, strict=True):
                words, both, digits = CHARTS[name]
                data = figures.rows(curves, name, best=best)
                with column:
                    st.vega_lite_chart(
                        data
                        or [{"epoch": None, "value": None, "split": "training", "best": False}],
                        figures.curve(words, theme=theme, both=both, digits=digits),
                    )
        st.caption(
            "After each epoch. The dotted line is at the lowest validation loss so far: the weights of that "
            "epoch are the ones that are kept. Training images are changed a little and part of the network "
            "is dropped while it learns, so its curve may lie below that of validation.",
            help="\n\n".join(
                f"**{name}**: {term(name)}"
                for name in ("epoch", "loss", "AUC", "gradient norm", "learning rate")
            ),
        )


def _asked_for(run: Run) -> None:
    with st.expander("What was asked for"):
        rows = {
            "By": run.plan.by or "not said",
            "What for": run.plan.why or "not said",
            "Asked": clock(run.created),
            "Began": clock(run.started),
            "Ended": clock(run.ended),
            "Machine": run.host,
            "Command": shlex.join(["python", "-m", "diagnosis", *run.plan.words()]),
            "Run": run.id,
        }
        if run.started and run.ended:
            rows["Took"] = duration((run.ended - run.started).total_seconds())
        details(rows, monospace={"Command", "Run"})
