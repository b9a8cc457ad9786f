"""The processes that search: started by a page or a person, one for each study on a machine.

A file lock shows whether one is alive, as the system releases it when the process ends; drivers on other
machines send heartbeats.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from diagnosis.core.access import require_write
from diagnosis.core.errors import InputError
from diagnosis.core.paths import ROOT, environment
from diagnosis.core.private_files import FILE, private
from diagnosis.tuning import studies

if TYPE_CHECKING:
    from optuna import Study

MOST_DRIVERS = 8  # on one machine; each has workers of its own
SEEN = "seen"  # of a study: when its driver last said that it lives


@contextmanager
def driving(name: str) -> Iterator[None]:
    """Be the driver of a search on this machine, and let go of it however this process ends.

    Raises:
        InputError: another process drives it.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(_lock(name), mode=FILE)
    try:
        lock.acquire(timeout=2)  # a page that looks whether it is driven holds it for a moment
    except Timeout as error:
        raise InputError(
            f"The search {name!r} is running in another process: wait for it, or stop it with --stop."
        ) from error
    try:
        yield
    finally:
        lock.release()


def driven(study: "Study") -> bool:
    """Whether a driver works on it now."""
    if _held(_lock(study.study_name)):
        return True
    attributes = study.user_attrs
    if not studies.shared() or SEEN not in attributes:
        return False
    seen, ended = datetime.fromisoformat(attributes[SEEN]), attributes.get(studies.ENDED)
    if ended and datetime.fromisoformat(ended["at"]) >= seen:
        return False
    return datetime.now(UTC) - seen < timedelta(seconds=studies.GRACE_S)


def show_life(study: "Study") -> None:
    """Let pages on other machines know that this driver lives."""
    study.set_user_attr(SEEN, datetime.now(UTC).isoformat())


def start(name: str, words: Sequence[str]) -> "subprocess.Popen[bytes]":
    """Start a driver by its command; it outlives the page that starts it.

    Args:
        name: of the study.
        words: of ``tune``.

    Raises:
        InputError: this Scanline is read-only, or too many searches run already.
    """
    require_write("search")
    if sum(map(_held, studies.runs_folder().glob("tune-*.lock"))) >= MOST_DRIVERS:
        raise InputError(
            f"{MOST_DRIVERS} searches run on this machine already: stop one, or wait until one has ended."
        )
    path = log_file(name)
    private(path.parent)
    with path.open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "diagnosis", "tune", *words],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
        )


def log_file(name: str) -> Path:
    """What a driver that was started so has to say."""
    return studies.runs_folder() / f"tune-{name}.log"


def _held(lock: Path) -> bool:
    """Whether a living process holds a lock."""
    from filelock import FileLock, Timeout

    if not lock.is_file():
        return False
    try:
        with FileLock(lock, timeout=0, mode=FILE):
            return False
    except Timeout:
        return True


def _lock(name: str) -> Path:
    return studies.runs_folder() / f"tune-{name}.lock"
