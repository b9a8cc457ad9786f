"""Which folders of the server the page may import from: those in ``$SCANLINE_IMPORT_ROOTS`` only."""

import os
from pathlib import Path

from diagnosis.errors import InputError


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
        if any(path.is_relative_to(root) for root in roots) and path.exists():
            return path
    except (OSError, ValueError, RuntimeError):  # no name that a file could have; links in a circle
        pass
    allowed = ", ".join(map(str, roots)) or "none"
    raise InputError(
        f"There is no such folder or file below those that may be imported from ({allowed}): check the path."
    )
