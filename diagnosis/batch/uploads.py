"""Files that a person gives at once, a ZIP unpacked among them, as a list within limits."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Protocol

from diagnosis.core.errors import InputError
from diagnosis.datasets.importing.guarded_zip import GuardedZip
from diagnosis.datasets.importing.labelled import is_junk
from diagnosis.scans import Limits
from diagnosis.scans.limits import MEGABYTE, variable

LIST = "worklist"  # in a session: such a list
ZIP = b"PK\x03\x04"
PACKED = 10  # so many times more files than cases may be given: a series is one case


class Upload(Protocol):
    """A file in memory, as Streamlit gives it."""

    @property
    def file_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    def getvalue(self) -> bytes: ...


@dataclass(frozen=True)
class Item:
    """One file of a list; ``read`` gives its bytes, or raises `InputError`."""

    id: str
    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Items:
    """Files within the limits, and sentences about what is not among them."""

    items: tuple[Item, ...]
    said: tuple[str, ...]


def is_zip(upload: Upload) -> bool:
    """Whether a file is an archive, by its first bytes."""
    return upload.getvalue()[:4] == ZIP


def items(uploads: Iterable[Upload], limits: Limits) -> Items:
    """All files in the order in which they were given, those of a ZIP in its place; as many as are allowed.

    Args:
        uploads: hidden files and what systems leave behind are passed over.
        limits: of bytes, and bytes of each; of number only what bounds the work: cases are counted later.
    """
    found: list[Item] = []
    said: list[str] = []
    left_out, room, most = 0, limits.total, PACKED * limits.files
    for upload in uploads:
        if is_junk(upload.name):
            continue
        try:
            inside = _unpacked(upload, limits) if is_zip(upload) else [_plain(upload)]
        except InputError as error:
            said.append(str(error))
            continue
        for size, item in inside:
            if len(found) >= most or size > room:
                left_out += 1
                continue
            room -= size
            found.append(item)
    if left_out:
        said.append(
            f"Files left out: {left_out:,}. At most {most:,} files are taken at once ({PACKED} for each case "
            f"of {variable('files')}), and {limits.total / MEGABYTE:g} MB in all ({variable('total')})."
        )
    return Items(tuple(found), tuple(said))


def _plain(upload: Upload) -> tuple[int, Item]:
    return upload.size, Item(upload.file_id, upload.name, upload.getvalue)


def _unpacked(upload: Upload, limits: Limits) -> list[tuple[int, Item]]:
    """The files of an archive, with their sizes unpacked.

    Raises:
        DatasetError: it is damaged, hostile or too large.
    """
    archive = GuardedZip(BytesIO(upload.getvalue()), most_files=PACKED * limits.files)
    return [
        (size, Item(f"{upload.file_id}/{number}", path, partial(archive.read, path, limits)))
        for number, (path, size) in enumerate(archive.sizes().items(), start=1)
    ]
