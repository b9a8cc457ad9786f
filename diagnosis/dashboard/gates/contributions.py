"""What each unit contributes to the log odds of the class that is looked at."""

import numpy as np
import streamlit as st

from diagnosis.dashboard.gates.context import Subject
from diagnosis.dashboard.shell import caches
from diagnosis.traces.check import rebuilt_once
from diagnosis.traces.unit_order import Contributions


def contributions(subject: Subject, key: str) -> np.ndarray:
    """Contributions of one half's units, float32 ``(timesteps, units)``; see ``traces.unit_order``.

    The first time after a start the layers behind that half are compiled, which takes seconds.
    """
    assert subject.prediction.trace is not None
    trace, folder = subject.prediction.trace, str(subject.version.folder)
    return rebuilt_once(
        lambda: _of_model(folder)(trace, key, subject.target), lambda: _of_model.clear(folder)
    )


@st.cache_resource(max_entries=12, show_spinner=False)
def _of_model(version_folder: str) -> Contributions:
    model = caches.model(version_folder)
    return Contributions(
        model.forward.model, model.config.task, len(model.config.classes),
        temperature=model.calibration.temperature, bias=model.calibration.bias,
    )  # fmt: skip
