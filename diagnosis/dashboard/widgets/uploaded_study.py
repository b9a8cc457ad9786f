"""A picture and a table of one's own as one case; either may be missing. They never leave the session."""

import streamlit as st

from diagnosis.cases import Case, Patient, Study
from diagnosis.dashboard.shell import address
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets import uploaded_case, uploaded_record
from diagnosis.dashboard.widgets.opened import OPENED, Opened
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import Version
from diagnosis.scans import Scan
from diagnosis.scans.owner import NOBODY, Owner
from diagnosis.text.records import other_patient

STUDY = "study"  # in the session: the parts that are open, and the case of both


def uploaded_study(version: Version, config: ModelConfig) -> Case | None:
    """The case of what is open: a picture, a patient of a table, or both if they may be of one person.

    Args:
        version: of the model that will read it.
        config: the version's.
    """
    with st.container(key="study-picture", gap="small"):
        picture = uploaded_case.opened_case(version, config)
    owner = _owner()
    with st.container(key="study-record", gap="small"):
        record = uploaded_record.opened_record(version, config, owner.may_be)
    message = st.container(key="study-message")
    here = picture is not None or uploaded_record.OPENED in st.session_state
    address.show(source=uploaded_case.FILE if here else uploaded_case.TAB)
    if picture is None or record is None:
        return picture or record
    assert isinstance(record.payload, Patient)
    if not owner.may_be(record.payload.name):
        message.error(plain(other_patient(record.payload.name)))
        return None
    return _together(picture, record)


def _owner() -> Owner:
    """Whose the open picture is, as far as it states it."""
    now: Opened | None = st.session_state.get(OPENED)
    return NOBODY if now is None else now.owner


def _together(picture: Case, record: Case) -> Case:
    """Both as one case; the same one at the next run of the page, with all that was made of it."""
    before = st.session_state.get(STUDY)
    if before is None or before[0] is not picture or before[1] is not record:
        assert isinstance(picture.payload, Scan) and isinstance(record.payload, Patient)
        study = Case(Study(picture.payload, record.payload), picture.selection)
        before = st.session_state[STUDY] = picture, record, study
    case: Case = before[2]
    return case
