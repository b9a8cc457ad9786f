"""What happens to a case in this visit, entered into the audit trail."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from diagnosis.audit import Action, AuditError, Entry, Recorded, append
from diagnosis.audit.prediction_entry import prediction_entry
from diagnosis.cases import Case
from diagnosis.dashboard.shell import reader
from diagnosis.dashboard.widgets.escape import plain
from diagnosis.models.store import Version

if TYPE_CHECKING:  # it brings Keras, for which no page waits at its top
    from diagnosis.inference.prediction import Prediction

# In the session: which cases' answers were seen; which answers have been entered, so that each is once.
SEEN, ENTERED = "answers-seen", "answers-entered"
Key = tuple[str, str, int | None]


def key_of(case: Case, task: str) -> Key:
    """What a person reads: a case of a task, and which of its frames. A sample is the same in any size."""
    return task, case.sha256 if case.source == "file" else case.source, case.selection.number


def shown(case: Case, *read: "tuple[Version, Prediction]") -> None:
    """Enter that answers were shown, each once a visit; where that fails, say so.

    Args:
        case: that was read.
        read: what read it, and the answer.
    """
    seen: set[Key] = st.session_state.setdefault(SEEN, set())
    entered: set[Any] = st.session_state.setdefault(ENTERED, set())
    new = {}
    for version, prediction in read:
        seen.add(key_of(case, version.dataset))
        answered = (*key_of(case, version.dataset), version.name, version.version)
        if answered not in entered:
            new[answered] = prediction_entry(
                prediction, version, case=case.sha256, source=case.source, frame=case.selection.number,
                by=reader.name(), session=reader.session(), label=case.label,
            )  # fmt: skip
    try:
        if new:
            append(new.values())
            entered.update(new)
    except AuditError as error:
        st.warning(plain(str(error)))


def enter(action: Action, case: Case, task: str, **said: Any) -> Recorded:
    """Enter what a person says of a case; ``said`` are further fields of `Entry`.

    Raises:
        InputError: it is incomplete, or cannot be written.
    """
    entry = Entry(
        action, case=case.sha256, source=case.source, task=task, frame=case.selection.number,
        by=reader.name(), session=reader.session(), label=case.label, **said,
    )  # fmt: skip
    (recorded,) = append([entry])
    return recorded
