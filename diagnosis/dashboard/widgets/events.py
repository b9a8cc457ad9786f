"""The events of a record on a step board, with the names that people know of their codes."""

from functools import partial
from typing import Any

import streamlit as st

from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.traced_case import Board
from diagnosis.datasets.variables import title_of_code
from diagnosis.inference.by_event import by_event
from diagnosis.text.events import TitleOf, change_parts, event_label, event_words


def titles(model: str) -> TitleOf:
    """The name of a code for people, in the set that a model, ``data set/variant``, learned from."""
    return partial(title_of_code, model.partition("/")[0])


def facts(board: Board) -> dict[str, Any]:
    """As ``inference.by_event``."""
    return by_event(board.prediction, board.config.encoder)


def event_labels(board: Board) -> list[str]:
    """What was measured or done at each step, with value and unit."""
    title_of = titles(board.prediction.model)
    return [event_label(event, title_of) for event in facts(board)["events"]]


def steps_in_words(board: Board) -> list[str]:
    """Each step: of an event the same with the hour, of a study's picture which row or slice it is."""
    title_of = titles(board.prediction.model)
    words = [event_words(event, title_of) for event in facts(board)["events"]]
    return [*words, *(step.label for step in board.prediction.sequence.steps[len(words) :])]


def largest_change(board: Board) -> None:
    """Draw the sentence about the event at which the probability changed most; none if not analysed."""
    change = facts(board)["largest_change"]
    if change is None or board.prediction.is_rejected:
        return
    before, event, after = map(plain, change_parts(change, titles(board.prediction.model)))
    with st.container(key=f"{board.page}-largest-change"):
        st.markdown(f"{before}**{event}**{after}")
