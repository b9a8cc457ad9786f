"""From a path, or from uploaded bytes, to labelled pictures: what it is, is told by its content."""

import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from diagnosis.datasets import archive
from diagnosis.datasets.dataset import DatasetError
from diagnosis.datasets.importing.class_folders import by_class_folders
from diagnosis.datasets.importing.folder import files_in
from diagnosis.datasets.importing.guarded_zip import GuardedZip, check_count
from diagnosis.datasets.importing.labelled import MANIFEST_NAMES, Files, Source
from diagnosis.datasets.importing.manifest import Row, by_manifest, read_manifest
from diagnosis.datasets.importing.npz import by_arrays
from diagnosis.scans import Limits

Given = Path | BinaryIO  # a path on this machine, or an upload


@contextmanager
def open_source(given: Given, manifest: Given | None = None) -> Iterator[Source]:
    """The labelled pictures of a folder, ZIP, NPZ or list; they can be read while this is open.

    Args:
        given: a folder or ZIP (class folders, or files for the list), an NPZ in MedMNIST's layout, or a
            list (CSV, Excel) with its files beside it. A ``manifest.csv`` or ``manifest.xlsx`` in a
            folder or ZIP is its list.
        manifest: the list, if it is somewhere else.

    Raises:
        DatasetError: there is no such file, it is none of these, or it is refused; in a sentence.
    """
    limits = Limits.from_environment()
    with ExitStack() as opened:
        if isinstance(given, Path) and given.is_dir():
            yield _labelled(files_in(given), manifest, limits)
            return
        file = opened.enter_context(_opened(given)) if isinstance(given, Path) else given
        start = file.read(4)
        file.seek(0)
        if not start.startswith(b"PK"):
            yield _list_with_files_beside(given, file, manifest, limits)
            return
        names = _names(file)
        if "[Content_Types].xml" in names:  # a workbook
            yield _list_with_files_beside(given, file, manifest, limits)
        elif {"train_images.npy", "x_train.npy"} & names:
            if manifest is not None:
                raise DatasetError("An NPZ file holds its labels: leave the list out.")
            called = given if isinstance(given, Path) else Path("the file.npz")
            yield by_arrays(archive.read_open(file, called))
        else:
            yield _labelled(GuardedZip(file).files(), manifest, limits)


def _labelled(files: Files, manifest: Given | None, limits: Limits) -> Source:
    if not files.readers:
        raise DatasetError(f"The {files.kind} is empty: put pictures into it.")
    if manifest is not None:
        return by_manifest(files, _rows(manifest, limits))
    lists = [path for path in files.readers if path.rpartition("/")[2] in MANIFEST_NAMES]
    if len(lists) > 1:
        raise DatasetError(f"The {files.kind} holds {len(lists)} lists: leave one of them.")
    if lists:
        rows = read_manifest(files.readers[lists[0]](limits), limits)
        return by_manifest(files, rows, listed_itself=lists[0])
    return by_class_folders(files)


def _list_with_files_beside(
    given: Given, file: BinaryIO, manifest: Given | None, limits: Limits
) -> Source:
    """A source that is itself a list."""
    if manifest is not None or not isinstance(given, Path):
        raise DatasetError(
            "The source is neither a ZIP archive nor an NPZ file: pack the pictures as a ZIP."
        )
    rows = read_manifest(file.read(limits.bytes + 1), limits)
    return by_manifest(files_in(given.parent), rows, listed_itself=given.name)


def _rows(manifest: Given, limits: Limits) -> list[Row]:
    if isinstance(manifest, Path):
        with _opened(manifest) as file:
            return read_manifest(file.read(limits.bytes + 1), limits)
    manifest.seek(0)
    return read_manifest(manifest.read(limits.bytes + 1), limits)


def _opened(path: Path) -> BinaryIO:
    try:
        if path.exists() and not path.is_file():
            raise DatasetError(f"{path} is neither a file nor a folder: give a file on disk.")
        return path.open("rb")
    except FileNotFoundError:
        raise DatasetError(f"There is no file or folder {path}: check the path.") from None
    except (OSError, ValueError) as error:
        if isinstance(error, DatasetError):
            raise
        raise DatasetError(f"{path} cannot be opened: check its permissions.") from None


def _names(file: BinaryIO) -> set[str]:
    """The first names in a ZIP that may be anything; what is wrong with it is for others to say."""
    names = set()
    try:
        check_count(file)
        with zipfile.ZipFile(file) as members:
            names = set(members.namelist()[:1000])
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError) as error:
        if isinstance(error, DatasetError):
            raise
    file.seek(0)
    return names
