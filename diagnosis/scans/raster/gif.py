"""The blocks of a GIF, walked before it is decoded (GIF89a specification, 1990)."""

from __future__ import annotations

from diagnosis.scans.scan import ScanError

EXTENSION, IMAGE, TRAILER = 0x21, 0x2C, 0x3B


def frames_in(data: bytes) -> tuple[int, bool]:
    """How many frames there are, and whether the trailer follows them.

    What comes after the trailer is no part of the GIF. A file that ends behind a whole frame is
    whole but for its last byte, as some programs write it.

    Raises:
        ScanError: it ends within a block.
    """
    position = 13 + _table(data[10:11])
    frames = 0
    while position < len(data):
        block = data[position]
        position += 1
        if block == TRAILER:
            return frames, True
        if block == EXTENSION:
            position = _past_sub_blocks(data, position + 1)
        elif block == IMAGE:
            position += 9 + _table(data[position + 8 : position + 9]) + 1
            position = _past_sub_blocks(data, position)
            frames += 1
    if position > len(data) or not frames:
        raise _cut_short()
    return frames, False


def _table(flags: bytes) -> int:
    """Bytes of the colour table that the flags announce."""
    return 3 * 2 ** ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0


def _past_sub_blocks(data: bytes, position: int) -> int:
    while position < len(data):
        length = data[position]
        position += 1 + length
        if not length:
            return position
    raise _cut_short()


def _cut_short() -> ScanError:
    return ScanError("The GIF file is cut short: copy or export it again.")
