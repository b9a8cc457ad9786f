"""The unit that is looked at, of which layer: in session and address, for the board and every section.

It stays when another model or case is opened, as long as there is such a unit.
"""

import numpy as np
import streamlit as st

from diagnosis.dashboard.gates.context import Subject
from diagnosis.dashboard.shell import address
from diagnosis.traces import LayerTrace

PARAMETER = "unit"  # of the address: "12", of the last layer, or "lstm_1.12"
_KEY = "gates-unit"


def picked(subject: Subject) -> tuple[str, int]:
    """Layer key and number of the unit; before anyone picks one, that whose state ends largest."""
    layers = subject.board.layers
    key, unit = st.session_state.get(_KEY) or _asked_for(subject)
    if key not in layers:
        key = subject.board.last_layer
    if unit is None or unit >= _units(layers[key]):
        states = layers[key].signals["h"]
        last = np.flatnonzero(~np.isnan(states).any(axis=1))[-1]  # before padding
        unit = int(np.abs(states[last]).argmax())
    pick(key, unit)
    return key, unit


def pick(key: str, unit: int) -> None:
    """Look at this unit of a layer from now on."""
    st.session_state[_KEY] = (key, unit)


def _asked_for(subject: Subject) -> tuple[str, int | None]:
    """What the address asks for, if there is such a layer and unit."""
    usual = subject.board.last_layer
    units = {
        f"{unit}" if key == usual else f"{key}.{unit}": (key, unit)
        for key, layer in subject.board.layers.items()
        for unit in range(_units(layer))
    }
    return units.get(address.asked(PARAMETER, units) or "", (usual, None))


def _units(layer: LayerTrace) -> int:
    return layer.signals["h"].shape[1]
