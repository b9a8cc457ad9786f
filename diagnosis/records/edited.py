"""A record from rows that a person has edited."""

import numpy as np
import pandas as pd

from diagnosis.records.record import Record
from diagnosis.records.table import RecordError


def record_of_rows(rows: pd.DataFrame) -> tuple[Record, int]:
    """The record of some rows, in the order of their hours.

    Args:
        rows: columns hour (none of a fact, which does not change), code and value (none, too).

    Returns:
        The record, and how many rows have no code and so are not read.

    Raises:
        RecordError: nothing is left, or a fact is stated twice.
    """
    named = rows["code"].notna() & (rows["code"].astype(str).str.strip() != "")
    read = rows[named]
    hours = pd.to_numeric(read["hour"], errors="coerce").to_numpy(float)
    values = pd.to_numeric(read["value"], errors="coerce").to_numpy("float32")
    codes = read["code"].astype(str).str.strip().to_numpy(object)
    if not len(codes):
        raise RecordError("No event is left: keep one, or take the edits back.")
    fact = np.isnan(hours)
    names = pd.Series(codes[fact])
    if (twice := names[names.duplicated()]).size:
        raise RecordError(
            f"Two rows without an hour are {str(twice.iloc[0])[:60]}: give one an hour, or delete it."
        )
    order = np.flatnonzero(~fact)[np.argsort(hours[~fact], kind="stable")]
    facts = dict(zip(names, values[fact].astype(float).tolist(), strict=True))
    return Record(hours[order] * 60, codes[order], values[order], facts), int((~named).sum())
