"""What a file is, told from its bytes and never from its name."""

from __future__ import annotations

import struct
import zlib
from itertools import product

from diagnosis.scans.gzipped import MAGIC, Gunzip
from diagnosis.scans.scan import ScanError

READABLE = "give a PNG, JPEG, TIFF, BMP, WebP, GIF, DICOM or NIfTI file"

PICTURES: dict[str, tuple[bytes, ...]] = {
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "JPEG": (b"\xff\xd8\xff",),
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),  # the last two: more than 4 GB possible
    "GIF": (b"GIF87a", b"GIF89a"),
}

# Kinds of file that people hand in by mistake: first bytes, what it is, what to do.
STRANGERS: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", "a PDF document", "export the picture in it and give that"),
    (b"PK\x03\x04", "a ZIP archive", "unpack it and give one of the pictures in it"),
    (b"PK\x05\x06", "an empty ZIP archive", READABLE),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it and give one of the pictures in it"),
    (b"Rar!", "a RAR archive", "unpack it and give one of the pictures in it"),
    (b"\x93NUMPY", "a NumPy array", READABLE),
    (b"\x89HDF", "an HDF5 file", READABLE),
    (b"NRRD", "an NRRD volume", "convert it to NIfTI and give that"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture", "save it as PNG and give that"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture", "save it as PNG and give that"),
)

# ASN.1 identifier of CMS EnvelopedData (RFC 5652): a DICOM file under the secure media profiles.
ENVELOPED = bytes.fromhex("06092a864886f70d010703")


def sniff(data: bytes) -> str:
    """Return the format of a file: a value that `Scan.format` may take.

    Raises:
        ScanError: empty, or nothing that can be read here; says what it is where that is plain.
    """
    if not data:
        raise ScanError("The file is empty: export or copy it again.")
    if data[128:132] == b"DICM":  # first: a DICOM file may begin like a TIFF (PS3.10, 7.1)
        return "DICOM"
    picture = _picture(data)
    if picture:
        return picture
    if is_gzip(data):
        return _inside_gzip(data)
    if nifti_version(data):
        return "NIfTI"
    raise _unsupported(data)


def is_gzip(data: bytes) -> bool:
    """Whether the bytes are gzip-compressed."""
    return data.startswith(MAGIC)


def nifti_version(header: bytes | bytearray) -> int:
    """1 or 2 for the header of a NIfTI file, 0 for anything else.

    Raises:
        ScanError: the header half of a pair of files, or its predecessor ANALYZE.
    """
    if len(header) < 348:
        return 0
    sizes = struct.unpack("<i", header[:4]) + struct.unpack(">i", header[:4])
    if 348 in sizes and header[344:348] == b"n+1\0":
        return 1
    if 540 in sizes and header[4:8] == b"n+2\0":
        return 2
    if 348 in sizes or (540 in sizes and header[4:8] == b"ni2\0"):
        raise ScanError(
            "This is the header of a volume whose picture is in a second file: save both as one "
            "NIfTI file and give that."
        )
    return 0


def _picture(data: bytes) -> str | None:
    for format, starts in PICTURES.items():
        if data.startswith(starts):
            return format
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WebP"
    # "BM" alone could begin any text: the size of the second header must be a known one too.
    if data.startswith(b"BM") and data[14:18] in {
        size.to_bytes(4, "little") for size in (12, 16, 40, 52, 56, 64, 108, 124)
    }:
        return "BMP"
    return None


def _inside_gzip(data: bytes) -> str:
    try:
        header = Gunzip(data).read(540)
    except (EOFError, zlib.error) as error:
        raise ScanError(
            "The compressed file is damaged or cut short: copy or export it again."
        ) from error
    if header[128:132] == b"DICM":
        raise ScanError("This is a DICOM file in a gzip archive: unpack it and give that.")
    if nifti_version(header):
        return "NIfTI"
    raise ScanError("This is a gzip archive without a NIfTI volume in it: unpack it and try again.")


def _unsupported(data: bytes) -> ScanError:
    for start, name, advice in STRANGERS:
        if data.startswith(start):
            return ScanError(f"This is {name}, not a scan: {advice}.")
    if data[4:8] == b"ftyp":
        return ScanError(
            "This is a film or a phone picture (MP4 or HEIC), not a scan: save the picture as PNG "
            "or JPEG and give that."
        )
    if ENVELOPED in data[:64]:
        return ScanError("The file is encrypted: decrypt it with its key and give the result.")
    if is_data_set(data):
        return ScanError(
            "This looks like DICOM, but the header that every DICOM file begins with is missing: "
            "export it again as a DICOM file."
        )
    if _is_text(data[:4096]):
        return ScanError(f"This is a text file, not a scan: {READABLE}.")
    return ScanError(f"This is not a kind of file that can be read here: {READABLE}.")


def is_data_set(data: bytes) -> bool:
    """Whether the bytes begin as a DICOM data set does that has no header (or half a one).

    Two elements of group 2 or 8 follow each other, in either byte order, with or without their VR.
    """
    for order, start in product("<>", (0, 1)):
        first = _element(data, start, order)
        second = _element(data, first[1], order) if first else None
        if first and second and second[0] > first[0]:
            return True
    return False


def _element(data: bytes, at: int, order: str) -> tuple[tuple[int, int], int] | None:
    """The tag of an element of group 2 or 8 at a place, and where the next begins."""
    if at + 8 > len(data):
        return None
    group, element = struct.unpack_from(f"{order}HH", data, at)
    vr = data[at + 4 : at + 6]
    explicit = vr.isalpha() and vr.isupper()
    length = struct.unpack_from(f"{order}{'xxH' if explicit else 'I'}", data, at + 4)[0]
    if group not in (2, 8) or element > 0x2000 or length > 1024:
        return None
    return (group, element), at + 8 + length


def _is_text(start: bytes) -> bool:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16 says so
        return True
    if any(byte < 32 and byte not in b"\t\n\f\r\x1b" for byte in start):
        return False
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(start) - 4  # only a letter cut in two at the end
    return True
