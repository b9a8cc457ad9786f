"""Fields of the forms for a person's read."""

import streamlit as st

from diagnosis.audit.entry import CANNOT_TELL, CERTAINTY, LONGEST
from diagnosis.cases import Case
from diagnosis.dashboard.shell import reader
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.models.config import ModelConfig

NAME = "reader-name"  # of the field, and of its value in the session


def question(case: Case) -> str:
    """What a person is asked about a case."""
    return "Which class do you expect?" if case.is_record else "What do you see?"


def classes_field(label: str, config: ModelConfig, key: str) -> tuple[str, ...] | None:
    """Ask for one class, or for any of several labels; None while nothing is chosen.

    Args:
        label: the question.
        config: of the model, with the classes.
        key: of the field.
    """
    if config.task == "multi-label":
        return tuple(st.multiselect(label, config.classes, key=key))
    chosen = st.radio(
        label, (*config.classes, CANNOT_TELL), index=None, key=key, format_func=plain,
        horizontal=len(config.classes) < 4,
    )  # fmt: skip
    return None if chosen is None else (chosen,)


def certainty_field(key: str) -> int | None:
    """Ask for the certainty, 1 to 5; None while nothing is chosen."""
    chosen: int | None = st.segmented_control(
        "How sure are you?", range(1, len(CERTAINTY) + 1), key=key,
        format_func=lambda number: f"{number} {CERTAINTY[number - 1]}",
    )  # fmt: skip
    return chosen


def name_field() -> str:
    """Ask for the reader's name; one field for all forms, which keeps it for the session."""
    entered: str = st.text_input(
        "Your name or initials", **persistent(NAME, reader.name()), max_chars=LONGEST["name"], width=360,
        disabled=bool(reader.account()), placeholder="kept for this session; not required",
        help="Stored in the audit log. Never a patient's.",
    )  # fmt: skip
    return entered.strip()
