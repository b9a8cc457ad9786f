"""The independent read: recorded before the prediction is shown, because seeing it changes a read.

Readers follow a wrong prediction more often than they would err alone (Goddard, Roudsari & Wyatt, JAMIA 19,
2012), and explanations had little effect on that (92 radiologists, Scientific Reports 13, 2023, PMC10247804).
"""

import os
from dataclasses import dataclass

import streamlit as st

from diagnosis.audit import CERTAINTY
from diagnosis.cases import Case
from diagnosis.core.errors import InputError
from diagnosis.dashboard.read import audit_entries
from diagnosis.dashboard.read.fields import certainty_field, classes_field, name_field, question
from diagnosis.dashboard.shell import address, reader
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets import case_label
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.models.config import ModelConfig
from diagnosis.text.classes import class_text

FIRST, READS = "independent-first", "independent-reads"  # in the session: the toggle; reads by case
BY_DEFAULT = "SCANLINE_INDEPENDENT_READ_FIRST"
PARAMETER, ORDERS = "independent", {True: "first", False: "after"}  # in the address


@dataclass(frozen=True)
class IndependentRead:
    """A person's read of a case before any prediction was shown."""

    classes: tuple[str, ...]
    certainty: int | None

    @property
    def sentence(self) -> str:
        """In words, as Markdown."""
        certainty = "" if self.certainty is None else f" ({CERTAINTY[self.certainty - 1]})"
        classes = plain(class_text(self.classes))
        return f"Your independent read: **{classes}**{certainty}."


def choose_order() -> None:
    """Ask whether the person reads first; in the address, too, so that it survives a reload."""

    def changed() -> None:
        address.write(**{PARAMETER: ORDERS[st.session_state[FIRST]]})

    st.toggle(
        "Independent read first", **persistent(FIRST, is_first()), on_change=changed,
        help="Prediction and label stay hidden until your read is recorded. The page Readings can then "
        "compare reads without and with the prediction.",
    )  # fmt: skip
    _show_order()


def is_first() -> bool:
    """As the address says, as it was chosen, or as the installation's default."""
    requested = st.query_params.get(PARAMETER)
    if requested in ORDERS.values():
        st.session_state[FIRST] = requested == ORDERS[True]
    return bool(st.session_state.get(FIRST, _default()))


def _default() -> bool:
    return os.environ.get(BY_DEFAULT, "0") not in ("", "0")


def _show_order() -> None:
    if (first := st.session_state[FIRST]) != _default():
        address.show(**{PARAMETER: ORDERS[first]})


def recorded(case: Case, task: str) -> IndependentRead | None:
    """The independent read of this case in this session."""
    read: IndependentRead | None = st.session_state.get(READS, {}).get(
        audit_entries.key_of(case, task)
    )
    return read


def awaited(case: Case, task: str) -> bool:
    """Whether the prediction has to wait for an independent read.

    A prediction that was shown in this session waits for nothing, nor does a case whose label was seen.
    """
    key = audit_entries.key_of(case, task)
    unseen = key not in st.session_state.get(audit_entries.SEEN, ()) and not case_label.is_seen(
        case
    )
    return bool(st.session_state.get(FIRST)) and unseen and recorded(case, task) is None


def blocks(case: Case, task: str) -> bool:
    """The same on pages without the toggle, with a notice where the read can be recorded."""
    st.session_state[FIRST] = is_first()
    _show_order()
    if not awaited(case, task):
        return False
    with st.container(key="independent-read-awaited"):
        st.info("The prediction is shown after your independent read, on the page Read a scan.")
        st.page_link("pages/read.py", label="Read a scan")
    return True


def form(case: Case, task: str, config: ModelConfig) -> None:
    """Draw the form. A recorded read reruns the page, which then shows the prediction."""
    key = "-".join(map(str, audit_entries.key_of(case, task)))
    with st.form(f"independent {key}"):
        st.markdown("**Independent read first.** The prediction comes after it.")
        classes = classes_field(question(case), config, f"independent-classes-{key}")
        certainty = certainty_field(f"independent-certainty-{key}")
        by = name_field()
        pressed = st.form_submit_button("Record my read and show the prediction", type="primary")
    if not pressed:
        return
    reader.remember(by)
    try:
        audit_entries.enter("independent read", case, task, read=classes, certainty=certainty)
    except InputError as error:
        st.error(plain(str(error)))
        return
    assert classes is not None  # an entry without them is an error
    reads = st.session_state.setdefault(READS, {})
    reads[audit_entries.key_of(case, task)] = IndependentRead(classes, certainty)
    st.rerun()
