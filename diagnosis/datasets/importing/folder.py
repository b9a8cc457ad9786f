"""A folder on this machine as files to import; nothing outside it is ever reached."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from diagnosis.datasets.dataset import DatasetError
from diagnosis.datasets.importing.labelled import MAX_FILES, Files, is_junk, printable
from diagnosis.datasets.importing.roots import is_shared
from diagnosis.scans import Limits, ScanError

HEAD = 1024  # bytes that tell what a file is


def files_in(folder: Path) -> Files:
    """All files in a folder and the folders in it.

    In an import root that others may write to, a file of several names (hard links) counts as a link: it may
    be a file of somebody else's that only this server may read.

    Raises:
        DatasetError: there are more than `MAX_FILES`, or a folder may not be looked into.
    """
    paths: dict[str, Path] = {}
    passed_over: list[str] = []
    links: list[str] = []

    def closed(error: OSError) -> None:
        relative = Path(error.filename).relative_to(folder).as_posix()
        if not is_junk(relative):  # lost+found, say, is its administrator's alone
            raise DatasetError(
                f"The folder {printable(relative)} cannot be looked into: check its permissions."
            ) from error
        passed_over.append(relative)

    for place, folders, names in os.walk(folder, onerror=closed, followlinks=False):
        within = Path(place).relative_to(folder)
        single = is_shared(Path(place))
        links += [
            (within / name).as_posix() for name in folders if (Path(place) / name).is_symlink()
        ]
        for name in names:
            relative = (within / name).as_posix()
            path = Path(place) / name
            if is_junk(relative):
                passed_over.append(relative)
            elif _is_file(path, single=single):
                paths[relative] = path
            else:
                links.append(relative)
        if len(paths) > MAX_FILES:
            raise DatasetError(
                f"The folder holds more than {MAX_FILES:,} files: import it in parts."
            )
    readers = {
        relative: (lambda limits, path=paths[relative]: _bytes(path, limits))
        for relative in sorted(paths)
    }
    return Files(
        "folder",
        readers,
        lambda relative: _head(paths[relative]),
        passed_over=tuple(sorted(passed_over)),
        links=tuple(sorted(links)),
    )


def _is_file(path: Path, *, single: bool) -> bool:
    """Whether it is a file, if ``single`` one of a single name; what cannot be looked at is read later."""
    try:
        status = path.lstat()
    except OSError:
        return True
    return stat.S_ISREG(status.st_mode) and not (single and status.st_nlink > 1)


def _bytes(path: Path, limits: Limits) -> bytes:
    try:
        with _opened(path) as file:
            limits.check_bytes(os.fstat(file.fileno()).st_size)
            return file.read(limits.bytes + 1)  # one that grows meanwhile is still too large
    except OSError as error:
        raise ScanError("The file cannot be opened: check its permissions.") from error


def _head(path: Path) -> bytes:
    try:
        with _opened(path) as file:
            return file.read(HEAD)
    except OSError:
        return b""


def _opened(path: Path) -> BinaryIO:
    """A file that is open: no link, device or pipe that was put into its place since it was listed."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return os.fdopen(descriptor, "rb")
