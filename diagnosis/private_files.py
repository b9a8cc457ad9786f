"""Files and folders that are the user's alone, whatever the umask, and that outlive a loss of power."""

import os
from pathlib import Path

FOLDER, FILE = 0o700, 0o600


def private_folder(folder: Path) -> None:
    """Make a folder, and those around it that are missing, for their owner alone."""
    for missing in reversed([place for place in (folder, *folder.parents) if not place.exists()]):
        missing.mkdir(mode=FOLDER, exist_ok=True)
        missing.chmod(FOLDER)


def seal(folder: Path) -> None:
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
