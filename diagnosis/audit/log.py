"""The file of the audit log: one entry a line, append-only, hash-chained.

An entry holds the SHA-256 of the line before it (linked time-stamping; Haber & Stornetta, Journal of
Cryptology 3, 1991), so `check` detects an entry that was changed, added or removed in between. Someone with
write access can still write a whole new file; that shows against an entry number and hash noted elsewhere,
such as those in a report.

A line that is cut short is no change: a full disk or a power failure leaves one. The next `append` removes it
and adds an entry with its length and SHA-256.
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

FIRST = ""  # in the first entry, in place of a hash
BLOCK = 1 << 16  # bytes read at once from the end of the file
WAITS_S = 5  # for the lock; a process that holds it longer hangs, as on a network disk
CACHED = 1 << 17  # parsed lines in memory; some 2 kB each


class AuditError(InputError):
    """The log cannot be written or read."""


@dataclass(frozen=True)
class Receipt:
    """Number and hash, by which an entry is later verified."""

    number: int  # from 1
    entry_hash: str  # SHA-256 of the line


@dataclass(frozen=True)
class Recorded:
    """An entry as it is in the log."""

    receipt: Receipt
    time: datetime
    entry: Entry


@dataclass(frozen=True)
class Integrity:
    """Result of verifying the log; the numbers are of entries, from 1."""

    entries: int
    broken: tuple[int, ...]  # without the hash of the entry before them
    entry_hash: str  # of the last entry; "" if there is none
    cut_short: tuple[int, ...] = ()  # left by a full disk or a power failure
    recovered: tuple[int, ...] = ()  # that state that such a line was removed

    @property
    def whole(self) -> bool:
        """Whether every entry continues the one before it."""
        return not self.broken


def path() -> Path:
    """The file."""
    return home() / "audit" / "log.jsonl"


def append(new: Iterable[Entry]) -> list[Recorded]:
    """Append entries; safe with other processes that append at the same time.

    All are on the disk when this returns, or none is.

    Raises:
        AuditError: the file cannot be written; the message says what to do.
    """
    written = list(new)
    try:
        private(path().parent)
        with _lock(), FileIO(path(), "a+", opener=_owners) as file:
            cut = _cut_short(file)
            last = _last_line(file)
            number = _number(last, file)
            recorded, lines = [], [b"\n"] if last and not last.endswith(b"\n") else []
            for entry in [*cut, *written]:
                number, time = number + 1, datetime.now(UTC)
                last = _line(entry, number, time, hash_of(last))
                lines.append(last)
                recorded.append(Recorded(Receipt(number, hash_of(last)), time, entry))
            _write(file, b"".join(lines))
    except Timeout as error:
        raise AuditError(
            f"The audit log could not be written (another process has held {error.lock_file} for "
            f"{WAITS_S} s): end that process, or check the disk."
        ) from error
    except OSError as error:
        raise AuditError(
            f"The audit log could not be written ({error.strerror or error}): see that there is room in "
            f"{path().parent} and that Scanline may write there."
        ) from error
    return recorded[len(cut) :]


def entries(limit: int | None = None) -> list[Recorded]:
    """The latest entries, newest first; damaged ones are left out (see `check`).

    Raises:
        AuditError: the file cannot be read.
    """
    lines, latest = _split(_read()), list[Recorded]()
    for number, line in zip(range(len(lines), 0, -1), reversed(lines), strict=True):
        if len(latest) == limit:
            break
        if (recorded := _recorded(number, line)) is not None:
            latest.append(recorded)
    return latest


def check() -> Integrity:
    """Verify the whole log.

    Raises:
        AuditError: the file cannot be read.
    """
    data = _read()
    lines = _split(data)
    broken, cut_short, recovered, before = list[int](), list[int](), list[int](), b""
    for number, line in enumerate(lines, start=1):
        link = _link(line)
        if link is None:  # its end is missing, or something else was appended
            after = _link(lines[number]) if number < len(lines) else None
            goes_on = after is not None and after[:2] == (number + 1, hash_of(line))
            ends_open = number == len(lines) and not data.endswith(b"\n")
            (cut_short if goes_on or ends_open else broken).append(number)
        elif link[:2] != (number, hash_of(before)):
            broken.append(number)
        elif link[2]:
            recovered.append(number)
        before = line
    return Integrity(len(lines), tuple(broken), hash_of(before), tuple(cut_short), tuple(recovered))


def holds(receipt: Receipt) -> bool:
    """Whether the entry of a receipt is unchanged.

    Raises:
        AuditError: the file cannot be read.
    """
    return any(
        number == receipt.number and hash_of(line) == receipt.entry_hash
        for number, line in enumerate(_split(_read()), start=1)
    )


def hash_of(line: bytes) -> str:
    """SHA-256 of a line without its end; `FIRST` if there is none."""
    return hashlib.sha256(line.rstrip(b"\n")).hexdigest() if line else FIRST


def _line(entry: Entry, number: int, time: datetime, previous: str) -> bytes:
    document = {
        "number": number,
        "time": time.isoformat(timespec="milliseconds"),
        **entry.to_json(),
        "previous_hash": previous,
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _document(line: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


@lru_cache(CACHED)
def _recorded(number: int, line: bytes) -> Recorded | None:
    """A line without its end; None if it is damaged."""
    document = _document(line)
    if document is None:
        return None
    try:
        time, entry = datetime.fromisoformat(document["time"]), Entry.from_json(document)
    except (KeyError, TypeError, ValueError):
        return None
    return Recorded(Receipt(number, hash_of(line)), time, entry)


@lru_cache(CACHED)
def _link(line: bytes) -> tuple[object, object, bool] | None:
    """Number and previous hash as a line states them, and whether it reports one that was cut short."""
    document = _document(line)
    if document is None:
        return None
    return (
        document.get("number"),
        document.get("previous_hash"),
        document.get("action") == "recovered",
    )


def _read() -> bytes:
    """The whole file; nothing if there is none."""
    try:
        data = path().read_bytes()
        if data and not data.endswith(
            b"\n"
        ):  # another process may be writing it: wait for the rest
            with suppress(OSError), _lock():
                data = path().read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise AuditError(
            f"The audit log could not be read ({error.strerror or error}): see that Scanline may read "
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
        with suppress(OSError):  # another owner's
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
        with suppress(OSError):  # else the next append finds a line that was cut short
            file.truncate(before)
        raise


def _cut_short(file: FileIO) -> list[Entry]:
    """Remove the last line if it was cut short, and return an entry that states it."""
    tail = _last_line(file)
    if not tail or tail.endswith(b"\n") or _document(tail) is not None:
        return []
    file.truncate(file.seek(0, os.SEEK_END) - len(tail))
    comment = f"{len(tail):,} bytes of a line that was cut short were removed"
    digest = hashlib.sha256(tail).hexdigest()
    return [Entry("recovered", case=digest, source="audit log", task="none", comment=comment)]


def _last_line(file: FileIO) -> bytes:
    """With its end, if it has one; nothing of an empty file."""
    end = file.seek(0, os.SEEK_END)
    tail = b""
    while end > 0 and b"\n" not in tail[:-1]:
        start = max(0, end - BLOCK)
        file.seek(start)
        tail = file.read(end - start) + tail
        end = start
    return tail[tail.rfind(b"\n", 0, -1) + 1 :]


def _number(last: bytes, file: FileIO) -> int:
    """Of the last entry; counted if the line itself does not state it."""
    document = _document(last) if last else {"number": 0}
    if document is not None and isinstance(document.get("number"), int):
        return int(document["number"])
    file.seek(0)
    return len(_split(file.readall()))
