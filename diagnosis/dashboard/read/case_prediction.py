"""From a version and a case to a prediction; what is wrong on the way is shown on the page."""

from typing import TYPE_CHECKING

import streamlit as st

from diagnosis.cases import Case
from diagnosis.core.errors import InputError
from diagnosis.dashboard.shell import caches, turns, warmup
from diagnosis.dashboard.shell.escape import plain
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import Version
from diagnosis.scans import Limits

if TYPE_CHECKING:  # it brings Keras, for which no page waits at its top
    from diagnosis.inference.prediction import Prediction
    from diagnosis.inference.predictor import Predictor


def usable_config(version: Version) -> ModelConfig | None:
    """The configuration of a version; None, and an error on the page, if its folder is damaged."""
    try:
        Limits.from_environment()  # a limit may be no number
        return version.config
    except InputError as error:
        st.error(plain(str(error)))
        return None


def predicted(version: Version, case: Case) -> "tuple[Predictor, Prediction] | None":
    """Model and prediction; None, and an error on the page, if the model cannot read the case."""
    with st.spinner("Loading the model layer"):
        try:
            warmup.wait()
            with turns.turn():
                model = caches.model(str(version.folder))
                return model, model.predict(case)
        except InputError as error:
            st.error(plain(str(error)))
            return None


def prediction_of(version: Version, case: Case) -> "Prediction | None":
    """As `predicted`, without the model; what comes recorded with Scanline waits for nothing."""
    from diagnosis.inference.recorded import recorded

    try:
        found = recorded(version, case)
    except InputError as error:
        st.error(plain(str(error)))
        return None
    if found is not None:
        return found
    outcome = predicted(version, case)
    return None if outcome is None else outcome[1]
