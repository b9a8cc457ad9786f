"""Fields of the forms in which a person says what they see."""

import streamlit as st

from diagnosis.audit.entry import CANNOT_TELL, CERTAINTY, LONGEST
from diagnosis.dashboard.shell import reader
from diagnosis.dashboard.widgets.escape import plain
from diagnosis.models.config import ModelConfig


def classes_field(label: str, config: ModelConfig, key: str) -> tuple[str, ...] | None:
    """Ask what is there: one class, or for several labels any of them; None while nothing was said.

    Args:
        label: the question.
        config: of the model; it says what the classes are.
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
    """Ask how sure the person is, 1 to 5; None while nothing was said."""
    chosen: int | None = st.segmented_control(
        "How sure are you?", range(1, len(CERTAINTY) + 1), key=key,
        format_func=lambda number: f"{number} {CERTAINTY[number - 1]}",
    )  # fmt: skip
    return chosen


def name_field(key: str) -> str:
    """Ask who reads; it is remembered for the visit."""
    return st.text_input(
        "Your name or initials", reader.name(), max_chars=LONGEST["name"], key=key, width=360,
        disabled=bool(reader.account()),
        placeholder="not needed", help="Stored in the audit trail. Never a patient's.",
    )  # fmt: skip
