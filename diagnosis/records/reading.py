"""A table of events in long form, one row an event, as the records of its patients.

Columns are found by name, upper or lower case, in any order: ``patient``, ``time``, ``code``, ``value``, or
those of MEDS (https://github.com/Medical-Event-Data-Standard/meds): ``subject_id``, ``time``, ``code``,
``numeric_value``, ``text_value``. A time is a date, or a number in a column ``minute`` or ``hour``. In MEDS
an event without a time is a fact that does not change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from diagnosis.core.reason import Reason
from diagnosis.records.columns import MINUTES, find_column, identifiers, minutes
from diagnosis.records.patients import PATIENT, Patients
from diagnosis.records.record import Record
from diagnosis.records.table import RecordError, read_table

TIME = ("time", "timestamp", "datetime", "date", "charttime")
CODE = ("code", "concept", "variable", "parameter")
VALUE = ("value", "numeric_value", "valuenum")
WORDS = ("text_value",)
Range = tuple[float, float]
EVERY: Range = (-np.inf, np.inf)
MAX_EVENTS = 100_000  # of one patient
MAX_CODES = 10_000


@dataclass(frozen=True)
class Records:
    """The records of a table, by patient, and what was odd about it.

    Attributes:
        by_patient: in the order in which they occur.
        splits: "train", "val" or "test" by patient, where a table of patients says so.
        findings: "duplicates" (rows that occur again, read once: ``n``), "words" (values that are words, read
            as part of the code: ``n``), "other-columns" (not read: ``columns``, ``n``), "impossible" (events
            with a value that cannot be, left out: ``n``, ``codes`` with the number of each),
            "after-prediction" (events after the time of prediction, left out: ``n``, ``patients``),
            "no-events" (patients without any: ``n``), "no-row" (patients of events whom the table of
            patients lacks, left out: ``n``); and those of the table of patients.
    """

    by_patient: Mapping[str, Record]
    splits: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Reason, ...] = ()

    def __len__(self) -> int:
        return len(self.by_patient)


def read_records(
    data: bytes,
    patients: Patients | None = None,
    possible: Mapping[str, Range] = MappingProxyType({}),
) -> Records:
    """The records of a CSV, Excel or Parquet file; arguments and errors as of `records_of`."""
    return records_of(read_table(data), patients, possible)


def records_of(
    table: pd.DataFrame,
    patients: Patients | None = None,
    possible: Mapping[str, Range] = MappingProxyType({}),
) -> Records:
    """The records of a table.

    Args:
        table: of events.
        patients: labels, times of prediction and facts; then only these patients are read, and all of them.
        possible: the lowest and the highest value that there can be, by code; others are left out.

    Raises:
        RecordError: no such table; a column is missing; times that are none, or partly with a time zone; rows
            without patient or code; too many events of a patient, or too many codes.
    """
    events, dates, findings = _events(table)
    events, impossible = _possible(events, possible)
    findings += impossible
    if patients is None:
        return Records(_by_patient(events, dates=dates), {}, tuple(findings))
    limits = patients.table["until"]
    if limits.notna().any() and patients.dates != dates:
        raise RecordError(
            "The events and the times of prediction count differently: give dates for both, or minutes for "
            "both."
        )
    strange = ~events["patient"].isin(limits.index)
    if len(strange) and strange.all():
        raise RecordError(
            f"No patient of the events, such as {str(events['patient'].iloc[0])[:40]!r}, is in the table of "
            f"patients, whose first is {str(limits.index[0])[:40]!r}: number them alike in both."
        )
    if strange.any():
        findings.append(Reason("no-row", {"n": int(events["patient"][strange].nunique())}))
        events = events[~strange]
    late = np.zeros(len(events), bool)
    if limits.notna().any():
        late = (
            events["time"] > events["patient"].astype(object).map(limits).astype(float)
        ).to_numpy()
    if late.any():
        left_out = events["patient"][late]
        facts = {"n": int(late.sum()), "patients": int(left_out.nunique())}
        findings.append(Reason("after-prediction", facts))
        events = events[~late]
    read = _by_patient(events, dates=dates)
    if empty := sum(patient not in read for patient in limits.index):
        findings.append(Reason("no-events", {"n": empty}))
    splits = {str(patient): split for patient, split in patients.table["split"].items() if split}
    return Records(_with_facts(read, patients), splits, (*findings, *patients.findings))


def _possible(
    rows: pd.DataFrame, possible: Mapping[str, Range]
) -> tuple[pd.DataFrame, list[Reason]]:
    """The rows without those whose value cannot be, and how many these are."""
    codes = rows["code"].cat.codes.to_numpy()
    ranges = [possible.get(str(code), EVERY) for code in rows["code"].cat.categories]
    lowest, highest = np.array(ranges, "float32").reshape(-1, 2).T
    value = rows["value"].to_numpy()
    wrong = (value < lowest[codes]) | (value > highest[codes])  # NaN is neither
    if not wrong.any():
        return rows, []
    counts = rows["code"][wrong].value_counts()
    by_code = {str(code): int(n) for code, n in counts.items() if n}
    return rows[~wrong], [Reason("impossible", {"n": int(wrong.sum()), "codes": by_code})]


def _events(table: pd.DataFrame) -> tuple[pd.DataFrame, bool, list[Reason]]:
    """Columns patient, time (minutes), code and value; whether times are dates; findings."""
    numbered = next((name for name in MINUTES if find_column(table, name)), None)
    dated = find_column(table, *TIME)
    time = dated or (numbered and find_column(table, numbered))
    columns = {
        "patient": find_column(table, *PATIENT),
        "time": time,
        "code": find_column(table, *CODE),
        "value": find_column(table, *VALUE),
        "words": find_column(table, *WORDS),
    }
    missing = [name for name in ("patient", "time", "code") if columns[name] is None]
    if missing:
        raise RecordError(
            f"The table has no column {' and none '.join(missing)}; its columns are "
            f"{', '.join(str(name)[:40] for name in list(table.columns)[:8])}. Name them patient, time, code "
            "and value."
        )
    rows = pd.DataFrame({
        "patient": identifiers(table, str(columns["patient"]), "patient"),
        "time": minutes(table[time], None if dated else MINUTES[str(numbered)]),
        "code": identifiers(table, str(columns["code"]), "code"),
    })  # fmt: skip
    rows["value"], words = _values(table, columns["value"], columns["words"])
    if words.notna().any():
        code = rows["code"].astype("string")
        rows["code"] = code.where(words.isna(), code + "//" + words).astype("category")
    findings = []
    unique = rows.drop_duplicates()
    if n := len(rows) - len(unique):
        findings.append(Reason("duplicates", {"n": n}))
    if n := int(words.notna().sum()):
        findings.append(Reason("words", {"n": n}))
    if others := [str(name) for name in table.columns if name not in columns.values()]:
        findings.append(Reason("other-columns", {"columns": others[:10], "n": len(others)}))
    _check_size(unique)
    return unique, dated is not None, findings


def _values(
    table: pd.DataFrame, column: str | None, text: str | None
) -> tuple[pd.Series, pd.Series]:
    """Values as float32, NaN for none or infinite; and those that are words, as text."""
    given = pd.Series(pd.NA, table.index, "object") if column is None else table[column]
    numbers = pd.to_numeric(given, errors="coerce").astype("float32")
    if text is not None:  # where there is no number
        given = table[text]
    wordy = given.notna() & numbers.isna()
    words = pd.Series(pd.NA, table.index, "string")
    if wordy.any():
        words[wordy] = given[wordy].astype("string").str.strip()
    return numbers.where(np.isfinite(numbers)), words.where(words != "")


def _check_size(rows: pd.DataFrame) -> None:
    """See that a network can be fed with them.

    Raises:
        RecordError: too many codes, or events of one patient.
    """
    if (codes := rows["code"].nunique()) > MAX_CODES:
        raise RecordError(
            f"The table has {codes:,} different codes; at most {MAX_CODES:,} are read: group rare codes, or "
            "see that the column is no free text."
        )
    if (most := int(rows["patient"].value_counts().iloc[0])) > MAX_EVENTS:
        raise RecordError(
            f"A patient has {most:,} events; at most {MAX_EVENTS:,} are read: choose a shorter time."
        )


def _by_patient(rows: pd.DataFrame, *, dates: bool) -> dict[str, Record]:
    """One record a patient; times of dates count from the first event."""
    if not len(rows):
        return {}
    patients = rows["patient"].cat.remove_unused_categories()
    patient, time = patients.cat.codes.to_numpy(), rows["time"].to_numpy(float)
    order = np.lexsort((time, patient))  # stable; events without a time come last
    codes, values = rows["code"].astype(object).to_numpy(), rows["value"].to_numpy("float32")
    records = {}
    for name, mine in zip(
        patients.cat.categories,
        np.split(order, np.cumsum(np.bincount(patient))[:-1]),
        strict=True,
    ):
        timed = mine[~np.isnan(time[mine])]
        static = mine[len(timed) :]
        minutes = time[timed] - (time[timed[0]] if dates and len(timed) else 0)
        known = {
            str(code): float(value)
            for code, value in zip(codes[static], values[static], strict=True)
        }
        records[str(name)] = Record(minutes, codes[timed], values[timed], known)
    return records


def _with_facts(read: Mapping[str, Record], patients: Patients) -> dict[str, Record]:
    """All patients of the table, in its order, with their labels and facts."""
    empty = Record(np.empty(0), np.empty(0, object), np.empty(0, "float32"))
    names, known = list(patients.facts.columns), patients.facts.to_numpy("float32")
    words = patients.words.to_dict("split")
    records = {}
    for patient, label, values, stated in zip(
        patients.table.index, patients.table["label"], known, words["data"], strict=True
    ):
        record = read.get(patient, empty)
        facts = {
            name: float(value)
            for name, value in zip(names, values, strict=True)
            if not np.isnan(value)
        }
        facts |= {
            f"{name}//{word}": np.nan
            for name, word in zip(words["columns"], stated, strict=True)
            if word
        }
        records[patient] = replace(
            record,
            facts={**record.facts, **facts},
            label=None if np.isnan(label) else int(label),
        )
    return records
