"""Importing tables of patients: upload, check, report; then stored as a set, and a first model trained.

Everything stays in the session until it is stored.
"""

from typing import TYPE_CHECKING

import streamlit as st

from diagnosis.core.errors import InputError
from diagnosis.dashboard.data.card import train_link
from diagnosis.dashboard.data.record_report import CHECKED, DONE, FAILED, FORM, RUN, report
from diagnosis.dashboard.shell.escape import plain, show_error
from diagnosis.dashboard.shell.page import PAGES
from diagnosis.scans import Limits

if TYPE_CHECKING:  # it brings pandas, for which no page waits at its top
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from diagnosis.datasets.importing.records import PreparedRecords


def record_form() -> None:
    """Draw the section: the form, or the report on the tables."""
    if run := st.session_state.pop(RUN, None):
        st.switch_page(PAGES["train"].file, query_params=run)
    with st.container(key="records-done"):
        if stored := st.session_state.pop(DONE, None):
            st.success(plain(f"{stored} is stored and selected below."))
            train_link(stored)
    with st.expander(
        "Import your own patient records", key="records-open", on_change="rerun"
    ) as section:
        if section.open:
            checked: PreparedRecords | None = st.session_state.get(CHECKED)
            if checked is None:
                _form()
            else:
                report(checked)
    with st.container(key="records-failed"):
        if failed := st.session_state.pop(FAILED, None):
            show_error(failed)


def _form() -> None:
    st.markdown(
        "Two tables as CSV, Excel or Parquet; or a folder of MEDS as a ZIP, which has both. They are "
        "checked; nothing is stored until you confirm."
    )
    form, most = st.session_state.get(FORM, 0), Limits.from_environment().megabytes
    left, right = st.columns(2, gap="large")
    with left:
        events = st.file_uploader(
            "Events: a row each, with patient, time, code, value",
            type=None, key=f"records-events-{form}", max_upload_size=most,
            help="Times are dates, or numbers in a column minute or hour. A row without a time is a fact "
            "that does not change. A value that is a word becomes part of its code.",
        )  # fmt: skip
    with right:
        patients = st.file_uploader(
            "Patients: a row each, with patient, label, prediction_time",
            type=None, key=f"records-patients-{form}", max_upload_size=most,
            help="Labels are 0, 1 and so on. No event after prediction_time (or prediction_minute, "
            "prediction_hour) is read. A column split (train, val, test) is optional. Of other columns only "
            "age, sex, gender, height and weight are read.",
        )  # fmt: skip
    st.caption(
        "Stored: codes, values, minutes, labels; patients as numbers. Not stored: the files, their names, "
        "patients' identifiers, dates."
    )
    if st.button("Check the tables", type="primary", disabled=events is None, key="records-check"):
        assert events is not None
        _check(events, patients)


def _check(events: "UploadedFile", patients: "UploadedFile | None") -> None:
    from diagnosis.datasets.importing.records import prepare_records

    try:
        limits = Limits.from_environment()
        for file in filter(None, (events, patients)):
            limits.check_bytes(file.size)
        with st.spinner("Reading the tables"):
            prepared = prepare_records(
                events.getvalue(), None if patients is None else patients.getvalue()
            )
    except InputError as error:
        st.session_state[FAILED] = str(error)
    else:
        st.session_state[CHECKED] = prepared
    st.rerun()
