"""The board of the home page: an example that comes with Scanline, read by the model in use."""

import streamlit as st

from diagnosis.dashboard.read.case_prediction import prediction_of, usable_config
from diagnosis.dashboard.widgets.charts import theme
from diagnosis.datasets.examples import shipped
from diagnosis.models import store
from diagnosis.models.variants import VARIANTS

EXAMPLE = "chest-288"  # recorded, so that it waits for no Keras: inference/recorded.py
VARIANT = "lstm"
RECORD, OF_RECORDS = "ward-14", "embedding_gru"
HEIGHT = 252  # pixels for all steps, about: the cards below are seen, too


def example_address() -> dict[str, str]:
    """The parameters with which Read opens the same."""
    return {"task": shipped()[EXAMPLE].task, "model": VARIANT, "example": EXAMPLE}


def record_address() -> dict[str, str] | None:
    """The parameters with which Read opens a record; None without a model for it."""
    task = shipped()[RECORD].task
    if store.active(f"{task}/{OF_RECORDS}") is None:
        return None
    return {"task": task, "model": OF_RECORDS, "example": RECORD}


def board() -> None:
    """Draw it; nothing without the model."""
    example = shipped()[EXAMPLE]
    version = store.active(f"{example.task}/{VARIANT}")
    if version is None:
        return
    st.caption(
        f"{example.title}, read by an {VARIANTS[VARIANT].title}. "
        f"Picture: {example.credit}, {example.licence}."
    )
    config = usable_config(version)
    prediction = None if config is None else prediction_of(version, example.case)
    if config is None or prediction is None:
        return

    from diagnosis.dashboard.widgets.step_board import cursor, step_board
    from diagnosis.dashboard.widgets.traced_case import Board, board_axis

    drawn = Board("home", prediction, config, theme(), board_axis(config, HEIGHT))
    cursor(drawn)
    step_board(drawn, notes=False)
