"""Bytes of a CSV, Excel or Parquet file as a table of text and numbers, told by content and bounded."""

import csv
import zipfile
from io import BytesIO

import pandas as pd

from diagnosis.core.errors import InputError

MAX_ROWS = 5_000_000
MAX_COLUMNS = 200
MAX_UNPACKED = 2**29  # bytes of a Parquet file or workbook
SAMPLE = 64 * 1024  # bytes from which the delimiter is told
DELIMITERS = ",;\t|"
WORKBOOK = "xl/"  # the folder in every workbook, which is a ZIP
MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class RecordError(InputError):
    """A table that cannot be read as records: one sentence saying what is wrong and what to do."""


def format_of(data: bytes) -> str:
    """What a file is, by its content: "Parquet", "Excel", "ZIP" (another archive) or "CSV"."""
    if data.startswith(b"PAR1"):
        return "Parquet"
    if not data.startswith(b"PK"):
        return "CSV"
    try:
        with zipfile.ZipFile(BytesIO(data)) as members:
            workbook = any(name.startswith(WORKBOOK) for name in members.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        workbook = True  # perhaps it was one: reading it says what is wrong
    return "Excel" if workbook else "ZIP"


def read_table(data: bytes) -> pd.DataFrame:
    """The first sheet of a workbook, or the only table of a file; all cells of CSV and Excel as text.

    Raises:
        RecordError: none of the formats, damaged, empty, or too large.
    """
    if not data.strip():
        raise RecordError("The file is empty: choose a CSV, Excel or Parquet file of events.")
    if format_of(data) == "ZIP":
        raise RecordError(
            "The file is no table but a ZIP of other files: unpack it, and choose the table in it."
        )
    try:
        if format_of(data) == "Parquet":
            _check_parquet(data)
            table = pd.read_parquet(BytesIO(data))
        elif format_of(data) == "Excel":
            _check_workbook(data)
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
    _check_size(len(table), len(table.columns))
    return table


def _check_size(rows: int, columns: int) -> None:
    if rows > MAX_ROWS or columns > MAX_COLUMNS:
        raise RecordError(
            f"The table has {rows:,} rows and {columns:,} columns; at most {MAX_ROWS:,} and {MAX_COLUMNS} "
            "are read: split it by patient."
        )


def _check_parquet(data: bytes) -> None:
    """Before anything is unpacked: runs of one value make billions of rows in a small file."""
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    about = pq.read_metadata(BytesIO(data))
    _check_size(about.num_rows, about.num_columns)
    _check_unpacked(sum(about.row_group(k).total_byte_size for k in range(about.num_row_groups)))


def _check_workbook(data: bytes) -> None:
    with zipfile.ZipFile(BytesIO(data)) as members:
        _check_unpacked(sum(member.file_size for member in members.infolist()))


def _check_unpacked(size: int) -> None:
    if size > MAX_UNPACKED:
        raise RecordError(
            f"The file unpacks to {size / 1e9:.1f} GB; at most {MAX_UNPACKED / 1e9:.1f} GB are read: split "
            "it by patient."
        )


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
