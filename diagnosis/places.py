"""Where on this machine Scanline keeps what is the user's own, and that it stays theirs alone."""

import logging
import os
import stat
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO  # every right of the group and of all others
log = logging.getLogger(__name__)


def home() -> Path:
    """The user's data folder: ``$SCANLINE_HOME``, else the platform's own place."""
    if chosen := os.environ.get("SCANLINE_HOME"):
        return Path(chosen)
    import platformdirs

    return platformdirs.user_data_path("scanline")


def cache_folder() -> Path:
    """The folder that downloads go to: ``$SCANLINE_CACHE``, or the user's cache folder."""
    if chosen := os.environ.get("SCANLINE_CACHE"):
        return Path(chosen).expanduser()
    import platformdirs

    return platformdirs.user_cache_path("scanline")


def keep_private() -> None:
    """Keep what there is, and what this process and its children will write, from other users of the machine.

    For what starts a server or a command, once; importing Scanline changes no process.
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
    folder.chmod(stat.S_IMODE(folder.stat().st_mode) & ~OTHERS)
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(place, name)
            found = path.lstat()
            if found.st_mode & OTHERS and (
                stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
            ):
                path.chmod(stat.S_IMODE(found.st_mode) & ~OTHERS)
