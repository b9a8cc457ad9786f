"""How much one file may hold. Checked on what a file declares, before anything is decoded."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields

from diagnosis.core.errors import InputError
from diagnosis.scans.scan import ScanError

MEGABYTE = 2**20

# Bytes for each pixel that the limit allows: of the decoded array (float32, or three times 8 bits),
# and of all that stands in memory at once while it is made, at 100 million pixels 1 GB.
DECODED, WORKING = 4, 10


@dataclass(frozen=True)
class Limits:
    """Upper bounds for one file, and for those that are given at once; more is rejected.

    Pictures other than DICOM and NIfTI also end at Pillow's bound of 179 million pixels a frame.
    """

    bytes: int = 64 * MEGABYTE  # of the file as it is; a chest X-ray has 1 to 30 MB
    pixels: int = 100_000_000  # rows x columns x frames: a CT of 380 slices; 400 MB as float32
    frames: int = 2_000  # frames, pages or slices
    series: int = 160_000_000  # pixels of a volume made of many files: a CT of 600 slices
    seconds: int = 10  # to decode it, in a server
    held: int = 4096 * MEGABYTE  # of decoded scans that a server's sessions hold together
    files: int = 200  # given at once to a server
    total: int = 512 * MEGABYTE  # bytes of those files together

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise InputError(
                    f"The limit {field.name} must be a whole number of at least 1, received "
                    f"{value!r}: correct it."
                )

    @classmethod
    def from_environment(cls) -> Limits:
        """Defaults, overridden by ``SCANLINE_MAX_`` with the name of a limit, such as ``SCANLINE_MAX_BYTES``.

        Raises:
            InputError: a variable that is not a whole number of at least 1.
        """
        values: dict[str, int] = {}
        for field in fields(cls):
            name = variable(field.name)
            text = os.environ.get(name, "").strip()
            if not text:
                continue
            if not (text.isascii() and text.isdigit() and len(text) < 19 and int(text) > 0):
                raise InputError(
                    f"The environment variable {name} is {text!r}, but must be a whole number "
                    "of at least 1: correct it or unset it."
                )
            values[field.name] = int(text)
        return cls(**values)

    @property
    def megabytes(self) -> int:
        """Of one file, whole and at least 1, as a box for files takes it."""
        return max(1, self.bytes // MEGABYTE)

    def check_bytes(self, size: int) -> None:
        """Reject a file of more bytes than allowed."""
        if size > self.bytes:
            raise ScanError(
                f"The file has {size / MEGABYTE:.1f} MB, and the limit is "
                f"{self.bytes / MEGABYTE:g} MB: give a smaller file or raise {variable('bytes')}."
            )

    def check_pixels(self, *, rows: int, columns: int, frames: int = 1) -> None:
        """Reject a picture that has no pixels, or more of them or of frames than allowed."""
        if rows < 1 or columns < 1 or frames < 1:
            raise ScanError(
                f"The picture has no pixels (it is {columns} × {rows}): export it again."
            )
        if frames > self.frames:
            raise ScanError(
                f"The file holds {frames:,} frames or more, and the limit is {self.frames:,}: give "
                f"a part of it or raise {variable('frames')}."
            )
        if rows * columns * frames > self.pixels:
            size = f"{columns:,} × {rows:,}" + (f" × {frames:,}" if frames > 1 else "")
            raise ScanError(
                f"The file unpacks to {size} pixels, and the limit is {self.pixels:,}: give a "
                f"smaller picture or raise {variable('pixels')}."
            )

    def check_series(self, *, rows: int, columns: int, slices: int) -> None:
        """Reject a volume of many files that would have more slices or pixels than allowed."""
        if slices > self.frames:
            raise ScanError(
                f"The series has {slices:,} slices, and the limit is {self.frames:,}: give a part of it "
                f"or raise {variable('frames')}."
            )
        if rows * columns * slices > self.series:
            raise ScanError(
                f"The series has {columns:,} × {rows:,} × {slices:,} pixels, and the limit is "
                f"{self.series:,}: give a part of it or raise {variable('series')}."
            )

    def check_memory(self, *, decoded: int, working: int) -> None:
        """Reject a picture whose decoding would need more memory than allowed.

        Args:
            decoded: bytes of the array that comes out.
            working: bytes that are needed at once on the way to it, as the format's decoder works.
        """
        for needed, each in ((decoded, DECODED), (working, WORKING)):
            if needed > each * self.pixels:
                raise ScanError(
                    f"Decoding the file takes {needed / MEGABYTE:,.0f} MB of memory, and the limit "
                    f"is {each * self.pixels / MEGABYTE:,.0f} MB: give a smaller picture or raise "
                    f"{variable('pixels')}."
                )


def variable(limit: str) -> str:
    """The environment variable that sets a limit."""
    return f"SCANLINE_MAX_{limit.upper()}"
