"""From the bytes of a DICOM file to a data set that is safe to decode, or a reason why not."""

from __future__ import annotations

import logging
import zlib
from io import BytesIO

import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import generate_frames
from pydicom.filereader import read_dataset
from pydicom.pixels import get_decoder
from pydicom.pixels.decoders.base import Decoder
from pydicom.tag import BaseTag
from pydicom.uid import (
    HTJ2K,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000TransferSyntaxes,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    MediaStorageDirectoryStorage,
    RLELossless,
)

from diagnosis.scans.dicom_tags import modality
from diagnosis.scans.jpeg_scans import check_scans
from diagnosis.scans.limits import Limits
from diagnosis.scans.scan import ScanError

# pydicom's warnings quote the values they are about, names of patients among them.
logging.getLogger("pydicom").propagate = False

PREAMBLE = 132  # bytes before the first element: 128 of anything, then DICM
PICTURE_ELEMENTS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
CODESTREAMS = {
    *JPEG2000TransferSyntaxes,
    HTJ2K,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
}


def parsed(data: bytes, limits: Limits) -> tuple[Dataset, UID]:
    """Return the data set of a DICOM file that holds a picture, and its transfer syntax.

    A deflated data set is inflated here, up to what the limits allow, and from then on plain.

    Raises:
        ScanError: a transfer syntax nobody registered, no picture, encrypted, over a limit.
    """
    stream = BytesIO(data)
    stream.seek(PREAMBLE)
    meta = read_dataset(stream, False, True, stop_when=_after_meta)
    syntax = UID(str(meta.get("TransferSyntaxUID", "")))
    if meta.get("MediaStorageSOPClassUID") == MediaStorageDirectoryStorage:
        raise ScanError(
            "This DICOM file is a table of contents (DICOMDIR): give one of the pictures it lists."
        )
    if not syntax.is_transfer_syntax or syntax.is_private:
        raise ScanError(
            "The DICOM file is stored in a way that is not known here (its transfer syntax is not "
            "in the standard): export it as Explicit VR Little Endian."
        )
    if syntax == DeflatedExplicitVRLittleEndian:
        plain = _inflated(data[stream.tell() :], limits)
        dataset: Dataset = pydicom.dcmread(BytesIO(plain), force=True)
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    else:
        dataset = pydicom.dcmread(BytesIO(data))
    _require_picture(dataset)
    return dataset, syntax


def _after_meta(tag: BaseTag, vr: str | None, length: int) -> bool:
    return tag.group != 2


def _inflated(deflated: bytes, limits: Limits) -> bytes:
    """Inflate a data set, refusing one that grows beyond 4 bytes for every pixel allowed."""
    inflater = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    plain = inflater.decompress(deflated, 4 * limits.pixels)
    if inflater.unconsumed_tail:
        raise ScanError(
            f"The DICOM file unpacks to more than the limit of {limits.pixels:,} pixels: give a "
            "smaller picture."
        )
    if not inflater.eof:
        raise ScanError("The DICOM file is cut short: copy or export it again.")
    return plain


def _require_picture(dataset: Dataset) -> None:
    if any(keyword in dataset for keyword in PICTURE_ELEMENTS):
        return
    if "EncryptedAttributesSequence" in dataset:
        raise ScanError(
            "The picture in the DICOM file is encrypted: decrypt it with its key and give the "
            "result."
        )
    if "Rows" in dataset:
        raise ScanError(
            "The DICOM file describes a picture but its pixels are missing or cut short: copy or "
            "export it again."
        )
    kind = modality(dataset)
    raise ScanError(
        f"The DICOM file holds no picture{f' (its modality is {kind})' if kind else ''}: give a "
        "file of an imaging study."
    )


def decoder_for(dataset: Dataset, syntax: UID) -> Decoder:
    """The installed decoder for a transfer syntax.

    Raises:
        ScanError: there is none; names the optional package where one could be installed.
    """
    twelve_bits = syntax == JPEGExtended12Bit and int(dataset.get("BitsStored") or 8) > 8
    try:
        decoder = get_decoder(dataset.file_meta.TransferSyntaxUID)
    except NotImplementedError as error:
        raise ScanError(
            f"The DICOM file's picture is stored as {syntax.name}, which cannot be read here: "
            "export it uncompressed or as JPEG 2000."
        ) from error
    plugins = decoder.available_plugins
    if decoder.is_available and not (twelve_bits and plugins == ("pillow",)):
        return decoder
    if any("pylibjpeg-libjpeg" in missing for missing in decoder.missing_dependencies):
        remedy = "install the optional package pylibjpeg-libjpeg (GPL-3.0) or export the picture"
    else:
        remedy = "export the picture"
    raise ScanError(
        f"The DICOM file's picture is compressed as {syntax.name}, for which no decoder is "
        f"installed: {remedy} uncompressed or as JPEG 2000."
    )


def check_compressed_frames(
    dataset: Dataset, syntax: UID, *, rows: int, columns: int, frames: int
) -> None:
    """Refuse frames that would unpack to another size than the file declares.

    Decoders allocate what the compressed frame says, which nothing has checked so far.
    """
    if syntax not in CODESTREAMS and syntax != RLELossless:
        return
    offsets = None
    if "ExtendedOffsetTable" in dataset:
        offsets = (dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths)
    mismatch = ScanError(
        "The DICOM file contradicts itself about the size of its picture: export it again."
    )
    sample_bytes = int(dataset.BitsAllocated) // 8 * int(dataset.SamplesPerPixel)
    longest = 64 + sample_bytes * rows * (columns + columns // 64 + 2) + 1024
    for frame in generate_frames(
        dataset.PixelData, number_of_frames=frames, extended_offsets=offsets
    ):
        if syntax == RLELossless:
            if len(frame) > longest:  # PackBits grows by one byte in 128 at most (PS3.5, annex G)
                raise mismatch
            continue
        if frame.startswith(b"\xff\xd8"):
            check_scans(frame)
        with Image.open(BytesIO(frame), formats=("JPEG", "JPEG2000")) as header:
            if header.size != (columns, rows):
                raise mismatch
