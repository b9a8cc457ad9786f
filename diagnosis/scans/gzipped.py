"""gzip, read from its beginning and no further than asked for.

Python's own module takes bytes behind the end for a damaged member; gzip itself ignores them, as
downloads and mail leave some there.
"""

from __future__ import annotations

import zlib

from diagnosis.scans.scan import ScanError

MAGIC = b"\x1f\x8b\x08"
CHUNK = 2**16  # compressed bytes handed to zlib at a time, which copies what it has not used
MEMBERS = 50_000  # BGZF has one for each 64 kB


class Gunzip:
    """A stream of what is in a gzip file of one or several members; their sums are checked.

    ``read`` and ``skip`` raise zlib.error where the data or a sum are wrong and EOFError where they end
    too early, ScanError where there are too many members.
    """

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._at = 0
        self._pending = b""  # handed to zlib and not used yet
        self._members = 1
        self._member = zlib.decompressobj(wbits=31)

    def read(self, size: int) -> bytearray:
        """The next bytes: as many, or fewer at the end."""
        found = bytearray()
        while len(found) < size:
            part = self._part(size - len(found))
            if not part:
                break
            found += part
        return found

    def skip(self, size: int) -> int:
        """Pass over bytes without keeping them; how many there were."""
        passed = 0
        while passed < size:
            part = self._part(min(size - passed, CHUNK))
            if not part:
                break
            passed += len(part)
        return passed

    def _part(self, most: int) -> bytes:
        """Some of the next bytes, none at the end."""
        while True:
            if self._member.eof:
                behind = self._member.unused_data + bytes(self._data[self._at : self._at + 3])
                if not behind.startswith(MAGIC):
                    return b""
                self._members += 1
                if self._members > MEMBERS:
                    raise ScanError(
                        f"The gzip file is in more than {MEMBERS:,} pieces: compress it again."
                    )
                self._pending = self._member.unused_data
                self._member = zlib.decompressobj(wbits=31)
            if not self._pending:
                self._pending = bytes(self._data[self._at : self._at + CHUNK])
                self._at += len(self._pending)
                if not self._pending:
                    raise EOFError("gzip data end too early")
            part = self._member.decompress(self._pending, most)
            self._pending = self._member.unconsumed_tail
            if part:
                return part
