"""Compressed frames of a DICOM file before anything decodes them: who does, and what they must declare."""

from __future__ import annotations

import struct
from io import BytesIO

from PIL import Image
from pydicom.pixels import get_decoder
from pydicom.pixels.decoders.base import Decoder
from pydicom.pixels.utils import get_j2k_parameters
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEG2000TransferSyntaxes,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from diagnosis.scans.dicom.image import ImagePixel
from diagnosis.scans.limits import Limits, variable
from diagnosis.scans.raster.jpeg_scans import check_scans
from diagnosis.scans.scan import ScanError

DEFLATED_FRAMES = UID("1.2.840.10008.1.2.8.1")  # PS3.5, A.4.13; pydicom 3.0 does not know it
WRAPPED_FRAMES = UID("1.2.840.10008.1.2.1.98")  # encapsulated, not compressed: PS3.5, A.4.11
UNPACKED = {DEFLATED_FRAMES, WRAPPED_FRAMES}
JPEG_2000 = {*JPEG2000TransferSyntaxes, HTJ2K, HTJ2KLossless, HTJ2KLosslessRPCL}
SOF3, SOF55 = b"\xc3", b"\xf7"  # frame headers: T.81, B.2.2, and T.87, C.2.2
LOSSLESS = {  # what GDCM decodes, and the frame header that each begins with
    JPEGLossless: SOF3,
    JPEGLosslessSV1: SOF3,
    JPEGLSLossless: SOF55,
    JPEGLSNearLossless: SOF55,
}
PILLOW = {*JPEG_2000, JPEGBaseline8Bit, JPEGExtended12Bit}  # whose headers Pillow reads
CODESTREAMS = {*PILLOW, *LOSSLESS}
SIZ_FOLLOWS = b"\xff\x4f\xff\x51"  # how every codestream of JPEG 2000 begins
OTHER_FRAMES = {bytes([code]) for code in range(0xC0, 0xD0)} - {b"\xc4", b"\xc8", b"\xcc"} | {SOF55}
START_OF_SCAN = b"\xff\xda"

# GDCM brings older copies of libjpeg and OpenJPEG; pydicom would ask them first.
for _syntax in (JPEGBaseline8Bit, JPEGExtended12Bit, JPEG2000Lossless, JPEG2000):
    if "gdcm" in get_decoder(_syntax).available_plugins:
        get_decoder(_syntax).remove_plugin("gdcm")


def check_decoder(syntax: UID, image: ImagePixel) -> Decoder:
    """pydicom's decoder for a transfer syntax.

    Raises:
        ScanError: there is none.
    """
    twelve_bits = syntax == JPEGExtended12Bit and image.stored > 8
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError as error:
        raise ScanError(
            f"The DICOM file's picture is stored as {syntax.name}, which cannot be read here: "
            "export it uncompressed or as JPEG 2000."
        ) from error
    plugins = decoder.available_plugins
    if decoder.is_available and not (twelve_bits and plugins == ("pillow",)):
        return decoder
    raise ScanError(
        f"The DICOM file's picture is compressed as {syntax.name}, which cannot be read here: export it "
        "uncompressed or as JPEG 2000."
    )


def check_frames(frames: list[bytes], image: ImagePixel, syntax: UID, limits: Limits) -> None:
    """Reject frames that would unpack to another size than the file declares.

    Decoders allocate what the compressed frame says, which nothing has checked so far.
    """
    pixels = image.rows * image.columns
    if syntax in CODESTREAMS and pixels * image.samples > limits.pixels:
        raise ScanError(  # their decoders take 4 bytes a sample besides what comes out
            f"The DICOM file unpacks to {pixels * image.samples:,} values, and the limit is "
            f"{limits.pixels:,}: give a smaller picture or raise {variable('pixels')}."
        )
    sample_bytes = max(image.allocated // 8, 1) * image.samples
    longest = 64 + sample_bytes * image.rows * (image.columns + image.columns // 64 + 2) + 1024
    for frame in frames:
        if syntax == RLELossless:
            if len(frame) > longest:  # PackBits grows by one byte in 128 at most (PS3.5, annex G)
                raise size_mismatch()
        elif syntax in LOSSLESS:
            _check_lossless(frame, image, syntax)
        elif syntax in PILLOW:
            _check_codestream(frame, image, syntax)


def codestream(frame: bytes, syntax: UID) -> bytes:
    """JPEG 2000 without the boxes of a file of its own, which have no place in DICOM (PS3.5, A.4.4).

    pydicom's `get_j2k_parameters` goes round for ever where one of them has no length.
    """
    start = frame.find(SIZ_FOLLOWS)
    if start < 0:
        raise not_decoded(syntax)
    return frame[start:]


def _check_codestream(frame: bytes, image: ImagePixel, syntax: UID) -> None:
    try:
        with Image.open(BytesIO(frame), formats=("JPEG", "JPEG2000")) as header:
            size, progressive = header.size, "progressive" in header.info
    except Image.DecompressionBombError as error:
        raise size_mismatch() from error
    except (OSError, SyntaxError, ValueError) as error:
        raise not_decoded(syntax) from error
    if size != (image.columns, image.rows):
        raise size_mismatch()
    if progressive:
        check_scans(frame)


def _check_lossless(frame: bytes, image: ImagePixel, syntax: UID) -> None:
    """See that a frame of JPEG Lossless or JPEG-LS is one, and of the size and depth that the file declares.

    GDCM allocates what the file declares and unpacks what the frame says.
    """
    bits, *sizes = _frame_header(frame, syntax)
    if frame.count(START_OF_SCAN) > image.samples:
        raise not_decoded(syntax)
    if sizes != [image.rows, image.columns, image.samples]:
        raise size_mismatch()
    if not 0 <= image.allocated - bits < 8:
        raise ScanError(
            f"The DICOM file contradicts itself (it declares {image.allocated} bits a value, and its "
            f"frames have {bits}): export it again."
        )


def _frame_header(frame: bytes, syntax: UID) -> tuple[int, int, int, int]:
    """Bits, rows, columns and samples, from the first frame header, which must be that of the syntax."""
    at = 2
    while frame[at : at + 1] == b"\xff":
        code = frame[at + 1 : at + 2]
        if code == LOSSLESS[syntax] and len(frame) >= at + 10:
            return struct.unpack(">BHHB", frame[at + 4 : at + 10])
        if not code or code in OTHER_FRAMES:
            break
        at += 1 if code == b"\xff" else 2 + int.from_bytes(frame[at + 2 : at + 4], "big")
    raise not_decoded(syntax)


def precision(frame: bytes, syntax: UID) -> int | None:
    """The bits of a value as a frame of JPEG 2000, JPEG Lossless or JPEG-LS has them."""
    if syntax in LOSSLESS:
        return _frame_header(frame, syntax)[0]
    found: int | None = get_j2k_parameters(frame).get("precision")
    return found


def size_mismatch() -> ScanError:
    """The error for a codestream that is larger or smaller than the file says."""
    return ScanError(
        "The DICOM file contradicts itself about the size of its picture: export it again."
    )


def syntax_name(syntax: UID) -> str:
    """A transfer syntax in the standard's words."""
    return "Deflated Image Frame Compression" if syntax == DEFLATED_FRAMES else syntax.name


def not_decoded(syntax: UID) -> ScanError:
    """The error for a codestream that its decoder gives up."""
    return ScanError(
        f"The DICOM file's picture cannot be decoded (it is {syntax_name(syntax)}), because its data "
        "are damaged or of a kind that is not read here: export it again, uncompressed."
    )
