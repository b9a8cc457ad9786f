"""Versions beside each other by what each predicts from a study's picture alone and from its record alone."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from diagnosis.cases import Case
from diagnosis.comparison.case_predictions import Outcome
from diagnosis.dashboard.shell import caches, turns
from diagnosis.dashboard.widgets.tables import table
from diagnosis.records.studies import IMAGE, RECORD
from diagnosis.text.evaluation import PATTERNS
from diagnosis.text.parts import NONE

if TYPE_CHECKING:  # it brings Keras
    from diagnosis.inference.prediction import Prediction

ALL = "both"


def parts_beside(case: Case, titles: Sequence[str], outcomes: Sequence[Outcome]) -> None:
    """Draw a table, a line for each pattern of what is there and a column a version; none without studies.

    Args:
        case: that was read.
        titles: of the columns.
        outcomes: of the versions, in the same order, with traces.
    """
    if not any(outcome.version.config.encoder.parts for outcome in outcomes):
        return
    with turns.turn():
        columns = [_by_pattern(case, outcome) for outcome in outcomes]
    target = next((_target(o.prediction) for o in outcomes if o.prediction is not None), "")
    rows = [
        [PATTERNS[pattern], *(column.get(pattern, NONE) for column in columns)]
        for pattern in (ALL, IMAGE, RECORD)
    ]
    with st.container(key="compare-parts"):
        table([f"probability of {target} from", *titles], rows, key="parts", file="parts")


def _target(prediction: "Prediction") -> str:
    finding = prediction.rule.finding
    return prediction.classes[
        int(prediction.probabilities.argmax()) if finding is None else finding
    ]


def _by_pattern(case: Case, outcome: Outcome) -> dict[str, str]:
    """The probability by what is there; of a version of one part what it predicts from that."""
    prediction, config = outcome.prediction, outcome.version.config
    if prediction is None or prediction.is_rejected:
        return {}
    target = prediction.classes.index(_target(prediction))
    whole = f"{prediction.probabilities[target]:.2f}"
    if not config.encoder.parts:
        return {RECORD if config.encoder.embedded else IMAGE: whole}
    from diagnosis.inference.by_part import by_part

    used = by_part(caches.model(str(outcome.version.folder)), case, prediction)
    there = [name for name, use in used.items() if use.read]
    if len(there) < len(used):
        return dict.fromkeys(there, whole)
    left = {name: use.without for name, use in used.items()}
    alone = {RECORD: left[IMAGE], IMAGE: left[RECORD]}
    return {ALL: whole} | {
        name: f"{values[target]:.2f}" for name, values in alone.items() if values is not None
    }
