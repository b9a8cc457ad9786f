"""Which folders of the server the page may import from: those in ``$SCANLINE_IMPORT_ROOTS`` only."""

import os
import stat
from pathlib import Path

from diagnosis.core.access import shows_paths
from diagnosis.core.errors import InputError


def import_roots() -> tuple[Path, ...]:
    """The folders, links resolved, that there are; separated by ``:`` (on Windows ``;``) in the variable."""
    words = os.environ.get("SCANLINE_IMPORT_ROOTS", "").split(os.pathsep)
    folders = [Path(word).expanduser() for word in words if word.strip()]
    return tuple(folder.resolve() for folder in folders if folder.is_dir())


def within_roots(text: str) -> Path:
    """The path of a folder or file that may be imported, links resolved; relative to the first root.

    Raises:
        InputError: it is not below a root, or not there; both get the same sentence, so that nobody learns
            what there is elsewhere.
    """
    roots = import_roots()
    try:
        path = (roots[0] / text.strip()).resolve() if roots else Path("/")
        if (
            any(path.is_relative_to(root) for root in roots)
            and path.exists()
            and not (path.is_file() and path.stat().st_nlink > 1 and is_shared(path.parent))
        ):
            return path
    except (OSError, ValueError, RuntimeError):  # no name that a file could have; links in a circle
        pass
    allowed = f" ({', '.join(map(str, roots)) or 'none'})" if shows_paths() else ""
    raise InputError(
        f"There is no such folder or file below those that may be imported from{allowed}: check the path."
    )


def is_shared(folder: Path) -> bool:
    """Whether a folder lies below an import root, and others may write to it or to a folder around it."""
    folder = folder.resolve()
    return any(
        _is_others(place)
        for root in import_roots()
        if folder.is_relative_to(root)
        for place in (folder, *folder.parents)
        if place.is_relative_to(root)
    )


def _is_others(folder: Path) -> bool:
    status = folder.stat()
    own = {0, os.geteuid()} if hasattr(os, "geteuid") else {status.st_uid}
    return bool(status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)) or status.st_uid not in own
