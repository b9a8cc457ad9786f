"""How a training ends, in one plain sentence with what to do."""

from collections.abc import Mapping
from dataclasses import dataclass

from diagnosis.core.errors import InputError
from diagnosis.datasets import DatasetError
from diagnosis.jobs.record import UNMEASURED, Request, State
from diagnosis.jobs.tracking import FULL, disk_is_full


@dataclass(frozen=True)
class Ending:
    """What a run ended in. It crosses from one process to another, so it holds nothing but words."""

    state: State
    sentence: str
    folder: str | None = None  # of the version that was saved
    details: str = ""  # for the log: what only a developer reads


KILLED = Ending("killed", "Killed: nothing of it was kept but this record.")
NO_PROCESS = Ending(
    "failed",
    "Its process was ended from outside, most likely because memory ran out: choose fewer units, a smaller "
    "batch or smaller pictures, or close other programs, and resume it.",
)
CANCELLED = Ending("stopped", UNMEASURED)
_REQUESTED: Mapping[Request | None, Ending] = {"kill": KILLED, "cancel": CANCELLED}


class Obeyed(Exception):  # noqa: N818 - a request, no error
    """A request was obeyed, which ends the run at once."""

    def __init__(self, ending: Ending) -> None:
        """``ending``: what the run ended in."""
        super().__init__(ending)
        self.ending = ending


def at_once(requested: Request | None) -> Ending | None:
    """What a run ends in whose request leaves nothing more to do; None if there is no such request."""
    return _REQUESTED.get(requested)


def of_error(error: BaseException) -> Ending:
    """The ending that an exception stands for."""
    if isinstance(error, Obeyed):
        return error.ending
    plain = isinstance(error, InputError) or disk_is_full(error)
    details = "" if plain else f"{type(error).__name__}: {error}"[:2000]
    return Ending("failed", _sentence(error), details=details)


def _sentence(error: BaseException) -> str:
    if disk_is_full(error):
        return FULL
    if isinstance(error, InputError):
        vanished = isinstance(error, DatasetError)
        return f"The data set could not be opened: {error}" if vanished else str(error)
    # TensorFlow's own class for it, and what JAX and PyTorch write, without importing them
    memory = isinstance(error, MemoryError) or "ResourceExhausted" in type(error).__name__
    if memory or any(words in str(error) for words in ("RESOURCE_EXHAUSTED", "out of memory")):
        return (
            "Memory ran out: choose fewer units, a smaller batch or smaller pictures, or close other "
            "programs, and resume it."
        )
    if "database is locked" in str(error):
        return (
            "The record of runs is held by another process: let it end, or end it, and resume it."
        )
    if isinstance(error, (FileNotFoundError, PermissionError)):
        what = "vanished" if isinstance(error, FileNotFoundError) else "may not be used"
        name = error.filename or "its name is not known"
        return f"A file {what} while it was needed, {name}: put that right, and resume it."
    return "It failed for a reason that lies in Scanline, not in your data: the log has it."
