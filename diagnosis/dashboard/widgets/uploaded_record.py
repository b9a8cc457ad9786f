"""A patient of one's own table of events: it never leaves the session, and stays open until it is closed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

from diagnosis.cases import Case
from diagnosis.core.errors import InputError
from diagnosis.dashboard.shell import address
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.dashboard.widgets.uploaded_case import EVER, FILE, TAB
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import Version
from diagnosis.scans import Limits

if TYPE_CHECKING:  # it brings Pandas, for which a page without a table does not wait
    from diagnosis.records.reading import Records

# In the session: the open table; files that were just given, by what they are; how often any were.
OPENED, GIVEN, TAKEN = "records", "records-given", "records-taken"
EVENTS, PATIENTS = "events", "patients"  # what a file is
BOXES = {EVENTS: "Table of events", PATIENTS: "Table of patients, if there is one"}


@dataclass(eq=False)
class OpenedRecords:
    """A table of events, and a table of patients if there is one.

    Attributes:
        events: of the file.
        patients: likewise.
    """

    events: bytes
    patients: bytes | None = None
    _read: "dict[tuple[str, object], Records]" = field(default_factory=dict)
    _cases: dict[tuple[str, object, str], Case] = field(default_factory=dict)

    @property
    def format(self) -> str:
        """What the table of events is."""
        from diagnosis.records.table import format_of

        return format_of(self.events)

    def records(self, dataset: str, config: ModelConfig) -> "Records":
        """As a model of a data set reads them; read once.

        Raises:
            RecordError: a table is not what it should be.
        """
        from diagnosis.batch.given_records import read_given

        key = (dataset, config.encoder)
        if key not in self._read:
            self._read[key] = read_given(self.events, self.patients, dataset, config.encoder)
        return self._read[key]

    def case(self, dataset: str, config: ModelConfig, name: str) -> Case:
        """A patient; the same case at the next run of the page, with all that was made of it.

        Raises:
            InputError: the record is empty.
        """
        from diagnosis.batch.given_records import patient_of

        key = (dataset, config.encoder, name)
        if key not in self._cases:
            self._cases.clear()  # one at a time
            records = self.records(dataset, config)
            self._cases[key] = Case.of(patient_of(records, name, self.format))
        return self._cases[key]


def uploaded_record(version: Version, config: ModelConfig) -> Case | None:
    """The patient of one's own table. What cannot be read says why, and the table before it stays open.

    Args:
        version: of the model that will read it.
        config: the version's.
    """
    case = opened_record(version, config)
    address.show(source=TAB if _now() is None else FILE)
    return case


def opened_record(
    version: Version, config: ModelConfig, likely: Callable[[str], bool] = bool
) -> Case | None:
    """The same, and the address is left as it is.

    Args:
        version: of the model that will read it.
        config: the version's.
        likely: whether a patient of that name is to be chosen first.
    """
    with st.container(horizontal=True):
        for what in BOXES:
            _uploader(what)
    message = st.container()
    with message:
        _open(version, config)
    case = None
    with st.container(key="open-records", gap="small"):
        if (now := _now()) is not None:
            case = _patient(now, version, config, likely)
        elif st.query_params.get("source") == FILE and EVER not in st.session_state:
            message.info(
                "The file of this address is not here: it stays in its session. Open it again."
            )
    return case


def _uploader(what: str) -> None:
    """A box for a file, empty again once it is taken."""
    key = f"upload-{what}-{st.session_state.get(TAKEN, 0)}"

    def take() -> None:
        if (file := st.session_state[key]) is not None:
            st.session_state[GIVEN] = {what: file}
            st.session_state[TAKEN] = st.session_state.get(TAKEN, 0) + 1

    help = {
        EVENTS: "CSV, Excel or Parquet, a row an event, with the columns patient, time, code and value; or a "
        "folder of MEDS as a ZIP. "
        "Times are dates, or numbers in a column minute or hour; a row without a time is a fact that "
        "does not change. Files stay in memory on this machine and are not stored; the SHA-256 of "
        "a record, without the patient's number, and its prediction are recorded in the audit log.",
        PATIENTS: "A row a patient: prediction_time, after which no event is read, and what does not change. "
        "It belongs to the open table of events.",
    }  # fmt: skip
    most = Limits.from_environment().megabytes
    st.file_uploader(
        BOXES[what], key=key, type=None, max_upload_size=most, help=help[what], on_change=take
    )


def _open(version: Version, config: ModelConfig) -> None:
    """Open what was just given, unless it cannot be read."""
    given: dict[str, Any] | None = st.session_state.pop(GIVEN, None)
    if not given:
        return
    before: OpenedRecords | None = st.session_state.get(OPENED)
    try:
        limits = Limits.from_environment()
        data = {}
        for what, file in given.items():
            limits.check_bytes(file.size)
            data[what] = file.getvalue()
        if EVENTS in data:
            opened = OpenedRecords(data[EVENTS])
        elif before is None:
            raise InputError("Give the table of events first: a table of patients belongs to one.")
        else:
            opened = OpenedRecords(before.events, data[PATIENTS])
        with st.spinner("Reading the table"):
            opened.records(version.dataset, config)
    except InputError as error:
        st.error(plain(str(error)))
        if before is not None:
            st.caption("The table before it is still open below.")
        return
    st.session_state[OPENED] = opened
    st.session_state[EVER] = True


def _now() -> OpenedRecords | None:
    now: OpenedRecords | None = st.session_state.get(OPENED)
    return now


def _patient(
    now: OpenedRecords, version: Version, config: ModelConfig, likely: Callable[[str], bool]
) -> Case | None:
    """Ask for a patient of the open table; None, with a sentence, where the record cannot be read."""
    try:
        names = list(now.records(version.dataset, config).by_patient)
    except InputError as error:  # of another data set's rules
        st.error(plain(str(error)))
        names = []
    patients = f"{len(names):,} patient{'' if len(names) == 1 else 's'}"
    with st.container(horizontal=True, vertical_alignment="center"):
        also = " with a table of patients" if now.patients is not None else ""
        st.markdown(f"Your table: {now.format}{also}, {patients}", width="content")
        st.button("Close", key="close-records", on_click=_close)
    if not names:
        return None
    first = next(filter(likely, names), names[0])
    name = st.selectbox("Patient", names, **persistent("record-patient", first, names))
    try:
        return now.case(version.dataset, config, name)
    except InputError as error:
        st.error(plain(str(error)))
        return None


def _close() -> None:
    st.session_state.pop(OPENED, None)
    address.write_case(source=TAB)
