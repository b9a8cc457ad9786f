"""Candidates that wait for a decision, as the registry was last read.

Every page says how many there are, so this asks neither MLflow nor a database and imports next to nothing.
"""

import json
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from diagnosis.core.access import read_only
from diagnosis.core.errors import InputError
from diagnosis.core.paths import home


def candidates() -> list[str]:
    """``data set/variant/version`` of each that is still on this machine; costs a small file."""
    return [name for name in _noted() if (home() / "models" / name).is_dir()]


def note(names: Collection[str]) -> None:
    """Remember the candidates; a Scanline that is read-only leaves that to others."""
    if read_only() or sorted(names) == _noted():
        return
    from diagnosis.models.store import write_small

    with suppress(OSError):  # the disk is full: a count in a menu is not worth an error
        write_small(_path(), json.dumps(sorted(names)))


def _noted() -> list[str]:
    try:
        return list(map(str, json.loads(_path().read_text(encoding="utf-8"))))
    except (OSError, ValueError, InputError):  # none yet; or there cannot be such a folder
        return []


def _path() -> Path:
    return home() / "runs" / "candidates.json"
