"""A table of patients: the label of each, when it is to be predicted, and what is known from the start."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from diagnosis.core.reason import Reason
from diagnosis.records.columns import MINUTES, find_column, identifiers, minutes
from diagnosis.records.table import RecordError, read_table

PATIENT = ("patient", "patient_id", "subject_id", "subject")
UNTIL = ("prediction_time",)  # a date; or prediction_minute, prediction_hour
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Patients:
    """What is said of each patient.

    Attributes:
        table: indexed by the patient's number as text. Column ``label`` is float64, NaN if not said;
            ``until`` is float64 minutes, NaN for no limit; ``split`` is text, "" if not said.
        facts: float32, one column a fact, the same index; NaN where one is not known.
        words: text, facts that are words such as a sex, the same index; "" where one is not known.
        dates: whether ``until`` counts from 1970.
        findings: "same-rows" (rows that occur again, read once: ``n``), "no-label" (patients without one:
            ``n``).
    """

    table: pd.DataFrame
    facts: pd.DataFrame
    words: pd.DataFrame
    dates: bool = True
    findings: tuple[Reason, ...] = ()


def read_patients(data: bytes, label: str | None = "label", facts: Sequence[str] = ()) -> Patients:
    """The patients of a CSV, Excel or Parquet file; arguments and errors as of `patients_of`."""
    return patients_of(read_table(data), label, facts)


def patients_of(
    table: pd.DataFrame, label: str | None = "label", facts: Sequence[str] = ()
) -> Patients:
    """The patients of a table, one row each.

    Args:
        table: of patients.
        label: the column that is to be predicted, whole numbers from 0; None if none is known.
        facts: columns that are known from the start, numbers or words.

    Raises:
        RecordError: a column is missing, a patient is in two rows that differ, or in two splits; a label is
            no whole number.
    """
    named = find_column(table, *PATIENT)
    if named is None:
        raise RecordError("The table of patients has no column patient: add it.")
    rows = len(table)
    table = table.drop_duplicates(ignore_index=True)
    same = rows - len(table)
    patient = identifiers(table, named, "patient")
    split = _splits(table)
    labels = pd.Series(np.nan, table.index) if label is None else _labels(table, label)
    _once(patient, split, labels, label)
    limit = find_column(table, *UNTIL)
    counted = next((n for n in MINUTES if find_column(table, f"prediction_{n}")), None)
    if limit is None and counted is not None:
        limit = find_column(table, f"prediction_{counted}")
    unit = MINUTES[counted] if counted and limit != find_column(table, *UNTIL) else None
    until = pd.Series(np.nan, table.index) if limit is None else minutes(table[limit], unit)
    numbers, words = _facts(table, facts)
    findings = [Reason("same-rows", {"n": same})] if same else []
    if label is not None and (n := int(labels.isna().sum())):
        findings.append(Reason("no-label", {"n": n}))
    return Patients(
        pd.DataFrame({"label": labels, "until": until, "split": split}).set_index(patient),
        numbers.set_index(patient),
        words.set_index(patient),
        dates=unit is None,
        findings=tuple(findings),
    )


def _facts(table: pd.DataFrame, names: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Columns of numbers, and those with a word in them."""
    numbers, words = {}, {}
    for name in names:
        given = table[_needed(table, name)]
        values = pd.to_numeric(given, errors="coerce").astype("float32")
        if (given.notna() & values.isna()).any():
            words[name] = given.astype("string").str.strip().fillna("")
        else:
            numbers[name] = values.where(np.isfinite(values))
    return pd.DataFrame(numbers, table.index), pd.DataFrame(words, table.index)


def _needed(table: pd.DataFrame, name: str) -> str:
    column = find_column(table, name.lower())
    if column is None:
        raise RecordError(
            f"The table of patients has no column {name[:60]!r}; it has "
            f"{', '.join(str(column)[:40] for column in table.columns[:10])}. Choose one of these."
        )
    return column


def _labels(table: pd.DataFrame, name: str) -> pd.Series:
    text = table[_needed(table, name)]
    labels = pd.to_numeric(text, errors="coerce")
    wrong = text.notna() & (labels.isna() | (labels % 1 != 0) | (labels < 0))
    if wrong.any():
        raise RecordError(
            f"{int(wrong.sum()):,} labels are no whole numbers from 0 on, such as "
            f"{str(text[wrong].iloc[0])[:40]!r}: write 0 and 1."
        )
    return labels.astype(float)


def _splits(table: pd.DataFrame) -> pd.Series:
    column = find_column(table, "split")
    if column is None:
        return pd.Series("", table.index)
    split = table[column].astype("string").str.strip().str.lower().fillna("")
    wrong = ~split.isin(("", *SPLITS))
    if wrong.any():
        raise RecordError(
            f"The split {str(split[wrong].iloc[0])[:40]!r} is none of {', '.join(SPLITS)}: correct it."
        )
    return split


def _once(patient: pd.Series, split: pd.Series, labels: pd.Series, label: str | None) -> None:
    """See that no patient has two rows.

    Raises:
        RecordError: some have.
    """
    again = patient.duplicated(keep=False)
    if not again.any():
        return
    rows = pd.DataFrame({"split": split, "label": labels})[again]
    several = rows.groupby(patient[again].astype(str)).nunique(dropna=False) > 1
    splits, outcomes = int(several["split"].sum()), int(several["label"].sum())
    n, where = len(several), "two rows of the table"
    if splits:
        n, where = splits, "two splits of the table"
    elif outcomes:
        n, where = outcomes, f"two rows of the table with a different {str(label)[:60]}"
    raise RecordError(
        f"{n:,} {'patient is' if n == 1 else 'patients are'} in {where}: a patient has one row and one "
        "split, or what is learned from a patient would be tested on the same patient."
    )
