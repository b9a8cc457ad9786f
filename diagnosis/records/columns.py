"""What columns of a table hold, and their times in minutes."""

import numpy as np
import pandas as pd

from diagnosis.records.table import RecordError

MINUTES = {"minute": 1.0, "minutes": 1.0, "hour": 60.0, "hours": 60.0}
NAMED = 3  # rows that a sentence names
HEADER_ROWS = 2  # the first row below the header is the second of the file


def find_column(table: pd.DataFrame, *names: str) -> str | None:
    """The first of the names that the table has, in its own spelling; case does not count."""
    there = {str(column).strip().lower(): column for column in reversed(table.columns)}
    return next((there[name] for name in names if name in there), None)


def identifiers(table: pd.DataFrame, column: str, what: str) -> pd.Series:
    """A column of names or numbers as categories of text, which millions of rows share.

    Raises:
        RecordError: a row has none.
    """
    values = table[column]
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")  # a column of whole numbers with a gap
    places, different = pd.factorize(values)
    text = pd.Index(different).astype(str).str.strip()
    lacking = pd.Series((places < 0) | (text == "")[places] if len(text) else places < 0)
    reject_rows(lacking, f"without a {what}", f"give every row its {what}")
    again, unique = pd.factorize(text)  # " a" and "a" are one
    return pd.Series(pd.Categorical.from_codes(again[places], unique), table.index)


def minutes(times: pd.Series, unit: float | None) -> pd.Series:
    """Times as float64 minutes, NaN where there is none.

    Args:
        times: numbers of ``unit`` minutes; or dates, with it None, which count from 1970 in UTC.
        unit: minutes in one.

    Raises:
        RecordError: some are neither; or some dates have a time zone and others none.
    """
    if unit is not None:
        numbers = pd.to_numeric(times, errors="coerce")
        reject_rows(numbers.isna() & times.notna(), "with a time that is no number", "correct them")
        return numbers.astype(float) * unit
    if pd.api.types.is_numeric_dtype(times):
        raise RecordError(
            "The times are plain numbers: name the column minute or hour, so that their unit is known."
        )
    if not pd.api.types.is_datetime64_any_dtype(times):
        times = _dates(times.astype("string").str.strip())
    if times.dt.tz is not None:
        times = times.dt.tz_convert("UTC").dt.tz_localize(None)
    return (times - pd.Timestamp(0)) / pd.Timedelta(minutes=1)


def _dates(text: pd.Series) -> pd.Series:
    given = text.notna() & (text != "")
    zoned = text.str.contains(r"(?:Z|\d[+-]\d{2}:?\d{2})$", regex=True, na=False)
    if zoned.any() and not zoned[given].all():
        raise RecordError(
            f"{int(zoned.sum()):,} of {int(given.sum()):,} times have a time zone and the others none: give "
            "it for all or for none."
        )
    dates = pd.to_datetime(text.where(given), errors="coerce", format="ISO8601", utc=True)
    reject_rows(
        dates.isna() & given, "with a time that is no date",
        "write it as 2026-11-27 14:05, or as minutes in a column minute",
    )  # fmt: skip
    return dates


def reject_rows(wrong: pd.Series, what: str, do: str) -> None:
    """Raise if there are wrong rows, with the first of them as the file counts.

    Raises:
        RecordError: there are.
    """
    places = np.flatnonzero(wrong.to_numpy(bool))
    if not len(places):
        return
    named = ", ".join(f"{place + HEADER_ROWS:,}" for place in places[:NAMED])
    more = "" if len(places) <= NAMED else " and others"
    rows = "row" if len(places) == 1 else "rows"
    raise RecordError(f"{len(places):,} {rows} {what} ({rows} {named}{more} of the file): {do}.")
