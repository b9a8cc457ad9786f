"""Which unit of which layer a person looks at: kept in the session, for the board and every section."""

import numpy as np
import streamlit as st

from diagnosis.dashboard.gates.context import Subject
from diagnosis.traces import LayerTrace

_KEY = "gates-unit"


def halves(subject: Subject) -> dict[str, LayerTrace]:
    """Each direction of each layer by its key, in the order of the model."""
    assert subject.prediction.trace is not None
    return {layer.key: layer for layer in subject.prediction.trace.layers}


def last_half(subject: Subject) -> str:
    """Key of the last layer's half that reads forwards: the answer is computed from its state."""
    layers = halves(subject).values()
    last = list(layers)[-1].layer
    return next(layer.key for layer in layers if layer.layer == last)


def picked(subject: Subject) -> tuple[str, int]:
    """Layer key and number of the unit; before anyone picks one, that whose state ends largest."""
    layers = halves(subject)
    model, key, unit = st.session_state.get(_KEY, ("", "", 0))
    if model == model_name(subject) and key in layers and unit < _units(layers[key]):
        return key, unit
    key = last_half(subject)
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
