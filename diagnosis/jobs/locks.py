"""Which runs are alive: file locks, which the system releases when their process ends."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from diagnosis.core.errors import InputError
from diagnosis.core.private_files import FILE, private
from diagnosis.jobs.tracking import runs_folder

CLAIM = "claim"  # in a run's folder
FITTED = "fitted.npz"  # in that of its checkpoint


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


def fitted(run_id: str) -> Path:
    """Where a training that has ended is kept until it is measured."""
    return checkpoint(run_id) / FITTED


@contextmanager
def alive(run_id: str) -> Iterator[None]:
    """Be the process that works on a run.

    Raises:
        InputError: another one does.
    """
    lock = _lock(folder(run_id) / "alive.lock")
    try:
        with lock.acquire(timeout=2):  # `is_alive` holds it for a moment
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


def claim(run_id: str) -> bool:
    """Claim the end of a training, to save its version or to kill it before; True for the first claim."""
    try:
        (private(folder(run_id)) / CLAIM).touch(FILE, exist_ok=False)
    except FileExistsError:
        return False
    return True


def unclaim(run_id: str) -> None:
    """Drop the claim: the training begins, or continues."""
    (folder(run_id) / CLAIM).unlink(missing_ok=True)


def _lock(path: Path) -> FileLock:
    private(path.parent)
    return FileLock(path, is_singleton=False, mode=FILE)
