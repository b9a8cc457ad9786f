"""From the pixel element of a DICOM file to stored values, whatever they are compressed by."""

from __future__ import annotations

import zlib
from contextlib import nullcontext
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels import convert_color_space, get_decoder
from pydicom.uid import UID, ExplicitVRLittleEndian, RLELossless

from diagnosis.scans.apart.quiet import muted
from diagnosis.scans.dicom.codestreams import (
    CODESTREAMS,
    DEFLATED_FRAMES,
    JPEG_2000,
    LOSSLESS,
    UNPACKED,
    WRAPPED_FRAMES,
    check_decoder,
    check_frames,
    codestream,
    not_decoded,
    precision,
    size_mismatch,
)
from diagnosis.scans.dicom.element import CUT_SHORT, PixelElement, frames_of
from diagnosis.scans.dicom.image import ImagePixel
from diagnosis.scans.limits import Limits
from diagnosis.scans.samples import check_memory
from diagnosis.scans.scan import ScanError

SHIFTING = {*JPEG_2000, *LOSSLESS}  # whose values may stand in the upper bits of a word
BLOCK = 2**15  # pixels turned from YBR to RGB at a time, which takes floats


@dataclass(frozen=True)
class Stored:
    """Stored values as decoded.

    Attributes:
        values: ``(frames, rows, columns, samples)``, in the byte order of the machine.
        image: what they are; its photometric interpretation is RGB where YBR was turned to it.
        loose: whether words are as they were written: what stands beside the stored bits has not
            been looked at.
    """

    values: np.ndarray
    image: ImagePixel
    loose: bool


@dataclass(frozen=True)
class _Coded:
    """Frames as pydicom decodes them; ``first`` is the first of compressed ones."""

    image: ImagePixel
    syntax: UID
    frames: int
    value: bytes
    first: bytes = b""


def stored_values(
    dataset: Dataset, element: PixelElement, image: ImagePixel, syntax: UID, limits: Limits
) -> tuple[Stored, list[str]]:
    """Decode the pixels, at most as many frames as the file declares (1 where it does not); notes.

    The data set is left without them, and says what was read.

    Raises:
        ScanError: cut short, contradictory, damaged, over a limit, or there is no decoder for it.
    """
    compressed = syntax not in UNPACKED and syntax.is_encapsulated
    if compressed:
        check_decoder(syntax, image)
    if (element.fragments is not None) != (compressed or syntax in UNPACKED):
        says, does = ("", "not ") if element.fragments is None else ("not ", "")
        raise ScanError(
            f"The DICOM file contradicts itself (by its transfer syntax its picture is {says}"
            f"compressed, and it is {does}so): export it again."
        )
    if image.stored > image.allocated:
        raise ScanError(
            f"The DICOM file contradicts itself (it stores {image.stored} bits in "
            f"{image.allocated}): export it again."
        )
    if element.fragments is None:
        image, frames, notes = _native(element, image)
        check_memory(_size(image, frames), limits)
        length = ceil(image.frame_bits * frames / 8)
        coded = _Coded(image, syntax, frames, element.value[: length + length % 2])
        return _decoded(dataset, element, coded), notes
    packed, notes = _compressed(element, image, syntax)
    if syntax in JPEG_2000:
        packed = [codestream(frame, syntax) for frame in packed]
    check_memory(_size(image, len(packed)), limits)
    check_frames(packed, image, syntax, limits)
    if syntax in UNPACKED:
        return _decoded(dataset, element, _unpacked(packed, image, syntax)), notes
    if syntax == RLELossless and image.allocated == 1:
        return _masks(dataset, element, image, packed), notes
    coded = _Coded(image, syntax, len(packed), encapsulate(packed), packed[0])
    return _decoded(dataset, element, coded), notes


def _size(image: ImagePixel, frames: int) -> int:
    """Bytes of the decoded array."""
    return frames * image.rows * image.columns * image.samples * ceil(image.allocated / 8)


def _native(element: PixelElement, image: ImagePixel) -> tuple[ImagePixel, int, list[str]]:
    """How many frames of pixels that are not compressed to read."""
    declared, bits = image.declared or 1, 8 * len(element.value)
    full = replace(image, photometric="YBR_FULL")
    if image.photometric == "YBR_FULL_422" and bits >= declared * full.frame_bits:
        image = full  # a colour for each pixel in spite of what is said
    there = bits // image.frame_bits
    if there < declared and not element.whole:
        raise ScanError(CUT_SHORT)
    spare = bits - there * image.frame_bits
    if there == 0 or (there < declared and spare > 8):
        raise ScanError(
            f"The DICOM file contradicts itself about the size of its picture (it holds "
            f"{len(element.value):,} bytes of at least {image.frame_bits // 8:,} a frame): export "
            "it again."
        )
    return image, min(there, declared), _remarks(image, there)


def _remarks(image: ImagePixel, there: int) -> list[str]:
    if image.declared is None and there > 1:
        return [f"The file holds {there} frames and does not say so; the first was read."]
    declared = image.declared or 1
    if there > declared:
        return [f"The file holds {there} frames, and {declared} that it declares were read."]
    if there < declared:
        return [f"The file declares {declared} frames; the {there} that it holds were read."]
    return []


def _compressed(
    element: PixelElement, image: ImagePixel, syntax: UID
) -> tuple[list[bytes], list[str]]:
    """The compressed frames to read, and remarks."""
    one_each = syntax == RLELossless or syntax in UNPACKED
    frames = frames_of(element, declared=image.declared, one_each=one_each)
    declared = image.declared or 1
    notes = _remarks(image, len(frames))
    if not element.whole:
        # JPEG and JPEG 2000 end in a mark of the same two bytes
        last = frames[-1].rstrip(b"\0") if frames else b""
        if len(frames) < declared or (syntax in CODESTREAMS and not last.endswith(b"\xff\xd9")):
            raise ScanError(CUT_SHORT)
        notes.append("The mark at the end of the file's frames is missing; they are whole.")
    if not frames:
        raise ScanError("The DICOM file's pixels are missing: copy or export it again.")
    return frames[:declared], notes


def _unpacked(frames: list[bytes], image: ImagePixel, syntax: UID) -> _Coded:
    """Frames that are deflated, or merely wrapped, as one run of plain ones, single bits as bytes."""
    length = ceil(image.frame_bits / 8)
    plain = []
    for packed in frames:
        frame = packed
        if syntax == DEFLATED_FRAMES:
            try:
                frame = zlib.decompressobj(wbits=-zlib.MAX_WBITS).decompress(packed, length)
            except zlib.error as error:
                raise not_decoded(syntax) from error
        if len(frame) < length:
            raise size_mismatch()
        plain.append(frame[:length])
    if image.allocated > 1:
        return _Coded(image, ExplicitVRLittleEndian, len(plain), b"".join(plain))
    count = image.rows * image.columns
    bits = [
        np.unpackbits(np.frombuffer(frame, np.uint8), count=count, bitorder="little").tobytes()
        for frame in plain
    ]
    value = b"".join(bits)
    value += b"\0" * (len(value) % 2)
    return _Coded(replace(image, allocated=8), ExplicitVRLittleEndian, len(plain), value)


def _masks(
    dataset: Dataset, element: PixelElement, image: ImagePixel, frames: list[bytes]
) -> Stored:
    """RLE of single bits: a byte for each (PS3.5, 8.2.2), or eight in one as others have written."""
    value, count = encapsulate(frames), len(frames)
    wide = replace(image, allocated=8)
    try:
        return _decoded(dataset, element, _Coded(wide, RLELossless, count, value))
    except ScanError:
        length = ceil(image.rows * image.columns / 8)
        narrow = replace(wide, rows=1, columns=length, stored=8, high=7)
        packed = _decoded(dataset, element, _Coded(narrow, RLELossless, count, value))
        plain = [frame.tobytes() for frame in packed.values]
        coded = _unpacked(plain, image, WRAPPED_FRAMES)
        return _decoded(dataset, element, coded)


def _decoded(dataset: Dataset, element: PixelElement, coded: _Coded) -> Stored:
    """Let pydicom decode."""
    image, syntax, frames = coded.image, coded.syntax, coded.frames
    loose = syntax == RLELossless or not syntax.is_encapsulated
    told = image
    if syntax in SHIFTING and image.high >= image.stored and image.samples == 1:
        # pydicom takes the bits stored for the lower ones; the codestream tells whether it was shifted
        loose = precision(coded.first, syntax) == image.high + 1
        if loose and syntax in LOSSLESS:  # GDCM clears what stands beside the stored bits
            told = replace(image, stored=image.high + 1)
    told.written_to(dataset, frames)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.add_new(element.keyword, element.vr, coded.value)
    options: dict[str, Any] = {
        "allow_excess_frames": False,
        "as_rgb": False,
        "correct_unused_bits": not loose,
    }
    try:
        with muted() if syntax in LOSSLESS else nullcontext():
            values, found = get_decoder(syntax).as_array(dataset, **options)
    except MemoryError:
        raise
    except Exception as error:  # decoders raise whatever comes up
        raise not_decoded(syntax) from error
    finally:
        del dataset[element.keyword]
    values = values.reshape(frames, image.rows, image.columns, image.samples)
    values = values.astype(values.dtype.newbyteorder("="), copy=False)
    photometric = str(found["photometric_interpretation"])
    if photometric in ("YBR_FULL", "YBR_FULL_422"):
        values, photometric = _rgb(values), "RGB"
    image = replace(image, photometric=photometric)
    return Stored(values, image, loose)


def _rgb(values: np.ndarray) -> np.ndarray:
    flat = values.reshape(1, -1, 3)
    out = np.empty_like(flat)
    for start in range(0, flat.shape[1], BLOCK):
        block = flat[:, start : start + BLOCK]
        out[:, start : start + BLOCK] = convert_color_space(block, "YBR_FULL", "RGB")
    return out.reshape(values.shape)
