"""Every kind of file that cannot be read, for the tests of the page and of the command line."""

import struct
import zlib
from pathlib import Path

import nibabel
import numpy as np
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID

from tests.scan_files import dicom, grey_picture, saved, written


def bad_files(scans: Path) -> dict[str, bytes]:
    """Bytes by a name that does not give away what is wrong; ``scans`` is the folder of real ones."""
    return {
        "empty.png": b"",
        "truncated.jpeg": (scans / "chest_pneumonia_1.jpeg").read_bytes()[:4000],
        "truncated.dcm": (scans / "MR_truncated.dcm").read_bytes(),
        "wrong type.pdf": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n",
        "renamed text.png": b"this is a letter to a colleague, not a picture\n" * 20,
        "bomb.png": _png_header_claiming(60_000, 60_000),
        "encrypted.dcm": _encrypted(),
        "no picture.dcm": (scans / "waveform_ecg.dcm").read_bytes(),
        "no header.dcm": (scans / "no_meta.dcm").read_bytes(),
        "unknown syntax.dcm": written(dicom(grey_picture())).replace(
            b"1.2.840.10008.1.2.1", b"1.2.840.10008.9.9.9"
        ),
        "another codec.dcm": (scans / "JPGLosslessP14SV1_1s_1f_8b.dcm")
        .read_bytes()
        .replace(b"\xff\xc3\0", b"\xff\xc1\0"),
        "not a number.nii": nibabel.Nifti1Image(
            np.full((8, 8, 8), np.nan, np.float32), np.eye(4)
        ).to_bytes(),
        "nothing wide.png": _png_header_claiming(0, 64),
        "too large.png": saved(Image.fromarray(grey_picture()), "PNG") + b"\0" * 64 * 2**20,
    }


def _encrypted() -> bytes:
    """A DICOM file whose picture was moved into encrypted attributes (DICOM PS3.15, annex E.1)."""
    dataset = dicom(grey_picture())
    del dataset.PixelData
    item = Dataset()
    item.EncryptedContentTransferSyntaxUID = UID("1.2.840.10008.1.2.1")
    item.EncryptedContent = bytes(range(256)) * 12
    dataset.EncryptedAttributesSequence = Sequence([item])
    return written(dataset)


def _png_header_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is huge, or nothing at all."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = (
        chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )
    return b"\x89PNG\r\n\x1a\n" + body
