"""The file of a list of labels: CSV or Excel, with columns file, label, and if known patient and split.

It may be anybody's, so it is read row by row, and a row that is too long is an error before the next is read.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper

from diagnosis.datasets.dataset import DatasetError
from diagnosis.datasets.importing.guarded_zip import GuardedZip
from diagnosis.datasets.importing.labelled import MAX_FILES, one_form, printable
from diagnosis.datasets.importing.report import Finding, counted
from diagnosis.scans import Limits, ScanError

COLUMNS = ("file", "label", "patient", "split")
ALSO = {
    "file": "filename",
    "label": "class",
    "patient": "patientid",
}  # if there is none of that name
DELIMITERS = (",", ";", "\t", "|")
MAX_COLUMNS = 50
MAX_CELL = 10_000  # characters
MAX_ROW = MAX_COLUMNS * 1_000  # characters; a path and a label have some hundred
MAX_SHEET = 8 * 2**20  # bytes of each part of a workbook, unpacked: some 45,000 rows

BYTE_ORDER_MARKS = (  # the longer first: UTF-32's begins with UTF-16's
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
OLD_EXCEL = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True)
class Row:
    """One row of a list, in one Unicode form; what is not there is an empty text."""

    file: str = ""
    label: str = ""
    patient: str = ""
    split: str = ""


@dataclass(frozen=True)
class LabelList:
    """The rows of a list that are not empty, and what is odd about it."""

    rows: tuple[Row, ...]
    findings: tuple[Finding, ...] = ()


def read_list(data: bytes, limits: Limits) -> LabelList:
    """The rows of a CSV or Excel file, told by its content.

    Columns are found by their names, upper or lower case, in any order; others are not read.

    Raises:
        DatasetError: neither kind of file, a column is missing or double, no rows or too many, or one that is
            too long.
    """
    try:
        limits.check_bytes(len(data))
    except ScanError as error:
        raise DatasetError(f"The list is too long: {error}") from None
    if data.startswith(OLD_EXCEL):
        raise DatasetError(
            "The list is a workbook of Excel before 2007 (XLS): save it as XLSX or CSV (UTF-8)."
        )
    findings: list[Finding] = []
    table = _excel(data, limits, findings) if data.startswith(b"PK") else _csv(data, findings)
    header = next(table, None)
    if header is None:
        raise _not_csv()
    places = _places(header)
    findings += _not_read(header, places)
    rows, longer = [], 0
    for number, cells in enumerate(table, 1):
        if number > MAX_FILES:
            raise DatasetError(f"The list has more than {MAX_FILES:,} rows: import it in parts.")
        row = Row(**{name: one_form(cells[at]) for name, at in places.items() if at < len(cells)})
        longer += any(cells[len(header) :])
        if row.file or row.label:
            rows.append(row)
    if not rows:
        raise DatasetError("The list has no rows: write one for each picture below the header.")
    if longer:
        sentence = (
            f"With more cells than the header has: {counted(longer, 'row')} of the list. Put a text that "
            "holds a comma between quotation marks."
        )
        findings.append(Finding("error", "cells", sentence))
    return LabelList(tuple(rows), tuple(findings))


def _places(header: Sequence[str]) -> dict[str, int]:
    """Where the columns are that are read."""
    names = [re.sub(r"[\s_-]", "", one_form(name).casefold()) for name in header]
    places = {}
    for wanted in COLUMNS:
        column = wanted if wanted in names else ALSO.get(wanted, wanted)
        found = names.count(column)
        if found > 1 or (found == 0 and wanted in ("file", "label")):
            shown = ", ".join(printable(one_form(name)) for name in header[:8])
            raise DatasetError(
                f"The list has {'two columns' if found else 'no column'} {wanted!r}, its columns "
                f"are {shown}: it needs a column file and a column label, and may have patient and "
                "split."
            )
        if found:
            places[wanted] = names.index(column)
    return places


def _not_read(header: Sequence[str], places: dict[str, int]) -> list[Finding]:
    names = [one_form(name) for at, name in enumerate(header) if at not in places.values()]
    if not any(names):
        return []
    shown = ", ".join(printable(name) for name in names[:8] if name)
    return [Finding("note", "columns", f"Other columns of the list are not read: {shown}.")]


def _csv(data: bytes, findings: list[Finding]) -> Iterator[list[str]]:
    encoding = _encoding(data)
    if encoding in ("cp1252", "mac_roman"):
        sentence = (
            f"The list is not in UTF-8, and is read as {encoding}: check letters with accents."
        )
        findings.append(Finding("note", "encoding", sentence))
    delimiter, skipped = _delimiter(data, encoding)
    table = _rows(data, encoding, delimiter)
    for _ in range(skipped):
        next(table, None)
    return (cells for cells in table if any(cells))


def _rows(data: bytes, encoding: str, delimiter: str) -> Iterator[list[str]]:
    """The rows of a CSV file; lines may end in CR, LF or both."""
    read = 0  # characters since the last row ended: a quoted cell may have many lines

    def lines() -> Iterator[str]:
        nonlocal read
        with TextIOWrapper(BytesIO(data), encoding, errors="replace", newline="") as text:
            while line := text.readline(MAX_ROW + 1):
                read += len(line)
                if read > MAX_ROW:
                    raise _too_long()
                yield line

    try:
        for cells in csv.reader(lines(), delimiter=delimiter, skipinitialspace=True):
            read = 0
            yield _checked(cells)
    except csv.Error as error:
        raise _not_csv() from error


def _delimiter(data: bytes, encoding: str) -> tuple[str, int]:
    """What stands between cells, and how many lines there are before the header.

    The mark with which the first line has both columns that are needed, else the one that it has most of;
    Excel may state it in a line ``sep=;`` before.
    """
    first = data[:100].decode(encoding, errors="ignore")
    if stated := re.match(r'"?sep=([^\r\n])"?[\r\n]', first, re.IGNORECASE):
        return stated[1], 1
    headers = {mark: next(_rows(data, encoding, mark), [""]) for mark in DELIMITERS}
    for mark, header in headers.items():
        try:
            _places(header)
        except DatasetError:
            continue
        return mark, 0
    return max(headers, key=lambda mark: len(headers[mark])), 0


def _encoding(data: bytes) -> str:
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return encoding
    start = data[:400]
    if len(start) > 3 and 0 in start:
        for encoding, zeros, letters in (
            ("utf-16-le", start[1::2], start[::2]),
            ("utf-16-be", start[::2], start[1::2]),
        ):
            if not any(zeros) and all(letters):
                return encoding
    if b"\0" in data[:4096]:
        raise DatasetError(
            "This is neither a list (CSV, Excel) nor a ZIP, an NPZ or a folder: pack the pictures as a "
            "ZIP, or save the list as CSV (UTF-8)."
        )
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        # What Excel writes in Western Europe: on a Mac lines end in CR alone.
        return "mac_roman" if b"\r" in data and b"\n" not in data else "cp1252"
    return "utf-8"


def _excel(data: bytes, limits: Limits, findings: list[Finding]) -> Iterator[list[str]]:
    """The first sheet. An Excel file is a ZIP, so it is held to the same rules."""
    import openpyxl

    guarded = GuardedZip(BytesIO(data))
    for path in guarded.files().readers:
        try:
            guarded.read(path, Limits(bytes=min(limits.bytes, MAX_SHEET)))  # counts what unpacks
        except ScanError as error:
            raise DatasetError(
                "The list is too long or damaged: save it as CSV (UTF-8), or import it in parts."
            ) from error
    try:
        book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        if len(book.worksheets) > 1:
            sentence = f"The list is the first of {len(book.worksheets):,} sheets; the others are not read."
            findings.append(Finding("note", "sheets", sentence))
        # A corner of the sheet only: with one filled cell far away, all between would be made.
        lines = sheet.iter_rows(max_row=MAX_FILES + 2, max_col=MAX_COLUMNS + 1, values_only=True)
        for line in lines:
            cells = _checked(["" if value is None else str(value) for value in line])
            if any(cells):
                yield cells
    except DatasetError:
        raise
    except Exception as error:
        # openpyxl on a damaged or foreign workbook raises anything, from KeyError to ParseError
        raise DatasetError(
            "The list cannot be read as an Excel workbook: save it as XLSX or CSV again."
        ) from error


def _checked(cells: Sequence[str]) -> list[str]:
    """The cells of a row without spaces around them; those behind the last column are empty."""
    cells = [cell.strip() for cell in cells]
    if any(cells[MAX_COLUMNS:]):
        raise DatasetError(
            f"The list has more than {MAX_COLUMNS} columns: keep file, label, patient and split."
        )
    if any(len(cell) > MAX_CELL for cell in cells):
        raise _too_long()
    return cells[:MAX_COLUMNS]


def _too_long() -> DatasetError:
    return DatasetError(
        f"A cell of the list has more than {MAX_CELL:,} characters, or a row more than {MAX_ROW:,}: keep "
        "file, label, patient and split, and see that quotation marks come in pairs."
    )


def _not_csv() -> DatasetError:
    return DatasetError(
        "The list cannot be read as CSV or Excel: save it as CSV with a header line."
    )
