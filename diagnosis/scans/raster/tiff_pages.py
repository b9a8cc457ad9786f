"""The directories of a TIFF: which pages there are and how each is stored (TIFF 6.0, BigTIFF).

They are walked here, since a decoder that is asked for one page after the other goes through the
whole chain each time: 100,000 pages kept it busy for a minute.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from diagnosis.scans.limits import Limits
from diagnosis.scans.scan import ScanError

MOST_TAGS = 1_000  # of a page; the richest microscopes write some 100
# Types of whole numbers and their struct codes; the last three are BigTIFF's.
WHOLE = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}

SUBFILE, OLD_SUBFILE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = (
    254,
    255,
    256,
    257,
    258,
    259,
    262,
)
ORIENTATION, SAMPLES, PLANAR, EXTRA, FORMAT = 274, 277, 284, 338, 339
REDUCED, MASK = 1, 4  # bits of SUBFILE


@dataclass(frozen=True)
class Layout:
    """How numbers and directories are written: byte order, and whether it is a BigTIFF."""

    order: str
    big: bool

    @property
    def word(self) -> str:
        """The struct code of an offset."""
        return "Q" if self.big else "I"

    @property
    def count(self) -> str:
        """The struct code of the number of entries."""
        return "Q" if self.big else "H"

    @property
    def entry(self) -> np.dtype:
        """An entry of a directory."""
        wide = 8 if self.big else 4
        return np.dtype(
            [
                ("tag", f"{self.order}u2"),
                ("type", f"{self.order}u2"),
                ("count", f"{self.order}u{wide}"),
                ("value", f"V{wide}"),
            ]
        )

    def unpack(self, code: str, data: bytes, offset: int) -> tuple[int, ...]:
        """Whole numbers at a place.

        Raises:
            ScanError: the file ends before.
        """
        try:
            return struct.unpack_from(self.order + code, data, offset)
        except (struct.error, OverflowError) as error:
            raise _cut_short() from error


@dataclass(frozen=True)
class Page:
    """One page, as far as its pixels go; tags that are missing have the standard's value."""

    index: int  # in the chain
    width: int
    height: int
    bits: tuple[int, ...]  # of each sample
    format: int  # 1 unsigned, 2 signed, 3 float, 4 not said
    samples: int
    extra: tuple[int, ...]  # what samples beyond the colours are: 0 not said, 1 and 2 alpha
    photometric: int
    compression: int
    planar: bool  # each sample in a plane of its own
    orientation: int
    subfile: int


def layout_of(data: bytes) -> tuple[Layout, int]:
    """How it is written, and where the first directory is.

    Raises:
        ScanError: the file ends before.
    """
    layout = Layout("<" if data[:2] == b"II" else ">", 43 in (data[2], data[3]))
    return layout, layout.unpack(layout.word, data, 8 if layout.big else 4)[0]


def directories(data: bytes, limits: Limits) -> Iterator[np.ndarray]:
    """The entries of each page in the order of the chain, which ends where it comes back to itself.

    Raises:
        ScanError: more pages than allowed, which is found before any entry is read; cut short.
    """
    layout, offset = layout_of(data)
    head = struct.calcsize(f"={layout.count}")
    places: dict[int, int] = {}  # of directories, and how many entries each has
    while offset and offset not in places:
        (entries,) = layout.unpack(layout.count, data, offset)
        if entries > MOST_TAGS:
            raise ScanError(
                f"A page of the TIFF file has more than {MOST_TAGS:,} tags: save it again as PNG "
                "or as a plain TIFF."
            )
        places[offset] = entries
        limits.check_pixels(rows=1, columns=1, frames=len(places))
        (offset,) = layout.unpack(
            layout.word, data, offset + head + entries * layout.entry.itemsize
        )
    for place, entries in places.items():
        yield np.frombuffer(data, layout.entry, entries, place + head)


def pages(data: bytes, limits: Limits) -> list[Page]:
    """Every page of the file.

    Raises:
        ScanError: there is none, more than allowed, or the file is cut short.
    """
    layout, _ = layout_of(data)
    found = [
        _page(index, entries, layout, data)
        for index, entries in enumerate(directories(data, limits))
    ]
    if not found:
        raise ScanError("The TIFF file holds no picture: export it again.")
    return found


def numbers(
    entries: np.ndarray, tag: int, layout: Layout, data: bytes, most: int = 16
) -> tuple[int, ...]:
    """The first whole numbers of a tag; none if it is not there or holds something else.

    Raises:
        ScanError: they lie beyond the end of the file.
    """
    for entry in entries[entries["tag"] == tag]:
        code, count = WHOLE.get(int(entry["type"])), int(entry["count"])
        if code is None:
            return ()
        inline = entry["value"].tobytes()
        some = f"{min(count, most)}{code}"
        if count * struct.calcsize(f"={code}") <= len(inline):
            return layout.unpack(some, inline, 0)
        return layout.unpack(some, data, *layout.unpack(layout.word, inline, 0))
    return ()


def _page(index: int, entries: np.ndarray, layout: Layout, data: bytes) -> Page:
    def first(tag: int, default: int) -> int:
        return next(iter(numbers(entries, tag, layout, data)), default)

    samples = first(SAMPLES, 1)
    bits = numbers(entries, BITS, layout, data) or (1,)
    formats = set(numbers(entries, FORMAT, layout, data)) or {1}
    old = first(OLD_SUBFILE, 0)
    return Page(
        index=index,
        width=first(WIDTH, 0),
        height=first(HEIGHT, 0),
        bits=bits * samples if len(bits) == 1 and 1 <= samples <= 16 else bits[:samples],
        format=formats.pop() if len(formats) == 1 else 0,
        samples=samples,
        extra=numbers(entries, EXTRA, layout, data),
        photometric=first(PHOTOMETRIC, 0),
        compression=first(COMPRESSION, 1),
        planar=first(PLANAR, 1) == 2 and samples > 1,
        orientation=first(ORIENTATION, 1),
        subfile=first(SUBFILE, REDUCED if old == 2 else 0),
    )


def _cut_short() -> ScanError:
    return ScanError("The TIFF file is cut short: copy or export it again.")
