"""How large a WebP is, told from its first chunk (RFC 9649): its decoder allocates when it opens."""

from __future__ import annotations

from diagnosis.scans.scan import ScanError


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height of the canvas.

    Raises:
        ScanError: the file ends before it says, or its first chunk is no picture.
    """
    size = 8 + int.from_bytes(data[4:8], "little")
    if len(data) < 30 or len(data) + 1 < size:  # a last byte of padding may be missing
        raise ScanError("The WebP file is cut short: copy or export it again.")
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        packed = int.from_bytes(data[21:25], "little")
        return 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = data[26:28], data[28:30]
        return int.from_bytes(width, "little") & 0x3FFF, int.from_bytes(height, "little") & 0x3FFF
    raise ScanError("This kind of WebP file is not read here: save it as PNG and give that.")


def frames_in(data: bytes) -> int:
    """How many frames an animation has; 1 for a picture."""
    frames, position = 0, 12
    while position + 8 <= len(data):
        frames += data[position : position + 4] == b"ANMF"
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        position += 8 + length + length % 2
    return max(frames, 1)
