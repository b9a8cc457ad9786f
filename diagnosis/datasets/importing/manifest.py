"""A list of files and labels: CSV or Excel, with columns file, label, and if known patient and split."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Any

from diagnosis.datasets.dataset import DatasetError
from diagnosis.datasets.importing.guarded_zip import GuardedZip
from diagnosis.datasets.importing.labelled import (
    MAX_FILES,
    SPLIT_WORDS,
    Files,
    Picture,
    Source,
    printable,
    scan_reader,
)
from diagnosis.datasets.importing.report import Finding, counted
from diagnosis.scans import Limits, ScanError

COLUMNS = ("file", "label", "patient", "split")
DELIMITERS = (",", ";", "\t")
MAX_COLUMNS = 50
_TOO_WIDE = f"The list has more than {MAX_COLUMNS} columns: keep file, label, patient and split."


@dataclass(frozen=True)
class Row:
    """One row of a list; what is not there is an empty text."""

    file: str
    label: str
    patient: str = ""
    split: str = ""


def read_manifest(data: bytes, limits: Limits) -> list[Row]:
    """The rows of a CSV or Excel file, told by its content.

    Columns are found by their names, upper or lower case, in any order; others are not read.

    Raises:
        DatasetError: neither kind of file, a column is missing or double, no rows or too many.
    """
    try:
        limits.check_bytes(len(data))
    except ScanError as error:
        raise DatasetError(f"The list is too long: {error}") from None
    table = _excel(data) if data.startswith(b"PK") else _csv(data)
    names = [str(name).strip().lower() for name in table.columns]
    for wanted in COLUMNS:
        found = names.count(wanted)
        if found > 1 or (found == 0 and wanted in ("file", "label")):
            shown = ", ".join(printable(name) for name in names[:8])
            raise DatasetError(
                f"The list has {'two columns' if found else 'no column'} called {wanted!r}, its columns "
                f"are {shown}: it needs one called file and one called label, and may have patient and "
                "split."
            )
    present = [name for name in COLUMNS if name in names]
    rows = [
        Row(**{name: str(line[names.index(name)]).strip() for name in present})
        for line in table.itertuples(index=False, name=None)
    ]
    rows = [row for row in rows if row != Row("", "")]  # empty lines
    if not rows:
        raise DatasetError("The list has no rows: write one for each picture below the header.")
    if len(rows) > MAX_FILES:
        raise DatasetError(f"The list has more than {MAX_FILES:,} rows: import it in parts.")
    return rows


def by_manifest(files: Files, rows: list[Row], *, listed_itself: str | None = None) -> Source:
    """Pictures labelled by a list.

    A file is found by its path, or by its name alone where only one file is called so. One that is not
    there becomes a picture that cannot be read.

    Args:
        files: where the pictures are.
        rows: the list.
        listed_itself: the list's own path among the files; theirs may be relative to it.
    """
    beside = (listed_itself or "").rpartition("/")[0]
    by_name: dict[str, str | None] = {}  # None: several files are called so
    for path in files.readers:
        name = path.rpartition("/")[2]
        by_name[name] = None if name in by_name else path
    chosen: dict[str, Row] = {}
    pictures: list[Picture] = []
    unlabelled, odd_splits, conflicting, repeated = [], [], [], 0
    for row in rows:
        shown = printable(row.file)
        if not row.file or not row.label:
            unlabelled.append((shown or "(no file)",))
            continue
        if row.split and row.split.lower() not in SPLIT_WORDS:
            odd_splits.append((shown,))
            continue
        place = _path(row.file, beside, files.readers, by_name)
        reader = _absent if place is None else files.readers[place]
        key = place or row.file
        if key in chosen:
            if chosen[key] == row:
                repeated += 1
            else:
                conflicting.append((shown,))
            continue
        chosen[key] = row
        pictures.append(
            Picture(
                shown,
                scan_reader(reader),
                printable(row.label),
                patient=row.patient or None,
                split=SPLIT_WORDS.get(row.split.lower()),
            )
        )
    findings = [
        *files.findings(),
        *_found("error", "no-label", unlabelled, "Rows of the list without a file or a label"),
        *_found("error", "odd-split", odd_splits, "Rows whose split is not train, val or test"),
        *_found("error", "listed-twice", conflicting, "Files listed twice with different entries"),
    ]
    if repeated:
        sentence = f"Left out, as they repeat another: {counted(repeated, 'row')} of the list."
        findings.append(Finding("note", "repeated", sentence))
    if left := len(files.readers.keys() - chosen.keys() - {listed_itself}):
        sentence = f"Left out, as not in the list: {counted(left, 'file')} of the {files.kind}."
        findings.append(Finding("note", "not-listed", sentence))
    return Source(f"a {files.kind} with a list of labels", tuple(pictures), tuple(findings))


def _found(level: Any, code: str, names: list[tuple[str]], what: str) -> list[Finding]:
    return [Finding(level, code, f"{what}: {len(names):,}.", tuple(names))] if names else []


def _path(
    file: str,
    beside: str,
    readers: Mapping[str, Callable[[Limits], bytes]],
    by_name: Mapping[str, str | None],
) -> str | None:
    """Where a listed file is among those that there are; nothing else can be reached."""
    parts = [part for part in file.replace("\\", "/").split("/") if part not in ("", ".")]
    for path in ("/".join([beside, *parts]).lstrip("/"), "/".join(parts)):
        if path in readers:
            return path
    return by_name.get(parts[-1]) if parts and ".." not in parts else None


def _absent(limits: Limits) -> bytes:
    raise ScanError("There is no such file: check its name in the list.")


def _csv(data: bytes) -> Any:
    import pandas as pd

    if b"\0" in data[:4096]:
        raise DatasetError(
            "This is neither a list (CSV, Excel) nor a ZIP, an NPZ or a folder: pack the pictures as a "
            "ZIP, or save the list as CSV (UTF-8)."
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")  # what Excel writes in Western Europe
    header = text.partition("\n")[0]
    ((delimiter, columns),) = Counter(
        {mark: header.count(mark) for mark in DELIMITERS}
    ).most_common(1)
    if columns >= MAX_COLUMNS:
        raise DatasetError(_TOO_WIDE)
    try:
        return pd.read_csv(
            StringIO(text),
            sep=delimiter,
            nrows=MAX_FILES + 1,
            dtype=str,
            keep_default_na=False,
            index_col=False,
            skipinitialspace=True,
        )
    except (ValueError, pd.errors.ParserError) as error:  # EmptyDataError is a ValueError
        raise DatasetError(
            "The list cannot be read as CSV or Excel: save it as CSV with a header line."
        ) from error


def _excel(data: bytes) -> Any:
    """The first sheet. An Excel file is a ZIP, so it is held to the same rules."""
    import openpyxl
    import pandas as pd

    guarded = GuardedZip(BytesIO(data))
    limits = Limits()
    for path in guarded.files().readers:
        guarded.read(path, limits)  # counts what unpacks, whatever the directory says
    try:
        # A corner of the sheet only: with one filled cell far away, pandas would fill all between.
        book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True)
        lines = book.worksheets[0].iter_rows(
            max_row=MAX_FILES + 2, max_col=MAX_COLUMNS, values_only=True
        )
        rows = [["" if value is None else str(value) for value in line] for line in lines]
        width = max((at for at, name in enumerate(rows[0], start=1) if name), default=0)
        return pd.DataFrame([row[:width] for row in rows[1:]], columns=rows[0][:width], dtype=str)
    except Exception as error:
        # openpyxl on a damaged or foreign workbook raises anything, from KeyError to ParseError
        raise DatasetError(
            "The list cannot be read as an Excel workbook: save it as XLSX or CSV again."
        ) from error
