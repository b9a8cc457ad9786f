"""A TIFF whose colours lie in planes of their own, told as one whose every plane is a grey page.

Pillow takes planes of 8 bits only as they are. The pixels stay where they are in the file: only
directories are added at its end.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from diagnosis.scans.limits import Limits
from diagnosis.scans.raster.tiff_pages import (
    BITS,
    EXTRA,
    FORMAT,
    PHOTOMETRIC,
    PLANAR,
    SAMPLES,
    Layout,
    Page,
    directories,
    layout_of,
    numbers,
)
from diagnosis.scans.scan import ScanError

STRIPS, STRIP_SIZES, TILES, TILE_SIZES = 273, 279, 324, 325
COPIED = (256, 257, 259, 266, 278, 317, 322, 323)  # size, compression, bit order, predictor, tiles
BLACK_IS_ZERO = 1


def planes(data: bytes, wanted: Sequence[Page], limits: Limits) -> tuple[bytes, list[list[Page]]]:
    """The file with a page for each plane of the pages wanted, and these pages, plane by plane.

    Raises:
        ScanError: the strips or tiles cannot be shared out among the planes.
    """
    layout, _ = layout_of(data)
    entries = dict(enumerate(directories(data, limits)))
    built = bytearray(data) + bytes(len(data) % 2)
    link = 8 if layout.big else 4  # where the offset of the next directory is to be written
    index, found = 0, []
    for page in wanted:
        split = []
        for plane in range(page.samples):
            start, values, at_next = _directory(
                entries[page.index], page, plane, layout, data=data, end=len(built)
            )
            struct.pack_into(f"{layout.order}{layout.word}", built, link, start)
            built += values
            link = at_next
            alone = replace(
                page, index=index, bits=page.bits[:1], samples=1, extra=(), planar=False
            )
            split.append(replace(alone, photometric=BLACK_IS_ZERO))
            index += 1
        found.append(split)
    return bytes(built), found


def _directory(
    entries: np.ndarray, page: Page, plane: int, layout: Layout, *, data: bytes, end: int
) -> tuple[int, bytes, int]:
    """Where a plane's directory starts if it is written at the end, its bytes, and where its link is."""
    tail = b""
    lines = {int(e["tag"]): e.tobytes() for e in entries if int(e["tag"]) in COPIED}
    long = 16 if layout.big else 4
    for tag in (STRIPS, STRIP_SIZES, TILES, TILE_SIZES):
        every = numbers(entries, tag, layout, data, most=len(data))
        if not every:
            continue
        if len(every) % page.samples:
            raise ScanError(
                "The TIFF file contradicts itself about its planes: save it again as PNG."
            )
        each = len(every) // page.samples
        some = every[plane * each : (plane + 1) * each]
        packed = struct.pack(f"{layout.order}{each}{layout.word}", *some)
        if each == 1:
            value = packed
        else:
            value = struct.pack(layout.order + layout.word, end + len(tail))
            tail += packed
        lines[tag] = struct.pack(f"{layout.order}HH{layout.word}", tag, long, each) + value
    for tag, number in {
        BITS: page.bits[0], PHOTOMETRIC: BLACK_IS_ZERO, SAMPLES: 1, PLANAR: 1, FORMAT: page.format,
    }.items():  # fmt: skip
        head = struct.pack(f"{layout.order}HH{layout.word}", tag, 3, 1)
        lines[tag] = head + struct.pack(f"{layout.order}H", number).ljust(
            8 if layout.big else 4, b"\0"
        )
    lines.pop(EXTRA, None)
    body = struct.pack(layout.order + layout.count, len(lines)) + b"".join(
        lines[tag] for tag in sorted(lines)
    )
    start = end + len(tail)
    return start, tail + body + bytes(8 if layout.big else 4), start + len(body)
