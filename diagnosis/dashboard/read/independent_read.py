"""One's own reading before the answer is seen: an answer that was seen cannot be unseen.

Readers follow a wrong answer more often than they would err alone (Goddard, Roudsari & Wyatt, JAMIA 19,
2012), and explanations had little effect on that (92 radiologists, Scientific Reports 13, 2023, PMC10247804).
"""

import os
from dataclasses import dataclass

import streamlit as st

from diagnosis.audit import CERTAINTY
from diagnosis.cases import Case
from diagnosis.core.errors import InputError
from diagnosis.dashboard.read import audit_entries
from diagnosis.dashboard.read.fields import certainty_field, classes_field, name_field
from diagnosis.dashboard.shell import address, reader
from diagnosis.dashboard.widgets.case_picker import LISTED
from diagnosis.dashboard.widgets.escape import plain
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.models.config import ModelConfig

FIRST, OWN = "own-first", "own-readings"  # in the session: whether it is asked for; what was said
BY_DEFAULT = "SCANLINE_OWN_READING_FIRST"
PARAMETER, ORDERS = "own", {True: "first", False: "after"}  # in the address


@dataclass(frozen=True)
class Own:
    """What a person read before any answer."""

    read: tuple[str, ...]
    certainty: int | None

    @property
    def sentence(self) -> str:
        """In words, as Markdown."""
        sure = "" if self.certainty is None else f" ({CERTAINTY[self.certainty - 1]})"
        said = plain(", ".join(self.read)) or "none of the labels"
        return f"Before the answer you read: **{said}**{sure}."


def choose_order() -> None:
    """Ask whether one wants to read first; the address says it, too, so that it outlives a reload."""

    def chosen() -> None:
        address.write(**{PARAMETER: ORDERS[st.session_state[FIRST]]})

    st.toggle(
        "My own reading first", **persistent(FIRST, _wanted()), on_change=chosen,
        help="The answer and the label stay hidden until you have said what you see. That is recorded before "
        "the answer is, so the Readings page can tell what seeing answers does to readings.",
    )  # fmt: skip
    _show_order()


def follow_order() -> None:
    """On pages that do not ask: as it was chosen, as the address says, or as it is set for a class room."""
    st.session_state[FIRST] = _wanted()
    _show_order()


def _wanted() -> bool:
    asked = st.query_params.get(PARAMETER)
    if asked in ORDERS.values():
        st.session_state[FIRST] = asked == ORDERS[True]
    return bool(st.session_state.get(FIRST, _usual()))


def _usual() -> bool:
    return os.environ.get(BY_DEFAULT, "0") not in ("", "0")


def _show_order() -> None:
    if (first := st.session_state[FIRST]) != _usual():
        address.show(**{PARAMETER: ORDERS[first]})


def own(case: Case, task: str) -> Own | None:
    """What was read of this case before the answer, in this visit."""
    said: Own | None = st.session_state.get(OWN, {}).get(audit_entries.key_of(case, task))
    return said


def awaited(case: Case, task: str) -> bool:
    """Whether the answer has to wait for an own reading.

    One that was shown in this visit already waits for nothing, nor a test image that was opened from a list
    with labels: what was seen was seen.
    """
    key = audit_entries.key_of(case, task)
    listed = case.source in st.session_state.get(LISTED, ())
    unseen = key not in st.session_state.get(audit_entries.SEEN, ()) and not listed
    return bool(st.session_state.get(FIRST)) and unseen and own(case, task) is None


def say_where() -> None:
    """On other pages: where to say it."""
    st.info("The answer waits for your own reading: say on the page Read a scan what you see.")
    st.page_link("pages/read.py", label="Read a scan")


def ask(case: Case, task: str, config: ModelConfig) -> None:
    """The form. A reading reruns the page, which then shows the answer."""
    key = "-".join(map(str, audit_entries.key_of(case, task)))
    with st.form(f"own {key}"):
        st.markdown("**Your own reading first.** The network's answer comes after it.")
        said = classes_field("What do you see?", config, f"own-classes-{key}")
        certainty = certainty_field(f"own-certainty-{key}")
        by = name_field(f"own-by-{key}")
        pressed = st.form_submit_button("Record it and see the answer", type="primary")
    if not pressed:
        return
    reader.remember(by.strip())
    try:
        audit_entries.enter("independent read", case, task, read=said, certainty=certainty)
    except InputError as error:
        st.error(plain(str(error)))
        return
    assert said is not None  # else it is refused
    st.session_state.setdefault(OWN, {})[audit_entries.key_of(case, task)] = Own(said, certainty)
    st.rerun()
