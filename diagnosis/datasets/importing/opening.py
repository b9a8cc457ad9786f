"""From a path, or from uploaded bytes, to labelled pictures: what it is, is told by its content."""

import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from diagnosis.datasets import unfinished
from diagnosis.datasets.dataset import DatasetError
from diagnosis.datasets.importing.class_folders import by_class_folders
from diagnosis.datasets.importing.folder import files_in
from diagnosis.datasets.importing.guarded_zip import MAX_TOTAL, GuardedZip, check_count
from diagnosis.datasets.importing.labelled import MAX_FILES, Files, Source, is_list, printable
from diagnosis.datasets.importing.list_file import LabelList, read_list
from diagnosis.datasets.importing.manifest import by_manifest
from diagnosis.datasets.importing.npz import by_arrays
from diagnosis.scans import Limits, ScanError
from diagnosis.scans.series import SeriesFile

# Of what came as an upload, of which many may come at once: bytes kept in memory, bytes unpacked, files.
# Pictures hardly shrink in a ZIP, and an upload has at most some 70 MB.
MAX_UPLOADED, MAX_UNPACKED, MAX_UPLOADED_FILES = 192 * 2**20, 2**29, 20_000
MAX_SERIES = 2**31  # bytes unpacked of a series, whose files are read twice and one by one

Given = Path | BinaryIO  # a path on this machine, or an upload


@contextmanager
def open_source(given: Given, manifest: Given | None = None) -> Iterator[Source]:
    """The labelled pictures of a folder, ZIP, NPZ or list; they can be read while this is open.

    What a killed import left behind is deleted first.

    Args:
        given: a folder or ZIP (class folders, or files for the list), an NPZ in MedMNIST's layout, or a
            list (CSV, Excel) with its files beside it. A ``manifest.csv`` or ``manifest.xlsx`` in a
            folder or ZIP is its list.
        manifest: the list, if it is somewhere else.

    Raises:
        DatasetError: there is no such file, it is none of these, or it is unsafe; in a sentence.
    """
    limits = Limits.from_environment()
    unfinished.sweep()
    with ExitStack() as opened:
        if isinstance(given, Path) and given.is_dir():
            yield _labelled(files_in(given), manifest, limits)
            return
        file = opened.enter_context(_opened(given)) if isinstance(given, Path) else given
        start = file.read(4)
        file.seek(0)
        most, most_files = (
            (MAX_TOTAL, MAX_FILES)
            if isinstance(given, Path)
            else (MAX_UNPACKED, MAX_UPLOADED_FILES)
        )
        names = _names(file, most_files) if start.startswith(b"PK") else None
        if names is None or "[Content_Types].xml" in names:  # no ZIP; a workbook
            yield _list_with_files_beside(given, file, manifest, limits)
            return
        if {"train_images.npy", "x_train.npy"} & names:
            if manifest is not None:
                raise DatasetError("An NPZ file holds its labels: leave the list out.")
            source = by_arrays(file, given if isinstance(given, Path) else None, MAX_UPLOADED)
        else:
            files = GuardedZip(file, most=most, most_files=most_files).files()
            source = _labelled(files, manifest, limits)
        yield source if isinstance(given, Path) else replace(source, most=MAX_UPLOADED)


@contextmanager
def open_series(given: Given) -> Iterator[tuple[SeriesFile, ...]]:
    """The files of a series, in the order of their names; they can be read while this is open.

    Args:
        given: a folder, a ZIP, or a single file.

    Raises:
        DatasetError: there is no file, it cannot be opened, or the archive is unsafe; in a sentence.
    """
    with ExitStack() as opened:
        if isinstance(given, Path) and given.is_dir():
            files = files_in(given)
        else:
            file = opened.enter_context(_opened(given)) if isinstance(given, Path) else given
            start = file.read(4)
            file.seek(0)
            if not start.startswith(b"PK"):
                name = given.name if isinstance(given, Path) else ""
                yield (SeriesFile(name, lambda limits: _whole(file, limits)),)
                return
            most_files = MAX_FILES if isinstance(given, Path) else MAX_UPLOADED_FILES
            files = GuardedZip(file, most=MAX_SERIES, most_files=most_files).files()
        if not files.readers:
            raise DatasetError(f"The {files.kind} is empty: put the files of a series into it.")
        yield tuple(SeriesFile(name, read) for name, read in files.readers.items())


def _whole(file: BinaryIO, limits: Limits) -> bytes:
    file.seek(0)
    data = file.read(limits.bytes + 1)
    limits.check_bytes(len(data))
    return data


def _labelled(files: Files, manifest: Given | None, limits: Limits) -> Source:
    if not files.readers:
        raise DatasetError(f"The {files.kind} is empty: put pictures into it.")
    if manifest is not None:
        return by_manifest(files, _listed(manifest, limits))
    lists = [path for path in files.readers if is_list(path)]
    if len(lists) > 1:
        raise DatasetError(f"The {files.kind} holds {len(lists)} lists: leave one of them.")
    if lists:
        listed = _from_file(lists[0], files, limits)
        return by_manifest(files, listed, listed_itself=lists[0])
    return by_class_folders(files)


def _from_file(path: str, files: Files, limits: Limits) -> LabelList:
    try:
        return read_list(files.readers[path](limits), limits)
    except ScanError as error:
        raise DatasetError(f"The list {printable(path)} cannot be read. {error}") from error


def _list_with_files_beside(
    given: Given, file: BinaryIO, manifest: Given | None, limits: Limits
) -> Source:
    """A source that is itself a list."""
    if manifest is not None or not isinstance(given, Path):
        raise DatasetError(
            "The source is neither a ZIP archive nor an NPZ file: pack the pictures as a ZIP."
        )
    listed = read_list(file.read(limits.bytes + 1), limits)
    files = files_in(given.parent)
    return by_manifest(files, listed, listed_itself=given.name)


def _listed(manifest: Given, limits: Limits) -> LabelList:
    if isinstance(manifest, Path):
        with _opened(manifest) as file:
            return read_list(file.read(limits.bytes + 1), limits)
    manifest.seek(0)
    return read_list(manifest.read(limits.bytes + 1), limits)


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


def _names(file: BinaryIO, most_files: int) -> set[str]:
    """The first names in a ZIP that may be anything; what is wrong with it is for others to say."""
    names = set()
    try:
        check_count(file, most_files)
        with zipfile.ZipFile(file) as members:
            names = set(members.namelist()[:1000])
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError) as error:
        if isinstance(error, DatasetError):
            raise
    file.seek(0)
    return names
