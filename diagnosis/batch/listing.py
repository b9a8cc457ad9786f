"""Which files a folder holds, and how they are shared out."""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from diagnosis.core.errors import InputError
from diagnosis.datasets.importing.labelled import is_junk

CHUNK = (
    16  # files read as one piece of work: seconds of it for the largest, and few pieces for many
)


@dataclass(frozen=True)
class File:
    """A file below the folder as it was when it was listed; nothing of it has been read."""

    path: str  # relative to the folder, parts separated by /
    size: int  # bytes
    changed: int  # when it was last written, nanoseconds


@dataclass(frozen=True)
class Listing:
    """All files below a folder, in the order of their paths."""

    folder: Path  # absolute
    files: tuple[File, ...]
    passed_over: int  # hidden files and what systems leave behind
    links: int  # links and devices, none of which is followed

    def chunks(self) -> Iterator[tuple[File, ...]]:
        """The files in pieces of `CHUNK`, in order."""
        for start in range(0, len(self.files), CHUNK):
            yield self.files[start : start + CHUNK]


def listing(folder: Path) -> Listing:
    """List a folder and all folders in it.

    Raises:
        InputError: there is no such folder, no file in it, or a folder that may not be looked into.
    """
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 - a link to a folder keeps its name
    files: list[File] = []
    passed_over = links = 0
    for place, folders, names in os.walk(folder, onerror=_unreadable):
        links += sum((Path(place) / name).is_symlink() for name in folders)
        for name in names:
            path = Path(place) / name
            relative = path.relative_to(folder).as_posix()
            status = path.lstat()
            if is_junk(relative):
                passed_over += 1
            elif not stat.S_ISREG(status.st_mode):
                links += 1
            else:
                files.append(File(relative, status.st_size, status.st_mtime_ns))
    if not files:
        raise InputError(f"There is no file to read in {folder}: give a folder with scans in it.")
    files.sort(key=lambda file: file.path)
    return Listing(folder, tuple(files), passed_over, links)


def name_of(chunk: tuple[File, ...], model: str) -> str:
    """Name of the results of these files by this model; different files or models have different names.

    Args:
        chunk: files; one that is written to again is another.
        model: identifies the model version.
    """
    digest = hashlib.sha256(f"1\n{model}\n".encode())  # 1: the form of the results
    for file in chunk:
        digest.update(os.fsencode(file.path) + f"\0{file.size}\0{file.changed}\0".encode())
    return digest.hexdigest()


def _unreadable(error: OSError) -> None:
    raise InputError(
        f"The folder {error.filename} cannot be looked into: check its name and permissions."
    ) from error
