"""The element of a DICOM file that holds its pixels, found and taken apart without pydicom.

pydicom looks for the end of compressed pixels by searching for a delimiter, so that one which chance put
into a frame ends them, and drops the whole data set where the delimiter is missing.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from diagnosis.scans.scan import ScanError

KEYWORDS = {0x0008: "FloatPixelData", 0x0009: "DoubleFloatPixelData", 0x0010: "PixelData"}
ITEM, DELIMITER = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"  # little-endian, as compressed files are
UNDEFINED = 0xFFFFFFFF
VRS = (b"OB", b"OW", b"OF", b"OD", b"OV", b"UN")
# First bytes of a compressed picture: JPEG and JPEG-LS, JPEG 2000, JPEG 2000 in a file of its own.
STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  ")

FRAGMENTS = 100_000  # 50 for each frame that may be

CUT_SHORT = "The DICOM file is cut short: copy or export it again."


@dataclass(frozen=True)
class PixelElement:
    """Pixels as they are in the file.

    Attributes:
        keyword: PixelData, FloatPixelData or DoubleFloatPixelData.
        vr: OB, OW and so on; OW where the file does not say.
        value: the bytes, where they are not compressed.
        fragments: the items behind the first, where they are.
        offsets: where frames begin, in bytes behind the first item; empty where the file does not say.
        whole: whether the file goes on to the element's end.
    """

    keyword: str
    vr: str
    value: bytes
    fragments: tuple[bytes, ...] | None
    offsets: tuple[int, ...]
    whole: bool


def pixel_element(data: bytes, start: int, *, little: bool) -> PixelElement | None:
    """Read the element at a place in a file; None if there is none that holds pixels.

    Raises:
        ScanError: cut short within a compressed frame.
    """
    order = "<" if little else ">"
    head = data[start : start + 12]
    if len(head) < 8:
        return None
    group, element = struct.unpack_from(f"{order}HH", head)
    if group != 0x7FE0 or element not in KEYWORDS:
        return None
    explicit = head[4:6] in VRS  # as a length without VR these would be odd ones
    if explicit and len(head) < 12:
        raise ScanError(CUT_SHORT)
    vr = head[4:6].decode() if explicit and head[4:6] != b"UN" else "OW"
    at = start + (12 if explicit else 8)
    (length,) = struct.unpack_from(f"{order}I", head, 8 if explicit else 4)
    if length == UNDEFINED or data[at : at + 4] == ITEM:
        items, whole = _items(data, at)
        table = items[0] if items else b""
        count = min(len(table) // 4, len(items))  # no more frames than fragments
        offsets = struct.unpack(f"<{count}I", table[: 4 * count])
        return PixelElement(KEYWORDS[element], vr, b"", tuple(items[1:]), offsets, whole)
    value = bytes(data[at : at + length])
    return PixelElement(KEYWORDS[element], vr, value, None, (), len(value) == length)


def _items(data: bytes, at: int) -> tuple[list[bytes], bool]:
    """The items from a place on, and whether their delimiter was found behind them."""
    items: list[bytes] = []
    while data[at : at + 4] == ITEM and at + 8 <= len(data):
        (length,) = struct.unpack_from("<I", data, at + 4)
        if at + 8 + length > len(data):
            raise ScanError(CUT_SHORT)
        if len(items) > FRAGMENTS:
            raise ScanError(
                f"The DICOM file's picture is in more than {FRAGMENTS:,} pieces: export it again."
            )
        items.append(bytes(data[at + 8 : at + 8 + length]))
        at += 8 + length
    return items, data[at : at + 4] == DELIMITER


def frames_of(element: PixelElement, *, declared: int | None, one_each: bool) -> list[bytes]:
    """Put the fragments of compressed pixels together, a frame each.

    By the file's table of offsets where it fits; else one fragment is a frame where it must be
    (``one_each``: RLE and deflate, PS3.5, A.4.2) or where there are as many as frames; else a frame
    begins with each fragment that begins as one.
    """
    fragments = element.fragments or ()
    place, starts = 0, {}
    for number, fragment in enumerate(fragments):
        starts[place] = number
        place += 8 + len(fragment)
    begins = [starts[offset] for offset in element.offsets if offset in starts]
    fits = len(begins) == len(element.offsets) and begins == sorted(set(begins))
    if not fits or begins[:1] != [0] or len(begins) < (declared or (len(fragments) * one_each)):
        begins = [
            number
            for number, fragment in enumerate(fragments)
            if one_each or len(fragments) == declared or number == 0 or fragment.startswith(STARTS)
        ]
    ends = [*begins[1:], len(fragments)][: len(begins)]
    return [b"".join(fragments[begin:end]) for begin, end in zip(begins, ends, strict=True)]
