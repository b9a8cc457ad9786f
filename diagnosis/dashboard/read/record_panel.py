"""A record as it came, on the page Read: what is known from the start, and its events as a table."""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from diagnosis.cases import Case, Patient
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.tables import details
from diagnosis.datasets.variables import title_of_code
from diagnosis.models.config import ModelConfig
from diagnosis.sequences import EventList


def record_panel(case: Case, config: ModelConfig, task: str) -> None:
    """Draw it; nothing of a record that the model cannot read, which the prediction reports.

    Args:
        case: a record.
        config: of the model.
        task: the set that it learned from, which knows names of codes.
    """
    encoder = config.encoder
    events = encoder.view(encoder.example(case))
    assert isinstance(events, EventList)
    names = [step.label for step in encoder.encode(case).steps[: len(events)]]
    table = event_table(events, list(map(partial(title_of_code, task), names)))
    timed = table[table["hour"].notna()]
    hours = timed["hour"].max() if len(timed) else 0
    kinds = timed["code"].nunique()
    st.markdown(
        f"**{len(timed):,} event{'s' * (len(timed) != 1)}** of {kinds:,} kind{'s' * (kinds != 1)} in "
        f"{hours:.1f} hours"
    )
    known = table[table["hour"].isna()]
    if len(known):
        shown = zip(known["code"], known["value"], known["unit"], strict=True)
        details(dict(_fact(*each) for each in shown))
    if isinstance(case.payload, Patient):
        for note in case.payload.notes:
            st.caption(plain(note))
        if (more := len(case.payload.record) - len(timed)) > 0:
            st.caption(f"{more:,} earlier events are not read: the model reads {encoder.extent}.")
    with st.expander("Events as a table"):
        _table(timed)
    details({"SHA-256": case.sha256}, monospace=("SHA-256",))


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


@st.fragment
def _table(timed: pd.DataFrame) -> None:
    """All events, of chosen codes; the table itself can be searched and sorted."""
    codes = st.multiselect(
        "Codes", sorted(timed["code"].unique()), key="record-codes", placeholder="all"
    )
    shown = timed[timed["code"].isin(codes)] if codes else timed
    st.dataframe(
        shown, hide_index=True, height=280, key="record-events",
        column_config={"hour": st.column_config.NumberColumn(format="%.1f")},
    )  # fmt: skip
