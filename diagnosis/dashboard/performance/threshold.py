"""The threshold of a binary task: a slider over all observed scores, a field, and the address."""

import math

import numpy as np
import streamlit as st

from diagnosis.dashboard.glossary.terms import term
from diagnosis.dashboard.shell import address
from diagnosis.dashboard.shell.escape import plain
from diagnosis.inference.split_predictions import Predictions

THRESHOLD = "threshold"  # in the address
MOST = 1000  # stops of the slider; of more scores they are spread over all
DIGITS = 6  # in the address, rounded down, so that a case with just this score stays positive


def choose_threshold(test: Predictions, key: str) -> float:
    """Ask for it.

    Args:
        test: the version's predictions of the test split, of a binary task.
        key: of the version.

    Returns:
        A probability of the finding, 0 to 1; the version's own at first.
    """
    config, own = test.config, test.threshold
    assert config.finding is not None and own is not None
    name = f"performance-threshold-{key}"  # the value in the session; each widget has its own beside it
    number, slider = f"{name}-number", f"{name}-slider"
    asked = st.query_params.get(THRESHOLD)
    if (wanted := _valid(asked)) is not None:
        st.session_state[name] = own if abs(wanted - own) < 10**-DIGITS else wanted
    value: float = st.session_state.setdefault(name, own)

    def take(widget: str) -> None:
        st.session_state[name] = st.session_state[widget]
        address.write(**{THRESHOLD: _written(st.session_state[widget])})

    stops = np.array(_stops(test, own))
    _tell(number, value)
    _tell(slider, float(stops[np.abs(stops - value).argmin()]))
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    with left:
        st.select_slider(
            f"Threshold for “{plain(config.classes[config.finding])}”",
            stops.tolist(), key=slider, on_change=take, args=(slider,), help=term("operating point"),
            format_func=lambda stop: f"{stop:.3f}, the version's" if stop == own else _written(stop),
        )  # fmt: skip
    with right:
        st.number_input(
            "Threshold as a number", 0.0, 1.0, step=0.01, format="%.4f", key=number, on_change=take,
            args=(number,), label_visibility="collapsed",
        )  # fmt: skip
    with st.container(key="performance-threshold-unknown"):
        if asked is not None and wanted is None:
            st.caption("The threshold in the address is no number from 0 to 1.")
    address.show(**{THRESHOLD: _written(value)})
    return value


def _tell(widget: str, value: float) -> None:
    """Give a widget a value that it has not; the same would overtake what a person does meanwhile."""
    if st.session_state.get(widget) != value:
        st.session_state[widget] = value


def _written(value: float) -> str:
    """Different for any two stops, as Streamlit tells them apart by their labels."""
    return f"{math.floor(value * 10**DIGITS) / 10**DIGITS:.{DIGITS}g}"


def _valid(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


def _stops(test: Predictions, own: float) -> list[float]:
    """All observed scores, and the version's own threshold; ascending, each once."""
    assert test.config.finding is not None
    observed = np.unique(test.probabilities[:, test.config.finding])
    if len(observed) > MOST:
        observed = observed[np.linspace(0, len(observed) - 1, MOST).astype(int)]
    distinct = {_written(score): float(_written(score)) for score in observed}
    return sorted({*distinct.values(), own})
