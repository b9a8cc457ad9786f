"""How much this machine trains at once: a few slots, one for each training and each fold of a search.

``$SCANLINE_TRAININGS`` says how many, one by default. Slots and places in the queue are file locks, which the
system releases when their process ends. First come, first served.
"""

import os
import secrets
import time
from pathlib import Path

from filelock import FileLock, Timeout

from diagnosis.core.errors import InputError
from diagnosis.core.private_files import FILE, private
from diagnosis.jobs.tracking import runs_folder

BUDGET = "SCANLINE_TRAININGS"
MOST = 64


def budget() -> int:
    """How many slots there are.

    Raises:
        InputError: ``$SCANLINE_TRAININGS`` is not a number from 1 to 64.
    """
    text = os.environ.get(BUDGET, "1")
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise InputError(f"{BUDGET} must be a whole number from 1 to {MOST}, not {text!r}.")
    return int(text)


class Turn:
    """A place in the queue for a slot, then the slot itself; until it is released or the process ends."""

    def __init__(self) -> None:
        """Join the queue."""
        name = f"{time.time_ns():020}-{os.getpid()}-{secrets.token_hex(4)}.lock"
        self._place = _lock(_folder() / "queue" / name)
        self._place.acquire()
        self._slot: FileLock | None = None

    @property
    def ahead(self) -> int:
        """How many earlier ones still wait."""
        mine = Path(self._place.lock_file)
        return sum(_held(path) for path in mine.parent.iterdir() if path.name < mine.name)

    def take(self) -> bool:
        """Take a slot if one is free and no earlier process waits; whether it has one."""
        if self._slot is None and not self.ahead:
            self._slot = next(filter(None, map(_taken, range(budget()))), None)
            if self._slot is not None:
                self._leave_queue()
        return self._slot is not None

    def release(self) -> None:
        """Give the slot to others, or leave the queue."""
        if self._slot is not None:
            self._slot.release()
            self._slot = None
        self._leave_queue()

    def __enter__(self) -> "Turn":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _leave_queue(self) -> None:
        Path(self._place.lock_file).unlink(missing_ok=True)
        self._place.release()


def _taken(number: int) -> FileLock | None:
    """A slot, if it is free."""
    lock = _lock(_folder() / f"{number}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    return lock


def _held(path: Path) -> bool:
    """Whether a living process waits at a place; that of a dead one is removed."""
    lock = _lock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    path.unlink(missing_ok=True)
    lock.release()
    return False


def _folder() -> Path:
    return runs_folder() / "slots"


def _lock(path: Path) -> FileLock:
    private(path.parent)
    return FileLock(path, is_singleton=False, mode=FILE)
