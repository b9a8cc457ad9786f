"""The unit that is looked at, of which layer: in the session, for the board and every section."""

import numpy as np
import streamlit as st

from diagnosis.dashboard.gates.context import Subject
from diagnosis.traces import LayerTrace

_KEY = "gates-unit"


def picked(subject: Subject) -> tuple[str, int]:
    """Layer key and number of the unit; before anyone picks one, that whose state ends largest."""
    layers = subject.board.layers
    model, key, unit = st.session_state.get(_KEY, ("", "", 0))
    if model == model_name(subject) and key in layers and unit < _units(layers[key]):
        return key, unit
    key = subject.board.last_layer
    states = layers[key].signals["h"]
    last = np.flatnonzero(~np.isnan(states).any(axis=1))[-1]  # before padding
    return key, int(np.abs(states[last]).argmax())


def pick(model: str, key: str, unit: int) -> None:
    """Look at this unit of a model, as ``model_name`` has it, from now on."""
    st.session_state[_KEY] = (model, key, unit)


def model_name(subject: Subject) -> str:
    """What tells the units of one model version from those of another."""
    return f"{subject.version.name}/{subject.version.version}"


def _units(layer: LayerTrace) -> int:
    return layer.signals["h"].shape[1]
