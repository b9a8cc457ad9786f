"""A folder on this machine as files to import; nothing outside it is ever reached."""

import os
from pathlib import Path

from diagnosis.datasets.dataset import DatasetError
from diagnosis.datasets.importing.labelled import MAX_FILES, Files, is_junk
from diagnosis.scans import Limits, ScanError


def files_in(folder: Path) -> Files:
    """All files in a folder and the folders in it.

    Raises:
        DatasetError: there are more than `MAX_FILES`.
    """
    paths: dict[str, Path] = {}
    passed_over = links = 0
    for place, folders, names in os.walk(folder, followlinks=False):
        links += sum((Path(place) / name).is_symlink() for name in folders)
        for name in names:
            path = Path(place) / name
            relative = path.relative_to(folder).as_posix()
            if is_junk(relative):
                passed_over += 1
            elif path.is_symlink() or not path.is_file():
                links += 1
            else:
                paths[relative] = path
        if len(paths) > MAX_FILES:
            raise DatasetError(
                f"The folder holds more than {MAX_FILES:,} files: import it in parts."
            )
    readers = {
        relative: (lambda limits, path=paths[relative]: _bytes(path, limits))
        for relative in sorted(paths)
    }
    return Files("folder", readers, passed_over, links)


def _bytes(path: Path, limits: Limits) -> bytes:
    try:
        limits.check_bytes(path.stat().st_size)
        with path.open("rb") as file:
            return file.read(limits.bytes + 1)  # one that grows meanwhile is still refused
    except OSError as error:
        raise ScanError("The file cannot be opened: check its permissions.") from error
