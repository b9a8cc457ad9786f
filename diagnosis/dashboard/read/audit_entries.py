"""Entries of the audit log about the cases of this session."""

from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from diagnosis.audit import Action, AuditError, Entry, Recorded, append
from diagnosis.audit.prediction_entry import prediction_entry
from diagnosis.batch.entry import entry_of
from diagnosis.batch.rows import Row
from diagnosis.cases import FILE, Case
from diagnosis.dashboard.read.resting import Rest
from diagnosis.dashboard.shell import reader
from diagnosis.dashboard.shell.escape import plain
from diagnosis.models.store import Version

if TYPE_CHECKING:  # it brings Keras, for which no page waits at its top
    from diagnosis.inference.prediction import Prediction

# In the session: cases whose predictions were seen; predictions that have an entry, so that each has one.
SEEN, ENTERED = "predictions-seen", "predictions-entered"
# Likewise: what waits to be entered, and why something could not be.
REST, FAILED = "predictions-waiting", "predictions-failed"
Key = tuple[str, str, int | None]


def key_of(case: Case, task: str) -> Key:
    """Case, task and frame that are read. A sample is the same in any size."""
    return task, case.key if case.source == FILE else case.source, case.selection.number


def shown(case: Case, *predictions: "tuple[Version, Prediction]") -> None:
    """Enter that predictions were shown, each once a session; a failure is shown as a warning.

    Of a file with several frames a prediction is entered when its frame has rested, not if it was passed on
    the way to another one.

    Args:
        case: of the predictions.
        predictions: with their versions.
    """
    seen: set[Key] = st.session_state.setdefault(SEEN, set())
    entered: set[Any] = st.session_state.setdefault(ENTERED, set())
    rest: Rest = st.session_state.setdefault(REST, Rest())
    new = {}
    for version, prediction in predictions:
        seen.add(key_of(case, version.dataset))
        key = (*key_of(case, version.dataset), version.name, version.version)
        if key not in entered:
            new[key] = prediction_entry(
                prediction, version, case=case.sha256, source=case.source, frame=case.selection.number,
                axis=case.selection.axis,
                by=reader.name(), session=reader.session(), label=case.label,
            )  # fmt: skip
    failed: list[str] = st.session_state.setdefault(FAILED, [])
    write = partial(_write, new, entered, failed)
    if not new or case.frames == 1 or case.selection.number is None:
        rest.drop()
        write()
    else:
        rest.wait((*new,), write)
    while failed:
        st.warning(plain(failed.pop()))


def _write(new: dict[Any, Entry], entered: set[Any], failed: list[str]) -> None:
    """Enter them. What failed is shown by the next run, which tries again."""
    try:
        if new:
            append(new.values())
            entered.update(new)
    except AuditError as error:
        failed.append(str(error))


def listed(row: Row, version: Version) -> None:
    """Enter the prediction of one file of a list, as of one that was shown.

    Raises:
        AuditError: it cannot be written.
    """
    key = (version.dataset, (row.sha256 or "")[:12], row.frame)  # as `key_of` its case
    append([entry_of(row, version, by=reader.name(), session=reader.session())])
    st.session_state.setdefault(SEEN, set()).add(key)
    st.session_state.setdefault(ENTERED, set()).add((*key, version.name, version.version))


def enter(action: Action, case: Case, task: str, **fields: Any) -> Recorded:
    """Enter a person's action on a case; ``fields`` are further fields of `Entry`.

    Raises:
        InputError: it is incomplete, or cannot be written.
    """
    if rest := st.session_state.get(REST):
        rest.now()  # the prediction came first
    entry = Entry(
        action, case=case.sha256, source=case.source, task=task, frame=case.selection.number,
        axis=case.selection.axis,
        by=reader.name(), session=reader.session(), label=case.label, **fields,
    )  # fmt: skip
    (recorded,) = append([entry])
    return recorded
