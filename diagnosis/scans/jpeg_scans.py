"""How many passes a JPEG makes over its picture, counted before anything is decoded.

A progressive JPEG may say each pass in some 160 bytes, and a decoder goes over the whole picture for
each (libjpeg-turbo's security report LJT-01-003): a file of 0.4 MB can keep it busy for half a minute.
"""

from __future__ import annotations

import re

from diagnosis.scans.scan import ScanError

MOST = 64  # the standard script of libjpeg has 10; no encoder is known to write more than some 20

# Within a pass a byte of 255 is followed by 0, a restart (D0 to D7) or padding (FF).
MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
SOI, EOI, SOS, TEM = 0xD8, 0xD9, 0xDA, 0x01


def check_scans(data: bytes) -> None:
    """Refuse a JPEG of more passes than any encoder writes.

    Args:
        data: of one JPEG; what follows the first picture is not looked at.

    Raises:
        ScanError: there are too many.
    """
    passes = position = 0
    while marker := MARKER.search(data, position):
        code, position = data[marker.end() - 1], marker.end()
        if code == EOI:
            return
        if code == SOS:
            passes += 1
            if passes > MOST:
                raise ScanError(
                    f"The JPEG picture is stored in more than {MOST} passes, as no program writes "
                    "it: save it again as PNG or as a plain JPEG."
                )
        if code not in (SOI, TEM):
            position += int.from_bytes(data[position : position + 2], "big")
