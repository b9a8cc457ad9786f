"""The processes that search: started by a page or a person, one for each study on a machine.

Whether one is alive a file lock tells, which the system takes from a process that ends; of drivers on other
machines their heartbeats tell.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from diagnosis.errors import InputError
from diagnosis.places import environment, private
from diagnosis.tuning import studies

if TYPE_CHECKING:
    from optuna import Study

ROOT = Path(__file__).resolve().parents[2]
SEEN = "seen"  # of a study: when its driver last said that it lives


@contextmanager
def driving(name: str) -> Iterator[None]:
    """Be the driver of a search on this machine, and let go of it however this process ends.

    Raises:
        InputError: another process drives it.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(_lock(name))
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
    from filelock import FileLock, Timeout

    path = _lock(study.study_name)
    if path.is_file():
        try:
            with FileLock(path, timeout=0):
                pass
        except Timeout:
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
    """Start a driver that outlives whoever asked for it, with the command that a person would type.

    Args:
        name: of the study.
        words: of ``tune``.
    """
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


def _lock(name: str) -> Path:
    return studies.runs_folder() / f"tune-{name}.lock"
