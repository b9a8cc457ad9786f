"""Which runs are alive, and whose turn it is: file locks, which the system takes from a process that ends.

Waiting is a lock, not a queue: a run takes one of a few slots before it imports Keras. How many there are
``$SCANLINE_TRAININGS`` says, one by default.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from diagnosis.core.errors import InputError
from diagnosis.core.private_files import FILE, private
from diagnosis.jobs.tracking import runs_folder


def folder(run_id: str) -> Path:
    """A run's own folder: its lock, its checkpoint, its log.

    Raises:
        InputError: no run has such an id.
    """
    if not re.fullmatch("[0-9a-f]{32}", run_id):  # a server might say anything
        raise InputError(f"There is no run {run_id[:40]!r}: see `runs list`.")
    return runs_folder() / run_id


def checkpoint(run_id: str) -> Path:
    """Where the state of its training is kept, to go on from."""
    return folder(run_id) / "checkpoint"


@contextmanager
def alive(run_id: str) -> Iterator[None]:
    """Be the process that works on a run.

    Raises:
        InputError: another one does.
    """
    lock = _lock(folder(run_id) / "alive.lock")
    try:
        with lock.acquire(timeout=2):  # whoever looks whether it is alive holds it for a moment
            yield
    except Timeout as error:
        raise InputError(
            f"The run {run_id[:8]} is being worked on by another process: stop it first, or let it end."
        ) from error


def is_alive(run_id: str) -> bool:
    """Whether a process works on it."""
    lock = _lock(folder(run_id) / "alive.lock")
    if not Path(lock.lock_file).exists():
        return False
    try:
        with lock.acquire(timeout=0):
            return False
    except Timeout:
        return True


def take_saving(run_id: str, *, wait: bool = True) -> FileLock | None:
    """The right to save a run's version, or to kill it before it is saved; None if the other has it.

    Held until it is released or the process ends.
    """
    lock = _lock(folder(run_id) / "saving.lock")
    try:
        lock.acquire(timeout=-1 if wait else 0)
    except Timeout:
        return None
    return lock


def slots() -> int:
    """How many trainings may run at once on this machine.

    Raises:
        InputError: ``$SCANLINE_TRAININGS`` is not a number from 1 to 64.
    """
    text = os.environ.get("SCANLINE_TRAININGS", "1")
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise InputError(f"SCANLINE_TRAININGS must be a whole number from 1 to 64, not {text!r}.")
    return int(text)


def take_slot() -> FileLock | None:
    """A slot, held until it is released or the process ends; None if all are taken."""
    for number in range(slots()):
        lock = _lock(runs_folder() / "slots" / f"{number}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        return lock
    return None


def _lock(path: Path) -> FileLock:
    private(path.parent)
    return FileLock(path, is_singleton=False, mode=FILE)
