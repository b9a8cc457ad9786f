"""The chunks of a PNG: what the picture needs and what it does not (PNG, third edition, 2025)."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from diagnosis.scans.scan import ScanError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PICTURE = (b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"IDAT", b"IEND")
# Programs older than the chunk eXIf wrote what it says, the orientation too, into texts so called.
ORIENTING = (b"Raw profile type exif", b"XML:com.adobe.xmp")
ANIMATION = (b"acTL", b"fcTL", b"fdAT")
COLOUR_SAMPLES = {0: 1, 2: 3, 4: 2, 6: 4}  # by colour type, alpha included
MODES = {0: "L", 2: "RGB", 4: "LA", 6: "RGBA"}  # what Pillow calls them
PALETTE = 3
MOST_EXIF = 2**16  # bytes, as in a JPEG; packed, and 16 times that unpacked


@dataclass(frozen=True)
class Png:
    """What its chunks say.

    Attributes:
        still: the file with nothing but its default picture.
        moving: the same with its animation; None if it has none.
        frames: the default picture, and those of the animation that are not this one.
        bits: of a sample, or of a palette's index.
        colour: 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha.
        key: what tRNS holds; without a palette, the one grey or colour that is transparent.
    """

    still: bytes
    moving: bytes | None
    frames: int
    bits: int
    colour: int
    key: bytes


def parsed(data: bytes) -> Png:
    """Walk the chunks. Texts, profiles and whatever else is beside the picture are left out.

    Pillow reads those as well, and gives up on the picture where one of them is too large.

    Raises:
        ScanError: it is cut short, or does not begin with its header.
    """
    if data[12:16] != b"IHDR" or len(data) < 33:
        raise _cut_short()
    still, moving = [SIGNATURE], [SIGNATURE]
    declared = described = 0
    apart, key = False, b""
    position = len(SIGNATURE)
    kind = b""
    while kind != b"IEND":
        (length,) = struct.unpack(">I", data[position : position + 4].rjust(4, b"\xff"))
        kind = data[position + 4 : position + 8]
        end = position + 12 + length
        if end > len(data):
            raise _cut_short()
        chunk = data[position:end]
        if kind == b"acTL" and length == 8:
            (declared,) = struct.unpack(">I", chunk[8:12])
        apart |= kind == b"IDAT" and not described  # the default picture is not in the animation
        described += kind == b"fcTL"
        if kind == b"tRNS":
            key = chunk[8:-4]
        if (kind in PICTURE and not (kind == b"eXIf" and length > MOST_EXIF)) or _orients(
            kind, chunk[8:-4]
        ):
            still.append(chunk)
            moving.append(chunk)
        elif kind in ANIMATION:
            moving.append(chunk)
        position = end
    if not any(chunk[4:8] == b"IDAT" for chunk in still):
        raise ScanError("The PNG file holds no picture: export it again.")
    frames = min(declared, described) + apart
    animated = declared > 0 and frames > 1
    return Png(
        still=b"".join(still),
        moving=b"".join(moving) if animated else None,
        frames=frames if animated else 1,
        bits=data[24],
        colour=data[25],
        key=key,
    )


def _orients(kind: bytes, body: bytes) -> bool:
    """Whether a text is small and may hold the orientation."""
    keyword, _, text = body.partition(b"\0")
    if keyword not in ORIENTING or len(body) > MOST_EXIF:
        return False
    if kind == b"zTXt":
        inflater = zlib.decompressobj()
        try:
            inflater.decompress(text[1:], 16 * MOST_EXIF - 1)
        except zlib.error:
            return False
        return not inflater.unconsumed_tail
    return kind == b"tEXt" or (kind == b"iTXt" and text[:1] == b"\0")  # which is not packed


def _cut_short() -> ScanError:
    return ScanError("The PNG file is cut short: copy or export it again.")
