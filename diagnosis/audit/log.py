"""The file of the audit trail: a line each, only ever appended, each line sealed by the next one.

A line holds the SHA-256 of the line before it, as blocks of a time-stamped document do (Haber & Stornetta,
Journal of Cryptology 3, 1991). A line that is changed, added or taken out between others is found by `check`.
Whoever may write the file can make a whole new one; what shows that is a line's number and seal that were
noted elsewhere, such as those in a report.

A line that is cut short is no change: a full disk or a power failure leaves one. Whoever appends next takes
it away and enters that, with its length and SHA-256.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from io import FileIO
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from diagnosis.audit.entry import Entry
from diagnosis.core.errors import InputError
from diagnosis.core.paths import home
from diagnosis.core.private_files import FILE, private

FIRST = ""  # what the first line has instead of a seal
BLOCK = 1 << 16  # bytes read at once from the end of the file
WAITS_S = 5  # for the lock: whoever holds it longer hangs, as on a network's disk
KEPT = 1 << 17  # lines that need not be parsed again for each view; some 2 kB each


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
    cut_short: tuple[
        int, ...
    ] = ()  # of lines that a full disk or a power failure left, as they were left
    recovered: tuple[int, ...] = ()  # of lines that say that such a one was taken away

    @property
    def whole(self) -> bool:
        """Whether nothing was changed: every line continues the one before it."""
        return not self.broken

    @property
    def sentence(self) -> str:
        """In plain words."""
        if not self.lines:
            return "The audit trail is empty."
        if not self.whole:
            return (
                f"The audit trail was changed after it was written: of {self.lines:,} lines these do not "
                f"continue the line before them: {_numbers(self.broken)}. Look for a copy of the file from "
                "before."
            )
        said = (
            f"The audit trail is whole: each of {self.lines:,} lines continues the one before it."
        )
        if self.cut_short:
            said += (
                f" Cut short while it was written, as by a full disk or a power failure, and not changed: "
                f"line {_numbers(self.cut_short)}."
            )
        if self.recovered:
            said += (
                f" Line {_numbers(self.recovered)} says that a line was cut short there by a full disk or a "
                "power failure, and was taken away."
            )
        return said


def path() -> Path:
    """The file."""
    return home() / "audit" / "readings.jsonl"


def append(found: Iterable[Entry]) -> list[Recorded]:
    """Write entries, one after the other, whoever else writes at the same time.

    They are on the disk when this returns, or none is.

    Raises:
        AuditError: the file cannot be written; the message says what to do.
    """
    written = list(found)
    try:
        private(path().parent)
        with _lock(), FileIO(path(), "a+", opener=_owners) as file:
            cut = _cut_short(file)
            last = _last_line(file)
            number = _number(last, file)
            recorded, lines = [], [b"\n"] if last and not last.endswith(b"\n") else []
            for entry in [*cut, *written]:
                number, time = number + 1, datetime.now(UTC)
                last = _line(entry, number, time, seal_of(last))
                lines.append(last)
                recorded.append(Recorded(Receipt(number, seal_of(last)), time, entry))
            _write(file, b"".join(lines))
    except Timeout as error:
        raise AuditError(
            f"The audit trail could not be written (another process has held {error.lock_file} for "
            f"{WAITS_S} s): end that process, or see that the disk answers."
        ) from error
    except OSError as error:
        raise AuditError(
            f"The audit trail could not be written ({error.strerror or error}): see that there is room in "
            f"{path().parent} and that Scanline may write there."
        ) from error
    return recorded[len(cut) :]


def entries(limit: int | None = None) -> list[Recorded]:
    """The latest lines, newest first; a damaged line is left out, and `check` tells of it.

    Raises:
        AuditError: the file cannot be read.
    """
    lines, found = _split(_read()), list[Recorded]()
    for number, line in zip(range(len(lines), 0, -1), reversed(lines), strict=True):
        if len(found) == limit:
            break
        if (recorded := _recorded(number, line)) is not None:
            found.append(recorded)
    return found


def check() -> Integrity:
    """Go through the whole trail.

    Raises:
        AuditError: the file cannot be read.
    """
    data = _read()
    lines = _split(data)
    broken, cut_short, recovered, before = list[int](), list[int](), list[int](), b""
    for number, line in enumerate(lines, start=1):
        link = _link(line)
        if (
            link is None
        ):  # no line of ours: its end is missing, or an older version went on after it
            after = _link(lines[number]) if number < len(lines) else None
            goes_on = after is not None and after[:2] == (number + 1, seal_of(line))
            ends_open = number == len(lines) and not data.endswith(b"\n")
            (cut_short if goes_on or ends_open else broken).append(number)
        elif link[:2] != (number, seal_of(before)):
            broken.append(number)
        elif link[2]:
            recovered.append(number)
        before = line
    seal = seal_of(before)
    return Integrity(len(lines), tuple(broken), seal, tuple(cut_short), tuple(recovered))


def holds(receipt: Receipt) -> bool:
    """Whether the line of a receipt is in the trail as it was written.

    Raises:
        AuditError: the file cannot be read.
    """
    return any(
        number == receipt.number and seal_of(line) == receipt.seal
        for number, line in enumerate(_split(_read()), start=1)
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


@lru_cache(KEPT)
def _recorded(number: int, line: bytes) -> Recorded | None:
    """A line without its end; None if it is damaged."""
    document = _document(line)
    if document is None:
        return None
    try:
        time, entry = datetime.fromisoformat(document["time"]), Entry.from_json(document)
    except (KeyError, TypeError, ValueError):
        return None
    return Recorded(Receipt(number, seal_of(line)), time, entry)


@lru_cache(KEPT)
def _link(line: bytes) -> tuple[object, object, bool] | None:
    """Number and seal of the line before, as a line says, and whether it is about one that was cut short."""
    document = _document(line)
    if document is None:
        return None
    return document.get("number"), document.get("previous"), document.get("action") == "recovered"


def _read() -> bytes:
    """The whole file; nothing if there is none."""
    try:
        data = path().read_bytes()
        if data and not data.endswith(b"\n"):  # somebody may be writing it: wait for the rest
            with suppress(OSError), _lock():
                data = path().read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise AuditError(
            f"The audit trail could not be read ({error.strerror or error}): see that Scanline may read "
            f"{path()}."
        ) from error
    return data


def _split(data: bytes) -> list[bytes]:
    """All lines, without their ends."""
    return data.removesuffix(b"\n").split(b"\n") if data else []


def _lock() -> FileLock:
    return FileLock(path().with_suffix(".lock"), timeout=WAITS_S, mode=FILE)


def _owners(name: str, flags: int) -> int:
    """Open a file that is its owner's alone."""
    descriptor = os.open(name, flags, FILE)
    if os.fstat(descriptor).st_mode & 0o077:  # made before this was so, or by hand
        with suppress(OSError):  # it is somebody else's
            os.fchmod(descriptor, FILE)
    return descriptor


def _write(file: FileIO, data: bytes) -> None:
    """Append all of it and wait until it is on the disk; where that fails nothing of it stays."""
    before = file.seek(0, os.SEEK_END)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) :]
        os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):  # else whoever comes next finds a line that was cut short
            file.truncate(before)
        raise


def _cut_short(file: FileIO) -> list[Entry]:
    """Take the last line away if it was cut short, and say so in an entry."""
    tail = _last_line(file)
    if not tail or tail.endswith(b"\n") or _document(tail) is not None:
        return []
    file.truncate(file.seek(0, os.SEEK_END) - len(tail))
    said = f"{len(tail):,} bytes of a line that was cut short were taken away"
    digest = hashlib.sha256(tail).hexdigest()
    return [Entry("recovered", case=digest, source="audit trail", task="none", comment=said)]


def _last_line(file: FileIO) -> bytes:
    """With its end, if it has one; nothing of an empty file."""
    end = file.seek(0, os.SEEK_END)
    found = b""
    while end > 0 and b"\n" not in found[:-1]:
        start = max(0, end - BLOCK)
        file.seek(start)
        found = file.read(end - start) + found
        end = start
    return found[found.rfind(b"\n", 0, -1) + 1 :]


def _number(last: bytes, file: FileIO) -> int:
    """Of the last line; counted if the line itself does not say."""
    document = _document(last) if last else {"number": 0}
    if document is not None and isinstance(document.get("number"), int):
        return int(document["number"])
    file.seek(0)
    return len(_split(file.readall()))


def _numbers(lines: tuple[int, ...]) -> str:
    """The first five of them."""
    more = f" and {len(lines) - 5:,} more" if len(lines) > 5 else ""
    return ", ".join(f"{number:,}" for number in lines[:5]) + more
