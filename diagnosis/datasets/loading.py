"""Finding, downloading and opening a data set.

A published set is looked for in ``$SCANLINE_DATA``, then in the cache folder, then downloaded into the cache;
one's own set in ``$SCANLINE_DATA``, then among the imported ones.
``$SCANLINE_CACHE`` moves the cache; ``$SCANLINE_MIRROR`` is the address of a folder that serves the
files instead of their publishers (their MD5 is checked all the same).
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from diagnosis.core.errors import nearest
from diagnosis.core.paths import cache_folder, typed
from diagnosis.datasets import archive
from diagnosis.datasets.dataset import Dataset, DatasetError
from diagnosis.datasets.derived import kinds_of_pneumonia, open_placed
from diagnosis.datasets.download import Progress, data_folder, get_it_yourself, retrieve
from diagnosis.datasets.facts import DatasetFacts, catalogue
from diagnosis.datasets.imported import CARD, imported_files, imports_folder, open_imported
from diagnosis.datasets.phantoms import phantoms
from diagnosis.datasets.published import open_published
from diagnosis.datasets.record_places import PLACES, is_record_folder
from diagnosis.datasets.user_npz import open_own, safe_name


def load(
    name_or_path: str | Path, *, size: int = 28, download: bool = True, progress: bool = False
) -> Dataset:
    """Open a data set.

    Args:
        name_or_path: a name in `catalogue`, the name of one's own NPZ in ``$SCANLINE_DATA`` or of an
            imported set, the path of an NPZ in MedMNIST's layout, or of a folder of records, see
            `open_folder`. A file that has a published file's name or MD5 is taken for that set, whatever
            its place.
        size: pixels along each side, where a set is published at several; a file given by its path,
            a set of one's own and records have the size they have.
        download: get a published set that is not on this machine.
        progress: show a progress bar on standard error while downloading.

    Raises:
        DatasetError: no such set or size, not on this machine and not to be had, or not usable.
    """
    if isinstance(name_or_path, Path) or _looks_like_path(name_or_path):
        given = name_or_path if isinstance(name_or_path, Path) else typed(name_or_path)
        if any(ord(letter) < ord(" ") for letter in str(given)):
            raise DatasetError(f"{str(given)[:100]!r} is not the path of a data set: give another.")
        return _open_file(given)
    name = name_or_path.lower()
    if name not in catalogue():
        if is_record_folder(folder := typed(name_or_path)):
            return _open_folder(folder)
        return _open_file(_own_file(name_or_path))
    facts = catalogue()[name]
    if facts.dimensions == 1:
        from diagnosis.datasets.record_sets import open_records

        return open_records(facts, None if facts.synthetic else _here(facts))
    _check_size(facts, size)
    if facts.record or facts.together:
        return _open_studies(facts, size) if facts.record else _put_together(facts, size)
    return (
        phantoms(size=size) if facts.synthetic else _open_image_set(facts, size, download, progress)
    )


def _open_image_set(facts: DatasetFacts, size: int, download: bool, progress: bool) -> Dataset:
    if facts.of:
        whole = load(facts.of, size=size, download=download, progress=progress)
        return kinds_of_pneumonia(whole, facts)
    if facts.name in PLACES:
        return open_placed(archive.read(_here(facts)), facts, size)
    name = facts.name
    path = locate(name, size=size)
    if path is None:
        if not download:
            raise DatasetError(get_it_yourself(facts, size, "is not on this machine"))
        path = fetch(name, size=size, progress=progress)
    return open_published(archive.read(path), facts, size)


def locate(name: str, *, size: int = 28) -> Path | None:
    """Where the file of a set lies on this machine; None if there is none (as for phantoms)."""
    facts = catalogue().get(name.lower())
    if facts is None:
        return own_files().get(name.lower())
    folders = [folder for folder in (data_folder(), cache_folder()) if folder]
    if facts.of:
        return locate(facts.of, size=size) if size in facts.sizes else None
    if facts.together:  # where the last of its parts lies, if all are here
        parts = [locate(each) for each in facts.together]
        return None if None in parts else parts[-1]
    if facts.name in PLACES:
        paths = [folder / PLACES[facts.name] for folder in folders]
        return next((path for path in paths if path.exists()), None)
    if size not in facts.files:
        return None
    paths = [folder / facts.files[size].filename for folder in folders]
    return next((path for path in paths if path.is_file()), None)


def fetch(name: str, *, size: int = 28, progress: bool = False) -> Path:
    """The file of a set, downloaded into the cache folder if it is not on this machine.

    The download gets its final name only when it is complete and its MD5 is the published one.

    Raises:
        DatasetError: no such set or size, or it could not be downloaded; the sentence then says how
            to get the file oneself.
    """
    facts = catalogue().get(name.lower())
    if facts is None:
        return _own_file(name)
    if facts.of:
        return fetch(facts.of, size=size, progress=progress)
    if facts.name in PLACES or facts.together:
        return _here(facts)
    _check_size(facts, facts.sizes[0] if facts.dimensions == 1 else size)
    if facts.synthetic:
        raise DatasetError(f"{facts.title} are drawn when needed: there is nothing to fetch.")
    if (here := locate(name, size=size)) is not None:
        return here
    with _on_terminal(shown=progress) as report:
        return retrieve(facts, size, report)


def _open_folder(folder: Path) -> Dataset:
    from diagnosis.datasets.record_folder import (  # pandas: only who reads records waits
        open_folder,
        open_imported_folder,
    )

    if folder.parent == imports_folder() and (folder / CARD).is_file():
        return open_imported_folder(folder)
    return open_folder(folder)


def _open_studies(facts: DatasetFacts, size: int) -> Dataset:
    from diagnosis.datasets.study_sets import open_studies  # pandas, likewise

    return open_studies(facts, None if facts.synthetic else _here(facts), size)


def _put_together(facts: DatasetFacts, size: int) -> Dataset:
    from diagnosis.datasets.scan_kinds import scan_kinds

    _here(facts)
    return scan_kinds(load, size=size)


def _here(facts: DatasetFacts) -> Path:
    path = locate(facts.name)
    if path is None:
        raise DatasetError(get_it_yourself(facts, facts.sizes[0], "is not on this machine"))
    return path


def own_files() -> dict[str, Path]:
    """Sets that are in no table, by name: imported ones, and the NPZ files in ``$SCANLINE_DATA``."""
    own = imported_files()
    folder = data_folder()
    if folder is not None and folder.is_dir():
        published = {*_published_files(), *PLACES.values()}
        paths = (
            path for path in sorted(folder.glob("*.npz")) if path.name.lower() not in published
        )
        own |= {safe_name(path): path for path in paths}
    return own


def has_records(name: str) -> bool:
    """Whether a set, by its name, is one of records; nothing of it is read."""
    if (facts := catalogue().get(name)) is not None:
        return facts.dimensions == 1
    own = imported_files().get(name)
    return own is not None and own.is_dir()


@contextmanager
def _on_terminal(*, shown: bool) -> Iterator[Progress]:
    """A progress bar on standard error, or none."""
    from tqdm import tqdm

    with tqdm(unit="B", unit_scale=True, ncols=79, disable=not shown, file=sys.stderr) as bar:

        def report(came: int, total: int) -> None:
            bar.total = total or None
            bar.update(came - bar.n)

        yield report


def _looks_like_path(text: str) -> bool:
    return "/" in text or os.sep in text or text.lower().endswith(".npz")


def _published_files() -> dict[str, tuple[DatasetFacts, int]]:
    return {
        file.filename: (facts, size)
        for facts in catalogue().values()
        for size, file in facts.files.items()
    }


def _own_file(name: str) -> Path:
    own = own_files()
    if name.lower() in own:
        return own[name.lower()]
    hint = nearest(name.lower(), [*catalogue(), *own])
    raise DatasetError(f"There is no data set {name[:100]!r}.{hint}")


def _check_size(facts: DatasetFacts, size: int) -> None:
    if size not in facts.sizes:
        sizes = " and ".join(map(str, facts.sizes))
        raise DatasetError(f"{facts.title} is not available at size {size}, only at {sizes}.")


def _open_file(path: Path) -> Dataset:
    if path.is_dir() and is_record_folder(path):
        return _open_folder(path)
    contents = archive.read(path)
    if path.with_name(CARD).is_file() and path.parent.parent == imports_folder():
        return open_imported(contents, path.parent.name)
    published = _published_files()
    if path.name.lower() in published:
        return open_published(contents, *published[path.name.lower()])
    for facts, size in published.values():
        if contents.md5 == facts.files[size].md5:
            return open_published(contents, facts, size)
    # One's own set must not be mistaken for a published one: BreastMNIST's finding is class 0.
    stem, _, suffix = safe_name(path).partition("_")
    if stem in catalogue() and (not suffix or suffix.isdigit()):
        usable = [file.filename for file in catalogue()[stem].files.values()]
        raise DatasetError(
            f"{path} is named like {catalogue()[stem].title}, but is none of its files that can be "
            f"used here ({', '.join(usable) or 'it has none'}): rename it if it is another set."
        )
    return open_own(contents)
