"""Tables of events as a person gives them, for page and command line: records, and a patient of them."""

from typing import TYPE_CHECKING

from diagnosis.cases import Patient
from diagnosis.core.errors import InputError
from diagnosis.datasets.importing.packed_meds import read_packed_meds
from diagnosis.datasets.variables import WORD, possible_values
from diagnosis.records.columns import find_column
from diagnosis.records.patients import read_patients
from diagnosis.records.reading import Records, read_records
from diagnosis.records.table import RecordError, format_of, read_table
from diagnosis.text.records import record_findings

if TYPE_CHECKING:
    from diagnosis.sequences import Encoder


def read_given(
    events: bytes, of_patients: bytes | None, dataset: str, encoder: "Encoder"
) -> Records:
    """The records of a table of events, and of a table of patients if there is one.

    Args:
        events: of a CSV, Excel or Parquet file, or of a ZIP of a folder of MEDS.
        of_patients: likewise: the time of prediction, after which no event is read, and of the other columns
            those that the model knows, as what does not change.
        dataset: name of the set that the model learned from: it says which values there can be.
        encoder: the model's.

    Raises:
        RecordError: a table is not what it should be.
        DatasetError: a ZIP is damaged or hostile.
    """
    if format_of(events) == "ZIP":
        if of_patients is not None:
            raise RecordError(
                "A folder of MEDS has its own times of prediction: leave the table of patients out."
            )
        return read_packed_meds(events)
    patients = None
    if of_patients is not None:
        columns = read_table(of_patients)
        names = dict.fromkeys(code.partition(WORD)[0] for code in getattr(encoder, "codes", ()))
        facts = [name for name in names if find_column(columns, name.lower())]
        patients = read_patients(of_patients, label=None, facts=facts)
    return read_records(events, patients, possible_values(dataset))


def patient_of(records: Records, name: str, format: str) -> Patient:
    """A patient's record as what a model reads.

    Args:
        records: of the table.
        name: one of its patients.
        format: of the table.

    Raises:
        InputError: the record has no event.
    """
    record = records.by_patient[name]
    if not len(record) and not record.facts:
        raise InputError(
            f"The record of patient {name[:40]!r} is empty: there is no event to read."
        )
    return Patient(name, record, format, record_findings(records.findings))
