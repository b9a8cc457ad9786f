"""The file of the audit trail: a line each, only ever appended, each line sealed by the next one.

A line holds the SHA-256 of the line before it, as blocks of a time-stamped document do (Haber & Stornetta,
Journal of Cryptology 3, 1991). A line that is changed, added or taken out between others is found by `check`.
Whoever may write the file can make a whole new one; what shows that is a line's number and seal that were
noted elsewhere, such as those in a report.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from filelock import FileLock

from diagnosis.audit.entry import Entry
from diagnosis.errors import InputError
from diagnosis.places import home

FIRST = ""  # what the first line has instead of a seal
BLOCK = 1 << 16  # bytes read at once from the end of the file


class AuditError(InputError):
    """The trail cannot be written or read."""


@dataclass(frozen=True)
class Receipt:
    """What shows later that a line is still the one that was written."""

    number: int  # of the line, from 1
    seal: str  # SHA-256 of the line


@dataclass(frozen=True)
class Recorded:
    """One line that is whole."""

    receipt: Receipt
    time: datetime
    entry: Entry


@dataclass(frozen=True)
class Integrity:
    """Whether the trail is as it was written."""

    lines: int
    broken: tuple[int, ...]  # numbers of lines that do not continue what stands before them
    seal: str  # of the last line; "" if there is none

    @property
    def whole(self) -> bool:
        """Whether every line continues the one before it."""
        return not self.broken

    @property
    def sentence(self) -> str:
        """In plain words."""
        if not self.lines:
            return "The audit trail is empty."
        if self.whole:
            return f"The audit trail is whole: each of {self.lines:,} lines continues the one before it."
        places = ", ".join(f"{number:,}" for number in self.broken[:5])
        more = f" and {len(self.broken) - 5:,} more" if len(self.broken) > 5 else ""
        return (
            f"The audit trail was changed after it was written: of {self.lines:,} lines these do not "
            f"continue the line before them: {places}{more}. Look for a copy of the file from before."
        )


def path() -> Path:
    """The file."""
    return home() / "audit" / "readings.jsonl"


def append(found: Iterable[Entry]) -> list[Recorded]:
    """Write entries, one after the other, whoever else writes at the same time.

    They are on the disk when this returns.

    Raises:
        AuditError: the file cannot be written; the message says what to do.
    """
    written = list(found)
    try:
        path().parent.mkdir(parents=True, exist_ok=True)
        with _lock(), path().open("ab+") as file:
            last = _last_line(file)
            number = _number(last, file)
            recorded, lines = [], [b"\n"] if last and not last.endswith(b"\n") else []
            for entry in written:
                number, time = number + 1, datetime.now(UTC)
                last = _line(entry, number, time, seal_of(last))
                lines.append(last)
                recorded.append(Recorded(Receipt(number, seal_of(last)), time, entry))
            file.write(b"".join(lines))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise AuditError(
            f"The audit trail could not be written ({error.strerror or error}): see that there is room in "
            f"{path().parent} and that Scanline may write there."
        ) from error
    return recorded


def entries(limit: int | None = None) -> list[Recorded]:
    """The latest lines, newest first; a damaged line is left out, and `check` tells of it.

    Raises:
        AuditError: the file cannot be read.
    """
    lines, found = _lines(), list[Recorded]()
    for number, line in zip(range(len(lines), 0, -1), reversed(lines), strict=True):
        if len(found) == limit:
            break
        document = _document(line)
        if document is None:
            continue
        try:
            recorded = Recorded(
                Receipt(number, seal_of(line)),
                datetime.fromisoformat(document["time"]),
                Entry.from_json(document),
            )
        except (KeyError, TypeError, ValueError):
            continue
        found.append(recorded)
    return found


def check() -> Integrity:
    """Go through the whole trail.

    Raises:
        AuditError: the file cannot be read.
    """
    broken, before, number = [], b"", 0
    for number, line in enumerate(_lines(), start=1):
        document = _document(line)
        if (
            document is None
            or document.get("number") != number
            or document.get("previous") != seal_of(before)
        ):
            broken.append(number)
        before = line
    return Integrity(number, tuple(broken), seal_of(before))


def holds(receipt: Receipt) -> bool:
    """Whether the line of a receipt is in the trail as it was written.

    Raises:
        AuditError: the file cannot be read.
    """
    return any(
        number == receipt.number and seal_of(line) == receipt.seal
        for number, line in enumerate(_lines(), start=1)
    )


def seal_of(line: bytes) -> str:
    """SHA-256 of a line without its end; `FIRST` if there is none."""
    return hashlib.sha256(line.rstrip(b"\n")).hexdigest() if line else FIRST


def _line(entry: Entry, number: int, time: datetime, previous: str) -> bytes:
    document = {
        "number": number,
        "time": time.isoformat(timespec="milliseconds"),
        **entry.to_json(),
        "previous": previous,
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _document(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _lines() -> list[bytes]:
    """All lines, without their ends."""
    try:
        data = path().read_bytes()
        if data and not data.endswith(b"\n"):  # somebody may be writing it: wait for the rest
            with suppress(OSError), _lock():
                data = path().read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise AuditError(
            f"The audit trail could not be read ({error.strerror or error}): see that Scanline may read "
            f"{path()}."
        ) from error
    return data.removesuffix(b"\n").split(b"\n") if data else []


def _lock() -> FileLock:
    return FileLock(path().with_suffix(".lock"))


def _last_line(file: BinaryIO) -> bytes:
    """With its end, if it has one; nothing of an empty file."""
    end = file.seek(0, os.SEEK_END)
    found = b""
    while end > 0 and b"\n" not in found[:-1]:
        start = max(0, end - BLOCK)
        file.seek(start)
        found = file.read(end - start) + found
        end = start
    return found[found.rfind(b"\n", 0, -1) + 1 :]


def _number(last: bytes, file: BinaryIO) -> int:
    """Of the last line; counted if the line itself does not say."""
    document = _document(last) if last else {"number": 0}
    if document is not None and isinstance(document.get("number"), int):
        return int(document["number"])
    file.seek(0)
    return sum(1 for _ in file)
