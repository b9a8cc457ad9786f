"""The review before a training starts: data, network, time, and the same as a command."""

import shlex
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

import streamlit as st

from diagnosis.core.errors import InputError
from diagnosis.dashboard.shell import caches, warmup
from diagnosis.dashboard.shell.escape import plain, show_error
from diagnosis.dashboard.train.cautions import WORDS, case_word, cautions, class_counts, obstacles
from diagnosis.dashboard.train.text import at_most
from diagnosis.dashboard.widgets.tables import details, table
from diagnosis.datasets import SPLITS, Dataset, title_of
from diagnosis.jobs.plan import Plan

if TYPE_CHECKING:
    from diagnosis.jobs.probe import Estimate

DRAFT, FAILED = "train-draft", "train-failed"  # in the session: plans under review; an error
POLL_S = 1.0
MEASURING = {  # by whether there are folds
    False: "The validation split stops the training, sets the threshold and fits the calibration.",
    True: "Held-out predictions of all folds choose the epoch, set the threshold and fit the calibration; "
    "the model then learns from training and validation split.",
}
_one_at_a_time = threading.Lock()


def review(plans: Sequence[Plan]) -> None:
    """Draw it, with the button that starts the trainings, one for each plan."""
    plan = plans[0]
    st.header("Review", anchor=False)
    try:
        with st.spinner("Opening the data set"):
            dataset = caches.dataset(plan.dataset, plan.size)
    except InputError as error:
        show_error(error)
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        _details(plans, dataset)
    with right:
        counts = class_counts(dataset)
        table(
            [f"{case_word(dataset).capitalize()}s", *(WORDS[split] for split in SPLITS)],
            [
                (name, *(f"{counts[split][index]:,}" for split in SPLITS))
                for index, name in enumerate(dataset.facts.classes)
            ],
        )
        st.caption(
            f"{MEASURING[plan.training.folds > 1]} The test split is measured once, at the end."
        )
    stopping = obstacles(dataset)
    for sentence in stopping:
        st.error(plain(sentence))
    if warnings := cautions(dataset, balanced=plan.training.balanced):
        st.warning("\n".join(f"- {plain(sentence)}" for sentence in warnings))
    with st.container(horizontal=True):
        st.button(
            "Start training" if len(plans) == 1 else f"Start {len(plans)} trainings", type="primary",
            disabled=bool(stopping), on_click=_start, args=(tuple(plans),),
        )  # fmt: skip
        st.button("Cancel", on_click=st.session_state.pop, args=(DRAFT,))
    with st.expander("The same as a command"):
        lines = [shlex.join(["python", "-m", "diagnosis", *each.words()]) for each in plans]
        st.code("\n".join(lines), language="bash", wrap_lines=True)


def _start(plans: tuple[Plan, ...]) -> None:
    """Before the page runs again, so that it shows the first of the runs."""
    from diagnosis.jobs import launch

    warmup.wait_records()
    try:
        started = [launch.start(plan) for plan in plans]
    except (InputError, OSError) as error:  # no record can be made, or no process
        st.session_state[FAILED] = f"The training did not start: {error}"
        return
    st.session_state.pop(DRAFT, None)
    st.query_params["run"] = started[0]


def _facts(plans: Sequence[Plan], dataset: Dataset) -> dict[str, str]:
    plan, facts = plans[0], dataset.facts
    config, training = plan.config(dataset), plan.training
    rows = {
        "Data set": f"{title_of(plan.dataset)}: {facts.task}, {config.encoder.extent}",
        "Network": f"{config.kind.title}, {' + '.join(map(str, config.units))} {config.kind.unit_word}"
        + (f", dropout {config.dropout:g}" if config.dropout else ""),
        "Training": f"at most {training.epochs:,} epochs, batches of {training.batch_size:,}; "
        f"{training.optimizer}, learning rate {training.learning_rate:g} ({training.schedule}), "
        + (f"gradient clipped at {training.clip_norm:g}" if training.clip_norm else "no clipping"),
        "Early stopping": f"after {training.patience} epochs without a lower validation loss"
        if training.patience
        else "no",
        **({} if config.encoder.embedded else {"Augmentation": _augmented(plan)}),
        "Seed" if len(plans) == 1 else "Seeds": ", ".join(
            str(each.training.seed) for each in plans
        ),
    }
    if dataset.notes:
        rows["Notes"] = "\n".join(dataset.notes)
    return rows


def _augmented(plan: Plan) -> str:
    changes = plan.training.augmentation
    if changes is None:
        return "no"
    parts = [
        f"shifted by up to {changes.shift:.0%}" if changes.shift else "",
        f"turned by up to {changes.rotate:g}°" if changes.rotate else "",
        f"scaled by up to {changes.scale:.0%}" if changes.scale else "",
        "half of them mirrored" if changes.flip else "",
        f"contrast and brightness by up to {changes.intensity:.0%}" if changes.intensity else "",
        f"noise of {changes.noise:.0%}" if changes.noise else "",
    ]
    return ", ".join(filter(None, parts)) or "no"


def _details(plans: Sequence[Plan], dataset: Dataset) -> None:
    """The facts with what a probe measured; while it still does, look every second."""
    plan = plans[0]
    # an epoch of it takes as long as an epoch of this
    alike = plan.changed(training=plan.training.changed(epochs=1, seed=1), by="", why="")
    draw = st.fragment(_measured, run_every=None if _probe(alike).done() else POLL_S)
    draw(alike, _facts(plans, dataset), [each.training.epochs for each in plans])


def _measured(plan: Plan, facts: dict[str, str], epochs: Sequence[int]) -> None:
    probe = _probe(plan)
    if not probe.done():
        details(facts | {"Time": "measuring some batches, for 10 to 20 s"})
        return
    try:
        estimate = probe.result()
    except InputError as error:
        details(facts)
        show_error(error)
        st.button("Measure again", on_click=_probe.clear)
        return
    total = estimate.start_seconds + estimate.seconds_per_epoch * epochs[0]
    each = f" for each of {len(epochs)}, one after the other" if len(epochs) > 1 else ""
    details(
        facts
        | {
            "Parameters": f"{estimate.parameters:,}",
            "Time": f"{at_most(total)}{each}: {estimate.seconds_per_epoch:.1f} s per epoch, "
            f"{estimate.start_seconds:.0f} s to start. Just measured on this machine under its current load.",
        }
    )


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs={Plan: repr})
def _probe(plan: Plan) -> "Future[Estimate]":
    """One measurement a plan, whoever asks, in a process of its own; the app can end meanwhile."""
    probe: Future[Estimate] = Future()
    threading.Thread(target=_measure, args=(plan, probe), name="probe", daemon=True).start()
    return probe


def _measure(plan: Plan, probe: "Future[Estimate]") -> None:
    from diagnosis.jobs.probe import estimate

    try:
        with _one_at_a_time:
            probe.set_result(estimate(plan))
    except Exception as error:  # is for who asks for the result
        probe.set_exception(error)
