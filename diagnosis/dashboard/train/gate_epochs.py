"""Gates and states for one fixed validation scan: before training, at a chosen epoch, and the latest."""

import json
from collections.abc import Mapping
from typing import cast

import numpy as np
import streamlit as st

from diagnosis.dashboard.shell.escape import shows_errors
from diagnosis.dashboard.widgets.charts import plot, theme
from diagnosis.dashboard.widgets.signals import SIGNALS, layer_words, letter
from diagnosis.datasets import title_of
from diagnosis.figures.frame import Axis
from diagnosis.figures.panels import picture_panel, signal_panel
from diagnosis.jobs import record
from diagnosis.jobs.record import Run
from diagnosis.models.variants import VARIANTS
from diagnosis.sequences import encoder_from_json
from diagnosis.traces import GATES, LayerHalf
from diagnosis.traces.trace import Direction

POLL_S = 4.0


def gate_epochs(run: Run) -> None:
    """Draw it; nothing for a CNN, which has no gates."""
    if not VARIANTS[run.plan.variant].recurrent:
        return
    st.subheader("Gates during training", anchor=False)
    st.fragment(_snapshots, run_every=POLL_S if run.alive else None)(run)


@shows_errors
def _snapshots(run: Run) -> None:
    epochs = record.gate_epochs(run.id)
    if not epochs:
        st.caption("The first snapshot is taken when training begins.")
        return
    first, latest = _snapshot(run.id, epochs[0]), _snapshot(run.id, epochs[-1])
    key, signal = _signal(run, latest)
    last = max(run.epochs if run.alive else epochs[-1], epochs[0] + 1)
    with st.container(key="train-gate-epoch"):
        wanted = st.slider(
            "Epoch in the middle",
            epochs[0],
            last,
            min(epochs[0] + 1, last),
            key=f"train-epoch-{run.id}-{last}",
        )
    chosen = next((epoch for epoch in epochs if epoch >= wanted), epochs[-1])
    panels = {
        _after(epochs[0]): first,
        _after(chosen): _snapshot(run.id, chosen),
        _after(epochs[-1]): latest,
    }
    _panels(run, panels, key, signal)


def _after(epoch: int) -> str:
    return f"after epoch {epoch}" if epoch else "before training"


def _signal(run: Run, snapshot: Mapping[str, np.ndarray]) -> tuple[str, str]:
    """The chosen layer with its direction, and gate or state."""
    signals: dict[str, list[str]] = {}
    for name in snapshot:
        half, _, signal = name.rpartition("/")
        if half:
            signals.setdefault(half, []).append(signal)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        half = next(iter(signals))
        if len(signals) > 1:
            half = st.selectbox(
                "Layer",
                list(signals),
                key=f"train-layer-{run.id}",
                format_func=_half_words,
                width=260,
            )
        cell, choices = VARIANTS[run.plan.variant].cell, signals[half]
        signal = choices[0]
        if len(choices) > 1:
            signal = st.segmented_control(
                "Gate or state", choices, default=choices[1], key=f"train-signal-{cell}",
                format_func=letter, required=True,
            ) or choices[1]  # fmt: skip
    return half, signal


def _half_words(half: str) -> str:
    return layer_words(_half(half))


def _half(key: str) -> LayerHalf:
    layer, _, direction = key.partition("/")
    return LayerHalf(layer, cast("Direction", direction) or None, cell="")


def _panels(
    run: Run, panels: Mapping[str, Mapping[str, np.ndarray]], half: str, signal: str
) -> None:
    snapshots = list(panels.values())
    image = snapshots[-1]["image"]
    encoder = encoder_from_json(json.loads(str(snapshots[-1]["encoder"])))
    axis, seen, across = Axis(encoder.steps), encoder.view(image), _half(half).across
    own = Axis(encoder.across) if across else axis
    steps, width = seen.lines.shape[:2]
    name = f"{half}/{signal}"
    limit = max(1.0, *(float(np.nanmax(np.abs(each[name]), initial=0)) for each in snapshots))
    gate = signal in GATES
    title = SIGNALS[VARIANTS[run.plan.variant].cell, signal].title
    with st.container(key="train-gates", horizontal=True, gap="small"):
        with st.container(width=max(220, int(390 * min(1.0, width / steps)))):
            plot(
                picture_panel(seen, axis),
                key=f"train-picture-{run.id}",
                alt="The fixed scan as the network reads it",
            )
        for place, (words, snapshot) in enumerate(panels.items()):
            with st.container(key=f"train-gate-{place}"):
                plot(
                    signal_panel(
                        snapshot[name], own, title=words, gate=gate, theme=theme(), numbered=across,
                        limit=None if gate else limit,
                    ),
                    key=f"train-gate-{run.id}-{place}",
                    alt=f"{title}, {words}",
                )  # fmt: skip
    st.caption(
        f"{title.capitalize()}: all units from left to right, {own.step} by {own.step}, for the same "
        f"validation scan of {title_of(run.plan.dataset)} after every epoch. Units have no clinical meaning "
        "of their own."
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _snapshot(run_id: str, epoch: int) -> dict[str, np.ndarray]:
    """A snapshot never changes."""
    return record.gates(run_id, epoch)
