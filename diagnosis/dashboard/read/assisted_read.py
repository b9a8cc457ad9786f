"""Beside an answer: what the person makes of it, and what is wrong with it."""

from typing import TYPE_CHECKING

import streamlit as st

from diagnosis.audit import Action
from diagnosis.audit.entry import LONGEST
from diagnosis.cases import Case
from diagnosis.core.errors import InputError
from diagnosis.dashboard.read import audit_entries
from diagnosis.dashboard.read.fields import classes_field, name_field
from diagnosis.dashboard.read.independent_read import own
from diagnosis.dashboard.shell import reader
from diagnosis.dashboard.widgets.escape import plain
from diagnosis.models.config import ModelConfig

if TYPE_CHECKING:  # it brings Keras, for which no page waits at its top
    from diagnosis.inference.prediction import Prediction

BUTTONS: dict[str, Action] = {
    "Record my reading": "AI-assisted read",
    "Report a problem": "problem",
}


@st.fragment
def final(case: Case, prediction: "Prediction", config: ModelConfig) -> None:
    """Draw the form, closed unless an own reading came first. A press reruns this part of the page only."""
    task = prediction.model.partition("/")[0]
    before = own(case, task)
    key = "-".join(map(str, (*audit_entries.key_of(case, task), prediction.model)))
    with st.expander("Agree, disagree or report a problem", expanded=before is not None):
        if before is not None:
            st.markdown(before.sentence)
        with st.form(f"final {key}", border=False):
            said = classes_field(
                "What do you read, now that you have seen the answer?",
                config,
                f"final-classes-{key}",
            )
            comment = st.text_area(
                "Comment, or what the problem is", max_chars=LONGEST["comment"], height=80,
                key=f"final-comment-{key}", placeholder="never a name or another identifier of a patient",
            )  # fmt: skip
            by = name_field(f"final-by-{key}")
            with st.container(horizontal=True):
                pressed = [st.form_submit_button(label) for label in BUTTONS]
        for press, action in zip(pressed, BUTTONS.values(), strict=True):
            if press:
                _enter(action, case, prediction, said=said, comment=comment, by=by)


def _enter(
    action: Action,
    case: Case,
    prediction: "Prediction",
    *,
    said: tuple[str, ...] | None,
    comment: str,
    by: str,
) -> None:
    reader.remember(by.strip())
    task = prediction.model.partition("/")[0]
    try:
        recorded = audit_entries.enter(
            action, case, task, model=prediction.model, version=prediction.version,
            outcome=prediction.outcome, comment=comment.strip(),
            prediction=prediction.predicted_classes if prediction.is_predicted else None,
            read=said if action == "AI-assisted read" else None,
        )  # fmt: skip
    except InputError as error:
        st.error(plain(str(error)))
        return
    st.success(f"Recorded as entry {recorded.receipt.number:,} of the audit log.")
    st.page_link("pages/readings.py", label="See all readings")
