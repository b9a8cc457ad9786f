"""Files that are written whole or not at all, and what a killed process left of them."""

import os
import shutil
import threading
import time
from pathlib import Path

from diagnosis.core.paths import home
from diagnosis.core.private_files import FILE, private, to_disk

PARTIAL, SMALL = ".partial-", ".small-"
LEFT_BEHIND_S = 24 * 3600  # nobody takes a day to write a version


def write_small(path: Path, text: str) -> None:
    """Replace a small file whole, or not at all; it is on the disk when this returns."""
    own = is_own(path)
    if own:
        private(path.parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{SMALL}{path.name}-{os.getpid()}-{threading.get_ident()}")
    try:
        partial.touch(FILE if own else 0o666)
        partial.write_text(text, encoding="utf-8")
        to_disk(partial)
        partial.replace(path)
        to_disk(path.parent)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def sweep(place: Path) -> None:
    """Delete what killed processes left half written in the folder of a name; what is being written stays."""
    for path in place.glob(".*"):
        age = time.time() - path.stat().st_mtime if path.exists() else 0
        if path.name.startswith((PARTIAL, SMALL)) and age > LEFT_BEHIND_S:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(
                missing_ok=True
            )


def is_own(path: Path) -> bool:
    """Whether it is in the user's data folder, which is its owner's alone."""
    return path.resolve().is_relative_to(home())
