"""Gate statistics: how often each unit's gates are open or closed over the test split; memory lengths."""

from datetime import UTC, datetime

import numpy as np
import streamlit as st

from diagnosis.core.dates import day
from diagnosis.dashboard.gates.context import Subject
from diagnosis.dashboard.shell import caches
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets import signals
from diagnosis.dashboard.widgets.chart_registry import chart
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.dashboard.widgets.signals import layer_words, letter
from diagnosis.dashboard.widgets.tables import table
from diagnosis.datasets import Dataset
from diagnosis.explanations.gate_statistics import GateStatistics, SplitGates
from diagnosis.figures.gate_use import memory_lengths, saturation, shared_limit
from diagnosis.sequences import StepKind
from diagnosis.traces import SIGNALS

VALUES_A_SECOND = 5e7  # states and gates computed and counted, on two cores
_WIDTH = 272  # of a figure: four fit side by side
AT_ONCE_S = 3.0  # what takes longer waits for a press


def draw(subject: Subject) -> None:
    """Draw the section; counted once for a version and a data set."""
    dataset = subject.dataset
    misfit = GateStatistics().misfit(subject.config, dataset)
    if misfit is not None or dataset is None:
        st.info("" if misfit is None else misfit.sentence)
        return
    n, seconds = len(dataset.images["test"]), _seconds(subject, dataset)
    asked = f"gate-statistics-{subject.version.folder}"
    if seconds > AT_ONCE_S and not st.session_state.get(asked):
        if not st.button(f"Count over the {n} test {subject.cases}: about {seconds:.0f} s"):
            return
        st.session_state[asked] = True
    with st.spinner(f"Reading {n} test {subject.cases}"):
        found, date = _counted(str(subject.version.folder), dataset.sha256, dataset)
    _figures(subject, found)
    _table(found, subject.steps)
    synthetic = "synthetic " if dataset.facts.synthetic else ""
    st.caption(
        "Each mark is a unit, on the dotted line always closed or open; the table has means over units. "
        f"The {found.cases} {synthetic}test {subject.cases} of {plain(dataset.facts.title)}, "
        f"{found.timesteps} {subject.steps.plural} in all, counted on {date}. {GateStatistics.caption}"
    )


@st.cache_resource(max_entries=12, show_spinner=False)
def _counted(version_folder: str, sha256: str, _dataset: Dataset) -> tuple[SplitGates, str]:
    """The statistics and the day on which they were counted."""
    model = caches.model(version_folder)

    def count() -> SplitGates:
        assert model.tracer is not None
        return GateStatistics()(model.tracer, _dataset.images["test"], model.config.encoder)

    return model.checked(count), day(datetime.now(UTC))


def _seconds(subject: Subject, dataset: Dataset) -> float:
    """About how long counting takes, compiling apart."""
    config = subject.config
    units = sum(config.units) * config.kind.directions
    values = len(dataset.images["test"]) * config.encoder.length * units
    return values * len(SIGNALS[config.kind.cell]) / VALUES_A_SECOND


def _figures(subject: Subject, found: SplitGates) -> None:
    """All gates of one half of one layer, and its memory."""
    halves = {use.key: use for use in found.gates}
    key = next(iter(halves))
    if len(halves) > 1:
        key = st.selectbox(
            "Layer", list(halves), **persistent(f"gate-statistics-layer-{subject.version.name}", key, halves),
            width=260, format_func=lambda key: layer_words(halves[key]),
        )  # fmt: skip
    uses = [use for use in found.gates if use.key == key]
    steps = subject.board.axis_of(halves[key]).steps
    limit = shared_limit(*(fraction for use in found.gates for fraction in (use.open, use.closed)))
    with st.container(horizontal=True, gap="small"):
        for use in uses:
            with st.container(width=_WIDTH):
                chart(
                    saturation(
                        use.closed, use.open, use.mean, title=_name(use.cell, use.gate), limit=limit
                    ),
                    part="section", key=f"gate-use-{letter(use.gate)}",
                    alt=f"{_name(use.cell, use.gate)}: how often it is closed and open, a mark a unit",
                )  # fmt: skip
        memory = next(use for use in uses if use.memory is not None)
        assert memory.memory is not None
        with st.container(width=_WIDTH):
            chart(
                memory_lengths(
                    memory.memory, subject.config.encoder.length, title="memory length",
                    steps=steps, theme=subject.theme,
                ),
                part="section", key="gate-memory",
                alt=f"Memory length of each unit in {steps.plural}, longest first",
            )  # fmt: skip


def _table(found: SplitGates, steps: StepKind) -> None:
    rows, words = [], "steps" if any(use.across for use in found.gates) else steps.plural
    for use in found.gates:
        memory = "" if use.memory is None else _middle(use.memory)
        rows.append([
            f"{layer_words(use)}: {_name(use.cell, use.gate)}",
            f"{use.open.mean():.0%}", f"{use.closed.mean():.0%}", f"{use.mean.mean():.2f}", memory,
        ])  # fmt: skip
    table(
        ["gate", "open", "closed", "mean", f"memory in {words}: median unit (5 to 95 %)"],
        rows,
        file="gate-statistics",
    )


def _name(cell: str, gate: str) -> str:
    return signals.SIGNALS[cell, gate].name


def _middle(memory: np.ndarray) -> str:
    low, middle, high = np.percentile(memory, [5, 50, 95])
    return f"{middle:.1f} ({low:.1f} to {high:.1f})"
