"""A record as it came: what is known from the start, and its events as a list."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from diagnosis.cases import Case
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.event_list import event_list
from diagnosis.dashboard.widgets.tables import csv_button, details
from diagnosis.datasets.variables import title_of_code
from diagnosis.models.config import ModelConfig
from diagnosis.sequences import Encoder, EventList, StudyEncoder
from diagnosis.sequences.sequence import EVENT

if TYPE_CHECKING:  # it brings Keras, for which no page waits at its top
    from diagnosis.inference.prediction import Prediction

BOARD = "read-board"  # whose cursor the list follows on the page Read


def record_panel(case: Case, config: ModelConfig, task: str) -> None:
    """Draw it; nothing of a record that the model cannot read, which the prediction reports.

    Args:
        case: a record.
        config: of the model.
        task: the set that it learned from, which knows names of codes.
    """
    encoder = _encoder(config)
    table = event_table(*_events(case, config, task))
    timed = table[table["hour"].notna()]
    hours = timed["hour"].max() if len(timed) else 0
    kinds = timed["code"].nunique()
    st.markdown(
        f"**{len(timed):,} event{'s' * (len(timed) != 1)}** of {kinds:,} kind{'s' * (kinds != 1)}"
        + (f" in {hours:.1f} hours" if hours else "")
    )
    known = table[table["hour"].isna()]
    if len(known):
        shown = zip(known["code"], known["value"], known["unit"], strict=True)
        details(dict(_fact(*each) for each in shown))
    if case.patient is not None:
        for note in case.patient.notes:
            st.caption(plain(note))
        if (more := len(case.patient.record) - len(timed)) > 0:
            st.caption(f"{more:,} earlier events are not read: the model reads {encoder.extent}.")


def record_events(
    case: Case,
    config: ModelConfig,
    task: str,
    prediction: "Prediction | None" = None,
    *,
    board: str = BOARD,
) -> None:
    """The events as a list beside a board, whose cursor it follows.

    Args:
        case: a record.
        config: of the model.
        task: the set that it learned from, which knows names of codes.
        prediction: of the record; None before an independent read.
        board: key of the board.
    """
    events, names = _events(case, config, task)
    table = event_table(events, names)
    after = None
    if prediction is not None and prediction.per_step is not None and not prediction.is_rejected:
        target = (
            int(prediction.probabilities.argmax()) if config.finding is None else config.finding
        )
        after = {config.classes[target]: prediction.per_step[: len(events), target]}
    labels = [_value(*row) for row in zip(names, events.values, events.units, strict=True)]
    event_list(board, events, labels, names, EVENT, probabilities=after)
    csv_button(
        list(map(str, table.columns)),
        table.astype(object).where(table.notna(), "").values.tolist(),
        file="events",
    )
    if not config.encoder.parts:  # of a study the picture's tags have it
        details({"SHA-256": case.sha256}, monospace=("SHA-256",))


def _encoder(config: ModelConfig) -> Encoder:
    """That of the record, of a study too."""
    encoder = config.encoder
    return encoder.record if isinstance(encoder, StudyEncoder) else encoder


def _events(case: Case, config: ModelConfig, task: str) -> tuple[EventList, list[str]]:
    """What the model reads of a record, without padding, and the names of the codes for people."""
    encoder = _encoder(config)
    events = encoder.view(encoder.example(case))
    assert isinstance(events, EventList)
    steps = encoder.encode(case).steps[: len(events)]
    return events, [title_of_code(task, step.label) for step in steps]


def _value(name: str, value: float, unit: str) -> str:
    """``Creatinine 3.1 mg/dL``."""
    return name if np.isnan(value) else f"{name} {value:.4g} {unit}".rstrip()


def event_table(events: EventList, names: list[str]) -> pd.DataFrame:
    """Events and facts with the columns step, hour (NaN of a fact), code, value and unit.

    Args:
        events: of a record.
        names: of their codes.
    """
    return pd.DataFrame({
        "step": np.arange(1, len(events) + 1),
        "hour": events.hours,
        "code": names,
        "value": events.values.astype(float),
        "unit": list(events.units),
    })  # fmt: skip


def _fact(code: str, value: float, unit: str) -> tuple[str, str]:
    """Name and value of a fact; a word that is its value stands in its code."""
    name, _, word = code.partition(": ")
    return name, word or ("stated" if np.isnan(value) else f"{value:.4g} {unit}".rstrip())
