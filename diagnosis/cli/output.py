"""Files that a command is asked to write: checked before the work, and reported if they fail."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from diagnosis.core.errors import InputError
from diagnosis.core.paths import typed


def writable_file(text: str, *, keep: Path | None = None) -> Path:
    """The path of a file that can be written.

    Args:
        text: as typed; the name is taken exactly as it is.
        keep: a file that must not be overwritten: the one that is read.

    Raises:
        InputError: its folder does not exist or cannot be written to, it is a folder itself or not
            writable, or it is ``keep``.
    """
    path = typed(text)
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder: give the name of a file in it.")
        if not path.parent.is_dir():
            raise InputError(f"There is no folder {path.parent}: make it, or give another file.")
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is a device or a pipe: give the name of a file.")
        if keep is not None and path.exists() and path.samefile(keep):
            raise InputError(f"{path} is the file that is read: give another name to write to.")
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{path.name[:40]!r} cannot be the name of a file: give another."
        ) from error
    _check_permission(path.parent)
    if path.exists():
        _check_permission(path)
    return path


def writable_folder(text: str) -> Path:
    """The path of a folder that can be written to; it is made if need be.

    Raises:
        InputError: it cannot be made or written to.
    """
    path = typed(text)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise InputError(f"The folder {path} cannot be made: give another.") from error
    _check_permission(path)
    return path


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say in one sentence why a file could not be written after all (such as a full disk).

    Raises:
        InputError: instead of the OSError.
    """
    try:
        yield
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise InputError(f"{path} could not be written ({reason}): give another place.") from error


def _check_permission(path: Path) -> None:
    if not os.access(path, os.W_OK):
        raise InputError(f"{path} cannot be written to: change its permissions, or give another.")
