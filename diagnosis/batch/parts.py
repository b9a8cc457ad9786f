"""Results of pieces of work on disk, each written whole or not at all: a run that was killed goes on."""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from diagnosis.batch.rows import Row


class Parts:
    """A folder of results by name. It holds no file name and no picture."""

    def __init__(self, folder: Path) -> None:
        """Make the folder if it is not there yet."""
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def save(self, name: str, rows: Sequence[Row]) -> None:
        """Keep the results of one piece of work."""
        partial = self.folder / f".{name}-{os.getpid()}"
        partial.write_text(json.dumps([asdict(row) for row in rows]), encoding="utf-8")
        partial.replace(self._file(name))

    def load(self, name: str) -> list[Row] | None:
        """Results that were saved; None if there are none, or the machine stopped while they were written."""
        try:
            rows = json.loads(self._file(name).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return [Row(**{key: _tuple(value) for key, value in row.items()}) for row in rows]

    def any(self) -> bool:
        """Whether anything has been saved."""
        return next(self.folder.glob("*.json"), None) is not None

    def remove(self) -> None:
        """Delete the folder with all that was saved."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.json"


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
