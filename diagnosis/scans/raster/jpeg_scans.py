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
# Ways to store a picture that libjpeg does not read: lossless, hierarchical, JPEG-LS.
NOT_READ = (0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF, 0xF7)


def check_scans(data: bytes) -> None:
    """Reject a JPEG of more passes than any encoder writes, or of a kind that is not read.

    Args:
        data: of one JPEG; what follows the first picture is not looked at.

    Raises:
        ScanError: there are too many, or it is lossless or hierarchical.
    """
    passes = position = 0
    while marker := MARKER.search(data, position):
        code, position = data[marker.end() - 1], marker.end()
        if code == EOI:
            return
        if code in NOT_READ:
            raise ScanError(
                "The JPEG picture is stored in a way that is not read here (lossless or "
                "hierarchical): save it as PNG or as a plain JPEG."
            )
        if code == SOS:
            passes += 1
            if passes > MOST:
                raise ScanError(
                    f"The JPEG picture is stored in more than {MOST} passes, as no program writes "
                    "it: save it again as PNG or as a plain JPEG."
                )
        if code not in (SOI, TEM):
            position += int.from_bytes(data[position : position + 2], "big")
