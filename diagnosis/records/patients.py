"""A table of patients: the label of each, when it is to be predicted, and what is known from the start."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

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
        facts: float64, one column a fact, the same index; NaN where one is not known.
        dates: whether ``until`` counts from 1970.
    """

    table: pd.DataFrame
    facts: pd.DataFrame
    dates: bool = True


def read_patients(data: bytes, label: str | None = "label", facts: Sequence[str] = ()) -> Patients:
    """The patients of a CSV, Excel or Parquet file, one row each.

    Args:
        data: bytes of the file.
        label: the column that is to be predicted, whole numbers from 0; None if it is not read.
        facts: columns of numbers that are known from the start.

    Raises:
        RecordError: a column is missing, a patient is in two rows or two splits, a label is no whole number.
    """
    table = read_table(data)
    named = find_column(table, *PATIENT)
    if named is None:
        raise RecordError("The table of patients has no column patient: add it.")
    patient = identifiers(table, named, "patient")
    split = _splits(table)
    _once(patient, split)
    limit = find_column(table, *UNTIL)
    counted = next((n for n in MINUTES if find_column(table, f"prediction_{n}")), None)
    if limit is None and counted is not None:
        limit = find_column(table, f"prediction_{counted}")
    unit = MINUTES[counted] if counted and limit != find_column(table, *UNTIL) else None
    until = pd.Series(np.nan, table.index) if limit is None else minutes(table[limit], unit)
    labels = pd.Series(np.nan, table.index) if label is None else _labels(table, label)
    rows = pd.DataFrame({"label": labels, "until": until, "split": split})
    known = pd.DataFrame(
        {name: pd.to_numeric(table[_needed(table, name)], errors="coerce") for name in facts},
        index=table.index,
    )
    return Patients(rows.set_index(patient), known.set_index(patient), dates=unit is None)


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


def _once(patient: pd.Series, split: pd.Series) -> None:
    """See that no patient has two rows.

    Raises:
        RecordError: some have.
    """
    again = patient.duplicated(keep=False)
    if not again.any():
        return
    splits = split[again].groupby(patient[again]).nunique()
    where = "two splits" if (splits > 1).any() else "two rows"
    n = int((splits > 1).sum()) if (splits > 1).any() else int(patient[again].nunique())
    raise RecordError(
        f"{n:,} {'patient is' if n == 1 else 'patients are'} in {where} of the table: a patient has one row "
        "and one split, or what is learned from a patient would be tested on the same patient."
    )
