"""Under the card of a study: how much of picture and record entered, and what each alone predicts."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from diagnosis.cases import Case
from diagnosis.dashboard.shell import caches, turns, warmup
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.tables import table
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import Version
from diagnosis.text.parts import ABOUT, missing, part_table

if TYPE_CHECKING:  # it brings Keras, for which no page waits at its top
    from diagnosis.inference.prediction import Prediction


def parts_of(case: Case, prediction: "Prediction", version: Version) -> dict[str, Any]:
    """As ``by_part.to_json``."""
    from diagnosis.inference.by_part import by_part, to_json

    warmup.wait()
    with turns.turn():
        used = by_part(caches.model(str(version.folder)), case, prediction)
    return to_json(used, prediction.classes)


def parts_panel(
    case: Case, prediction: "Prediction", config: ModelConfig, version: Version
) -> dict[str, Any]:
    """Draw it; what it shows, as ``by_part.to_json``.

    Args:
        case: a study, or a part of one.
        prediction: of it, with its trace.
        config: the model's.
        version: that predicted.
    """
    parts = parts_of(case, prediction, version)
    target = int(prediction.probabilities.argmax()) if config.finding is None else config.finding
    probabilities = None
    if not prediction.is_rejected:
        probabilities = prediction.by_class(prediction.probabilities)
    with st.container(key="read-parts", gap="xsmall"):
        for sentence in missing(parts):
            st.markdown(plain(sentence))
        head, rows = part_table(parts, probabilities, config.classes[target])
        table(head, rows, key="parts")
        if len(head) > 3 and not missing(parts):
            st.caption(ABOUT)
    return parts
