"""Results of a folder as CSV or Parquet: a header about the model, then one row for each file."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TextIO

from diagnosis.batch.rows import Row
from diagnosis.core import inert
from diagnosis.core.reason import Reason
from diagnosis.models.store import Version
from diagnosis.text.outcome import sentences

SUFFIXES = (".csv", ".parquet")
ROWS = 10_000  # in memory at once, and in a row group of Parquet
SEPARATOR = "; "  # between labels of a multi-label prediction, and between codes


class Head(Protocol):
    """The columns of a table."""

    @property
    def head(self) -> dict[str, type]:
        """Name to type of value, in order; a value may also be None."""


@dataclass(frozen=True)
class Columns:
    """The columns of one model's table, and a row's values for them."""

    version: Version
    names: bool  # whether there is a column of paths

    @property
    def head(self) -> dict[str, type]:
        """Name to type of value, in order; a value may also be None."""
        return {
            **({"path": str} if self.names else {}),
            "file": int,
            "sha256": str,
            "model": str,
            "version": str,
            "outcome": str,
            "prediction": str,
            **{f"probability {name}": float for name in self.version.config.classes},
            "frame": int,
            "quality": str,
            "ood p": float,
            "reasons": str,  # codes of an abstention
            "warnings": str,  # codes
            "details": str,  # both in words
            "error": str,
        }

    def values(self, number: int, path: str, row: Row) -> list[Any]:
        """A row's values in the order of the head.

        Args:
            number: of the file, from 1.
            path: of the file, relative to the folder.
            row: its result.
        """
        count = len(self.version.config.classes)
        return [
            *([safe_path(path)] if self.names else []),
            number,
            row.sha256,
            self.version.name,
            self.version.version,
            row.outcome,
            None if row.prediction is None else SEPARATOR.join(row.prediction),
            *(row.probabilities or [None] * count),
            row.frame,
            row.quality,
            row.ood,
            _codes(row.reasons),
            _codes(row.warnings),
            " ".join(sentences(map(Reason.from_json, row.reasons + row.warnings))) or None,
            row.error,
        ]


def _codes(reasons: Iterable[Mapping[str, Any]]) -> str | None:
    return SEPARATOR.join(reason["code"] for reason in reasons) or None


def safe_path(path: str) -> str:
    """A path as text that no spreadsheet takes for a formula; bytes that are no UTF-8 as ``\\xff``."""
    return "./" + path.encode("utf-8", "backslashreplace").decode()


def write(out: Path, columns: Head, rows: Iterable[list[Any]], about: Mapping[str, str]) -> None:
    """Write the table under a temporary name, then rename it.

    Args:
        out: a name that ends in one of `SUFFIXES`.
        columns: of the table.
        rows: their values.
        about: header by label. CSV has it as lines "# label: value" before the head
            (``pandas.read_csv(..., comment="#")`` passes over them), Parquet as metadata of the schema.

    Raises:
        OSError: it cannot be written.
    """
    partial = out.with_name(f".{out.name}.partial")
    try:
        if out.suffix == ".csv":
            with partial.open("w", encoding="utf-8", newline="") as file:
                write_csv(file, columns, rows, about)
        else:
            _write_parquet(partial, columns, rows, about)
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)


def write_csv(
    file: TextIO, columns: Head, rows: Iterable[list[Any]], about: Mapping[str, str]
) -> None:
    """Write the table as CSV; see `write`."""
    for label, value in about.items():
        file.write(f"{inert.remark(label, value)}\n")
    # quoted, so that a # in a name begins no comment
    writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(map(inert.cell, columns.head))
    for row in rows:
        writer.writerow(inert.cell(value) if isinstance(value, str) else value for value in row)


def _write_parquet(
    path: Path, columns: Head, rows: Iterable[list[Any]], about: Mapping[str, str]
) -> None:
    import pyarrow as pa  # type: ignore[import-untyped]
    from pyarrow import parquet

    types = {str: pa.string(), int: pa.int64(), float: pa.float64()}
    schema = pa.schema(
        [(name, types[kind]) for name, kind in columns.head.items()],
        metadata={label: value.encode() for label, value in about.items()},
    )
    with parquet.ParquetWriter(path, schema) as writer:
        for some in _batches(rows):
            arrays = [
                pa.array(values, field.type)
                for values, field in zip(zip(*some, strict=True), schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _batches(rows: Iterable[list[Any]]) -> Iterator[list[list[Any]]]:
    rows = iter(rows)
    while some := list(islice(rows, ROWS)):
        yield some
