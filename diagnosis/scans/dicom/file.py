"""From the bytes of a DICOM file to a data set that is safe to decode, or a reason why not."""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from itertools import count

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    MediaStorageDirectoryStorage,
)

from diagnosis.scans.dicom.codestreams import DEFLATED_FRAMES
from diagnosis.scans.dicom.element import CUT_SHORT, PixelElement, pixel_element
from diagnosis.scans.dicom.frames import value_of
from diagnosis.scans.dicom.tags import modality
from diagnosis.scans.limits import MEGABYTE, Limits
from diagnosis.scans.scan import ScanError

# pydicom's warnings quote the values they are about, names of patients among them.
logging.getLogger("pydicom").propagate = False

PREAMBLE = 132  # bytes before the first element: 128 of anything, then DICM
# pydicom makes an object of a kilobyte or so from 8 bytes of header, and reads sequences as a whole.
HEADER = 16 * MEGABYTE  # an enhanced MR of 2,000 frames has some 10
ITEMS = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")
MOST_ITEMS, MOST_ELEMENTS = 200_000, 20_000
Stop = Callable[[BaseTag, str | None, int], bool]
PIXELS = (0x7FE00008, 0x7FE00009, 0x7FE00010)


@dataclass(frozen=True)
class DicomFile:
    """A file that holds a picture: its data set without the pixels, these, and how both are stored."""

    dataset: Dataset
    pixels: PixelElement
    syntax: UID  # of the file
    inner: UID  # of its data set once inflated
    notes: tuple[str, ...]


def parsed(data: bytes, limits: Limits) -> DicomFile:
    """Take a DICOM file apart. Elements whose values cannot be understood are left out.

    A deflated data set is inflated here, up to what the limits allow, and from then on plain.

    Raises:
        ScanError: a transfer syntax that is not known, no picture, encrypted, cut short, over a limit.
    """
    meta, at = _data_set(data, PREAMBLE, ExplicitVRLittleEndian, _after_meta)
    syntax = UID(str(value_of(meta, "TransferSyntaxUID") or ""))
    if value_of(meta, "MediaStorageSOPClassUID") == MediaStorageDirectoryStorage:
        raise ScanError(
            "This DICOM file is a table of contents (DICOMDIR): give one of the pictures it lists."
        )
    known = syntax == DEFLATED_FRAMES or (syntax.is_transfer_syntax and not syntax.is_private)
    if syntax and not known:
        raise ScanError(
            "The DICOM file is stored in a way that is not known here (by its transfer syntax): "
            "export it as Explicit VR Little Endian."
        )
    inner, notes = syntax, []
    if syntax == DeflatedExplicitVRLittleEndian:
        inner = ExplicitVRLittleEndian
        data, at = _inflated(data[at:], limits), 0
    elif not syntax:
        inner = _guessed(data[at : at + 6])
    dataset, at = _data_set(data, at, inner, _at_pixels)
    found = pixel_element(data, at, little=inner != ExplicitVRBigEndian)
    if not syntax:
        if found is not None and found.fragments is not None:
            raise ScanError(
                "The DICOM file does not say how its picture is compressed (its transfer syntax is "
                "missing): export it again."
            )
        syntax = inner
        notes.append(f"The file does not say how it is stored; it was read as {inner.name}.")
    if found is None and _is_cut(dataset, len(data)):
        raise ScanError(CUT_SHORT)
    _clean(dataset)
    if found is None:
        raise _no_picture(dataset)
    dataset.file_meta = FileMetaDataset()
    return DicomFile(dataset, found, syntax, inner, tuple(notes))


def _data_set(data: bytes, start: int, syntax: UID, stop: Stop) -> tuple[Dataset, int]:
    """The elements from a place in a file on, and the place where it stopped."""
    head = data[: start + HEADER]
    if sum(map(head.count, ITEMS)) > MOST_ITEMS:
        raise ScanError(
            f"The DICOM file's header has more than {MOST_ITEMS:,} items: export the picture again."
        )
    stream = BytesIO(head)
    stream.seek(start)
    implicit, big = syntax == ImplicitVRLittleEndian, syntax == ExplicitVRBigEndian
    try:
        dataset = read_dataset(stream, implicit, not big, stop_when=_counted(stop))
    except ScanError:
        raise
    except (struct.error, OSError, ValueError, NotImplementedError, RecursionError) as error:
        raise ScanError("The DICOM file's header is damaged: copy or export it again.") from error
    if stream.tell() == len(head) < len(data):
        raise ScanError(
            f"The DICOM file's header has more than {HEADER // MEGABYTE} MB: export the picture "
            "without what is added to it."
        )
    return dataset, stream.tell()


def _counted(stop: Stop) -> Stop:
    """The same, with an error for a header of too many elements before they are read."""
    numbers = count()

    def stop_or_raise(tag: BaseTag, vr: str | None, length: int) -> bool:
        if next(numbers) > MOST_ELEMENTS:
            raise ScanError(
                f"The DICOM file's header has more than {MOST_ELEMENTS:,} elements: export the "
                "picture without what is added to it."
            )
        return stop(tag, vr, length)

    return stop_or_raise


def _after_meta(tag: BaseTag, vr: str | None, length: int) -> bool:
    return tag.group != 2


def _at_pixels(tag: BaseTag, vr: str | None, length: int) -> bool:
    return tag in PIXELS


def _guessed(start: bytes) -> UID:
    """How a data set is written, told from the first bytes of its first element."""
    if not start[4:6].isupper():
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if start[1:2] == b"\0" else ExplicitVRBigEndian


def _inflated(deflated: bytes, limits: Limits) -> bytes:
    """Inflate a data set; an error if it grows beyond 4 bytes for every pixel allowed."""
    inflater = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        plain = inflater.decompress(deflated, 4 * limits.pixels)
    except zlib.error as error:
        raise ScanError(
            "The DICOM file's deflated data set is damaged: copy or export it again."
        ) from error
    if inflater.unconsumed_tail:
        raise ScanError(
            f"The DICOM file unpacks to more than the limit of {limits.pixels:,} pixels: give a "
            "smaller picture."
        )
    if not inflater.eof:
        raise ScanError(CUT_SHORT)
    return plain


def _clean(dataset: Dataset) -> None:
    """Leave out elements whose values are nothing of their kind, a number that is none for example.

    pydicom converts values when they are asked for and raises then, in whatever asks.
    """
    for tag in list(dataset.keys()):
        try:
            dataset[tag]
        except Exception:  # whatever the conversion raised
            del dataset[tag]


def _is_cut(dataset: Dataset, length: int) -> bool:
    """Whether a file without pixels ends within an element of its header."""
    if not dataset:  # pydicom drops all where a sequence ends too early
        return True
    try:
        last = dataset.get_item(max(dataset.keys()))
    except NotImplementedError:  # a type of value that nobody knows
        return False
    return isinstance(last, RawDataElement) and last.value_tell + last.length != length


def _no_picture(dataset: Dataset) -> ScanError:
    """Why a data set has no pixels."""
    if "EncryptedAttributesSequence" in dataset:
        return ScanError(
            "The picture in the DICOM file is encrypted: decrypt it with its key and give the "
            "result."
        )
    if "Rows" in dataset:
        return ScanError(
            "The DICOM file describes a picture but its pixels are missing or cut short: copy or "
            "export it again."
        )
    kind = modality(dataset)
    return ScanError(
        f"The DICOM file holds no picture{f' (its modality is {kind})' if kind else ''}: give a "
        "file of an imaging study."
    )
