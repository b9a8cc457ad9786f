"""The one way in: bytes or a file become a `Scan`, or one sentence that says why not."""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from contextvars import ContextVar
from pathlib import Path
from typing import Protocol

from PIL.Image import DecompressionBombError

from diagnosis.core.errors import InputError
from diagnosis.scans.apart.quiet import silence_warnings
from diagnosis.scans.content import sniff
from diagnosis.scans.limits import Limits
from diagnosis.scans.raster.picture import read_raster
from diagnosis.scans.scan import Scan, ScanError, check_time

silence_warnings()

# What decoders say where bytes are missing or wrong. They raise the same types for what they do not
# know, so where neither type nor words show damage, none is claimed.
DAMAGED = re.compile(
    r"truncat|broken|corrupt|premature|not enough|too few|unexpected (end|eof)|bytes not processed|"
    r"decoder error -[129]\b|checksum|crc|bad |cannot decode|no data|end of|invalid (block|code|dist)",
    re.IGNORECASE,
)
SAVE_AS = {"DICOM": "an uncompressed DICOM file", "NIfTI": "NIfTI of 16-bit or 32-bit values"}
DAMAGE = (EOFError, struct.error, zlib.error)


def read_scan(data: bytes, *, limits: Limits | None = None, time: int = 1) -> Scan:
    """Decode a file that is in memory; its name plays no part.

    Args:
        data: the whole file.
        limits: what it may hold; from the environment unless given.
        time: which time point of a NIfTI volume, from 1; other files have one.

    Raises:
        ScanError: what is wrong with the file and what to do, in one sentence.
        InputError: a limit in the environment is no number.
    """
    limits = limits or Limits.from_environment()
    data = bytes(data)
    limits.check_bytes(len(data))
    format = sniff(data)
    sha256 = hashlib.sha256(data).hexdigest()
    if format != "NIfTI":
        check_time(time, 1)
    try:
        if format == "DICOM":
            from diagnosis.scans.dicom.pipeline import (
                read_dicom,  # a page is drawn before it is needed
            )

            return read_dicom(data, sha256=sha256, limits=limits)
        if format == "NIfTI":
            from diagnosis.scans.nifti.volume import read_nifti

            return read_nifti(data, sha256=sha256, limits=limits, time=time)
        return read_raster(data, format=format, sha256=sha256, limits=limits)
    except InputError:
        raise
    except MemoryError as error:
        raise ScanError(
            f"The {format} file needs more memory than there is or is allowed: give a smaller one."
        ) from error
    except DecompressionBombError as error:
        raise ScanError(
            f"The {format} file unpacks to more pixels than the limit of {limits.pixels:,}: give a "
            "smaller picture."
        ) from error
    except Exception as error:
        # The boundary to other people's decoders, which raise anything from struct.error to
        # ZeroDivisionError.
        if isinstance(error, DAMAGE) or DAMAGED.search(str(error)):
            raise ScanError(
                f"The {format} file is damaged or cut short: copy or export it again."
            ) from error
        raise ScanError(
            f"This kind of {format} file is not read here: open it in the program it comes from and "
            f"save it as {SAVE_AS.get(format, 'PNG')}."
        ) from error


class Decode(Protocol):
    """`read_scan`, or something that does the same elsewhere."""

    def __call__(self, data: bytes, *, limits: Limits | None = None) -> Scan: ...


# What decodes the pictures of a source that is imported: a server sets a process apart.
DECODE: ContextVar[Decode] = ContextVar("DECODE", default=read_scan)


def read_scan_file(path: Path, *, limits: Limits | None = None, time: int = 1) -> Scan:
    """Decode a file on disk; its size is checked before it is read. ``time``: see `read_scan`.

    Raises:
        ScanError: no such file, a folder, not readable, or as `read_scan`.
        InputError: a limit in the environment is no number.
    """
    limits = limits or Limits.from_environment()
    path = Path(path)
    try:
        if path.is_dir():
            raise ScanError("This is a folder: give one of the files in it.")
        if not path.exists():
            raise ScanError("There is no such file: check the name for typing mistakes.")
        if not path.is_file():
            raise ScanError("This is a device or a pipe, not a file: give a file on disk.")
        limits.check_bytes(path.stat().st_size)
        with path.open("rb") as file:
            data = file.read(limits.bytes + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise ScanError("The file cannot be opened: check its name and permissions.") from error
    return read_scan(data, limits=limits, time=time)
