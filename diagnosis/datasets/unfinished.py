"""Folders in which a set is being written, got or removed: one that nobody works in any more is deleted.

Whoever works in ``.partial-X`` holds the lock ``.partial-X.lock`` beside it, which its system gives back
when the process ends, however it ends.
"""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from diagnosis.core.private_files import FILE, FOLDER, private
from diagnosis.datasets.imported import imports_folder

PREFIX, LOCK = ".partial-", ".lock"
FORMER = ".removed-"  # prefix in older versions, of a folder in which a set is removed
WAIT_S = 5.0  # for somebody who sweeps in this moment


@contextmanager
def working_folder(place: Path | None = None) -> Iterator[Path]:
    """An empty folder, gone at the end unless it was renamed.

    Args:
        place: where; beside the imported sets by default.

    Raises:
        OSError: that place cannot be written to.
    """
    place = place or imports_folder()
    private(place)
    if place.stat().st_mode & 0o077:  # made by an older version
        place.chmod(FOLDER)
    sweep(place)
    folder = place / f"{PREFIX}{secrets.token_hex(8)}"
    with _lock(folder, WAIT_S):  # before there is a folder that somebody else could sweep away
        try:
            folder.mkdir(mode=FOLDER)
            folder.chmod(FOLDER)  # whatever the umask
            yield folder
        finally:
            _delete(folder)


def sweep(place: Path | None = None) -> None:
    """Delete what killed processes left behind, pictures among it; what is in use stays."""
    place = place or imports_folder()
    with suppress(OSError):  # a folder that is not there, or not ours to change
        left = [path.name for path in place.iterdir()]
        names = {name.removesuffix(LOCK) for name in left if name.startswith((PREFIX, FORMER))}
        for name in names:
            folder = place / name
            with suppress(Timeout), _lock(folder, 0):
                _delete(folder)


def _lock(folder: Path, wait_s: float) -> FileLock:
    return FileLock(folder.with_name(f"{folder.name}{LOCK}"), timeout=wait_s, mode=FILE)


def _delete(folder: Path) -> None:
    """The folder, and its lock while it is held: whoever waits for a deleted lock makes a new one."""
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        folder.with_name(f"{folder.name}{LOCK}").unlink(missing_ok=True)
