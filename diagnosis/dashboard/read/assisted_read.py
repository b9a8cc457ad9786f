"""The AI-assisted read, recorded beside the prediction, and the report of a problem."""

from typing import TYPE_CHECKING

import streamlit as st

from diagnosis.audit import Action
from diagnosis.audit.entry import LONGEST
from diagnosis.cases import Case
from diagnosis.core.errors import InputError
from diagnosis.dashboard.read import audit_entries, independent_read
from diagnosis.dashboard.read.fields import classes_field, name_field, question
from diagnosis.dashboard.shell import reader
from diagnosis.dashboard.shell.escape import plain
from diagnosis.models.config import ModelConfig

if TYPE_CHECKING:  # it brings Keras, for which no page waits at its top
    from diagnosis.inference.prediction import Prediction

AGREE, DISAGREE = "Agree", "Disagree"
READ, PROBLEM = "Record my AI-assisted read", "Report a problem"


@st.fragment
def assisted_read(case: Case, prediction: "Prediction", config: ModelConfig) -> None:
    """Draw the form, open after an independent read. A press reruns this part of the page only.

    Who agrees reads what the model predicts; who disagrees says what else. Where the model abstains there is
    nothing to agree with.
    """
    task = prediction.model.partition("/")[0]
    before = independent_read.recorded(case, task)
    key = "-".join(map(str, (*audit_entries.key_of(case, task), prediction.model)))
    title, asked, buttons = "Record a read or a problem", question(case), [READ, PROBLEM]
    if prediction.is_predicted:
        title = "Agree, disagree or report a problem"
        asked = f"If you disagree: {asked[0].lower()}{asked[1:]}"
        buttons = [AGREE, DISAGREE, PROBLEM]
    with st.expander(title, expanded=before is not None):
        if before is not None:
            st.markdown(before.sentence)
        with st.form(f"assisted {key}", border=False):
            classes = classes_field(asked, config, f"assisted-classes-{key}")
            comment = st.text_area(
                "Comment, or description of the problem", max_chars=LONGEST["comment"], height=80,
                key=f"assisted-comment-{key}", placeholder="never a name or another identifier of a patient",
            )  # fmt: skip
            by = name_field()
            with st.container(horizontal=True):
                pressed = [label for label in buttons if st.form_submit_button(label)]
        for press in pressed:
            _enter(press, case, prediction, classes=classes, comment=comment, by=by)


def _enter(
    press: str,
    case: Case,
    prediction: "Prediction",
    *,
    classes: tuple[str, ...] | None,
    comment: str,
    by: str,
) -> None:
    reader.remember(by)
    task = prediction.model.partition("/")[0]
    action: Action = "problem" if press == PROBLEM else "AI-assisted read"
    predicted = prediction.predicted_classes if prediction.is_predicted else None
    if press == DISAGREE and classes == predicted:
        st.error("The model predicts the same: choose another class, or agree.")
        return
    try:
        recorded = audit_entries.enter(
            action, case, task, model=prediction.model, version=prediction.version,
            outcome=prediction.outcome, comment=comment.strip(), prediction=predicted,
            read={AGREE: predicted, PROBLEM: None}.get(press, classes),
        )  # fmt: skip
    except InputError as error:
        st.error(plain(str(error)))
        return
    st.success(f"Recorded as entry {recorded.receipt.number:,} of the audit log.")
    st.page_link("pages/readings.py", label="See all readings")
