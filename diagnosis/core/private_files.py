"""Files and folders that are their owner's alone, whatever the umask, and that outlive a loss of power."""

import logging
import os
import stat
from contextlib import suppress
from pathlib import Path

from diagnosis.core.paths import cache_folder, home

FOLDER, FILE = 0o700, 0o600
OTHERS = stat.S_IRWXG | stat.S_IRWXO  # every right of the group and of all others
log = logging.getLogger(__name__)


def private(folder: Path) -> Path:
    """Make a folder, and the ones above that are missing, for their owner alone.

    Raises:
        OSError: it cannot be made.
    """
    for each in (*reversed(folder.parents), folder):
        if not each.exists():
            each.mkdir(FOLDER, exist_ok=True)
    if folder.stat().st_mode & 0o077:  # made before this was so, or by hand
        with suppress(OSError):  # it is somebody else's
            folder.chmod(FOLDER)
    return folder


def make_private(folder: Path) -> None:
    """Give a folder and all in it to its owner alone, and wait until it is written to disk."""
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            (Path(place) / name).chmod(FILE)
            to_disk(Path(place) / name)
        Path(place).chmod(FOLDER)
        to_disk(Path(place))


def to_disk(path: Path) -> None:
    """Wait until a file, or what a folder holds, is written."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def keep_private() -> None:
    """Keep what there is, and what this process and its children will write, from other users of the machine.

    For what starts a server or a command, once; importing Scanline changes no process.

    Raises:
        InputError: there cannot be such a folder.
    """
    os.umask(OTHERS)
    for folder in (home(), cache_folder()):
        try:
            _take_from_others(folder)
        except OSError as error:
            log.warning(
                "Others may be able to read %s, and it cannot be kept from them (%s): take their rights "
                "away, such as with chmod -R go= or in the settings of the share.",
                folder,
                error.strerror,
            )


def _take_from_others(folder: Path) -> None:
    """From the outside to the inside: as soon as the folder is closed, nobody else gets at what is in it."""
    if not folder.is_dir() or not folder.stat().st_mode & OTHERS:
        return
    _close(folder, folder.stat())
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(place, name)
            found = path.lstat()
            if stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode):
                _close(path, found)


def _close(path: Path, found: os.stat_result) -> None:
    if found.st_mode & OTHERS:
        path.chmod(stat.S_IMODE(found.st_mode) & ~OTHERS)
