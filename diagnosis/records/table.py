"""Bytes of a CSV, Excel or Parquet file as a table of text and numbers, told by content and bounded."""

import csv
from io import BytesIO

import pandas as pd

from diagnosis.core.errors import InputError

MAX_ROWS = 5_000_000
MAX_COLUMNS = 200
SAMPLE = 64 * 1024  # bytes from which the delimiter is told
DELIMITERS = ",;\t|"
MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class RecordError(InputError):
    """A table that cannot be read as records: one sentence saying what is wrong and what to do."""


def format_of(data: bytes) -> str:
    """What a file is, by its first bytes: "Parquet", "Excel" or "CSV"."""
    if data.startswith(b"PAR1"):
        return "Parquet"
    return "Excel" if data.startswith(b"PK") else "CSV"


def read_table(data: bytes) -> pd.DataFrame:
    """The first sheet of a workbook, or the only table of a file; all cells of CSV and Excel as text.

    Raises:
        RecordError: none of the formats, damaged, empty, or too large.
    """
    if not data.strip():
        raise RecordError("The file is empty: choose a CSV, Excel or Parquet file of events.")
    try:
        if format_of(data) == "Parquet":
            table = pd.read_parquet(BytesIO(data))
        elif format_of(data) == "Excel":
            table = pd.read_excel(BytesIO(data), dtype=str, nrows=MAX_ROWS + 1)
        else:
            table = _csv(data)
    except RecordError:
        raise
    except Exception as error:  # pandas, pyarrow, openpyxl: each has errors of its own
        raise RecordError(
            "The file is no table that can be read here: export it again as CSV (UTF-8), Excel (XLSX) or "
            "Parquet."
        ) from error
    if not len(table):
        raise RecordError("The table has a header and no rows: choose one with events.")
    if len(table) > MAX_ROWS or len(table.columns) > MAX_COLUMNS:
        raise RecordError(
            f"The table has {len(table):,} rows and {len(table.columns)} columns; at most {MAX_ROWS:,} and "
            f"{MAX_COLUMNS} are read: split it by patient."
        )
    return table


def _csv(data: bytes) -> pd.DataFrame:
    encoding = next((name for mark, name in MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        sample = data[:SAMPLE].decode(encoding, errors="ignore" if len(data) > SAMPLE else "strict")
    except UnicodeDecodeError as error:
        raise RecordError("The text is not UTF-8: save the table as CSV (UTF-8).") from error
    if "\0" in sample:
        raise RecordError(
            "The file holds binary data, not a table: choose a CSV, Excel or Parquet file of events."
        )
    header = sample.splitlines()[0]
    delimiter = max(DELIMITERS, key=header.count)
    if not header.count(delimiter):
        raise RecordError(
            "The first line has no comma, semicolon, tab or bar: it must name the columns patient, time, "
            "code and value."
        )
    table = pd.read_csv(
        BytesIO(data), sep=delimiter, encoding=encoding, dtype=str, nrows=MAX_ROWS + 1,
        quoting=csv.QUOTE_MINIMAL, keep_default_na=False, na_values=[""], skipinitialspace=True,
    )  # fmt: skip
    if not isinstance(
        table.index, pd.RangeIndex
    ):  # pandas takes cells that are too many for an index
        raise RecordError("The rows have more cells than the header: export the table again.")
    return table
