"""How often a test split was looked at for a decision.

Whoever looks often enough finds a version that is better on it by chance, so every comparison that is opened
on a test split is counted, once, in a file beside the runs: one line a look, in the order of looking.
"""

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from diagnosis.core.access import read_only, require_write
from diagnosis.core.private_files import FILE, private
from diagnosis.jobs.tracking import WAITS_S, answering, runs_folder
from diagnosis.registry import waiting


@dataclass(frozen=True)
class Look:
    """One comparison on the test split of a data set."""

    sha256: str  # of the data set
    candidate: str  # "data set/variant/version"
    active: str | None  # the version that it was compared with; None if it was looked at alone
    when: str = ""  # ISO 8601, UTC

    @property
    def compared(self) -> tuple[str, str, str | None]:
        """What was compared on what: to look again adds nothing."""
        return self.sha256, self.candidate, self.active


def record_look(sha256: str, candidate: str, active: str | None) -> None:
    """Count a look, unless this comparison was opened before.

    Args:
        sha256: of the data set.
        candidate: ``data set/variant/version``.
        active: the version that it is compared with, if any.

    Raises:
        InputError: this Scanline is read-only, or the file cannot be written.
    """
    require_write("decide on versions")
    new = Look(sha256, candidate, active, datetime.now(UTC).isoformat(timespec="seconds"))
    with (
        answering(),
        FileLock(private(runs_folder()) / "test-looks.lock", timeout=WAITS_S, mode=FILE),
    ):
        if any(new.compared == each.compared for each in _read()):
            return
        file = os.open(_path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, FILE)
        with os.fdopen(file, "w", encoding="utf-8") as lines:
            lines.write(f"\n{json.dumps(asdict(new))}")  # a line that was cut short stays alone


def count(sha256: str) -> int:
    """How many comparisons were opened on the test split of a data set on this machine."""
    return sum(each.sha256 == sha256 for each in _read())


def unopened() -> set[str]:
    """Candidates, as ``data set/variant/version``, of whose test figures nobody has seen any."""
    return set(waiting.candidates()) - {each.candidate for each in _read()}


def shown(sha256: str, version: str) -> None:
    """A page shows the test figures of a version by itself: of a candidate that is a look, too.

    Args:
        sha256: of the data set.
        version: ``data set/variant/version``.

    Raises:
        InputError: the file cannot be written.
    """
    if not read_only() and version in unopened():
        record_look(sha256, version, None)


def _read() -> list[Look]:
    """All looks; a line that a loss of power cut short is passed over."""
    found = []
    path = _path()
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            found.append(Look(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return found


def _path() -> Path:
    return runs_folder() / "test-looks.jsonl"
