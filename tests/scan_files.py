"""Small real files, made in memory, for the tests of scans."""

import struct
import zlib
from collections.abc import Sequence
from copy import deepcopy
from io import BytesIO
from typing import Any, Literal

import nibabel
import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

from diagnosis.datasets import phantoms

Order = Literal["<", ">"]

RAMP = np.arange(48 * 64, dtype=np.uint16).reshape(48, 64)  # every value once; asymmetric


def grey_picture(height: int = 48, width: int = 64) -> np.ndarray:
    """A smooth asymmetric uint8 picture, ``(height, width)``."""
    y, x = np.mgrid[:height, :width]
    return np.rint(200 * x / width + 50 * (y / height) ** 2).astype(np.uint8)


def phantom_picture(number: int = 0) -> np.ndarray:
    """A phantom as a wide picture around it, uint8 ``(280, 350)``: models of phantoms call it."""
    image = Image.fromarray(phantoms().images["test"][number]).resize(
        (280, 280), Image.Resampling.BICUBIC
    )
    return np.pad(np.asarray(image), ((0, 0), (35, 35)))


def saved(image: Image.Image, format: str, **options: Any) -> bytes:
    """A picture file as Pillow writes it."""
    file = BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def dicom(pixels: np.ndarray, *, syntax: UID = ExplicitVRLittleEndian, **elements: Any) -> Dataset:
    """A data set of ``(rows, columns)``, ``(frames, rows, columns)`` or with 3 colours last."""
    colour = pixels.shape[-1] == 3 and pixels.ndim > 2
    shape = pixels.shape[:-1] if colour else pixels.shape
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = UID("1.2.826.0.1.3680043.8.498.1")
    dataset = Dataset()
    dataset.file_meta, dataset.preamble = meta, b"\0" * 128
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.Modality = "CT"
    dataset.Rows, dataset.Columns = shape[-2:]
    if len(shape) == 3:
        dataset.NumberOfFrames = shape[0]
    dataset.SamplesPerPixel = 3 if colour else 1
    dataset.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if colour:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = pixels.dtype.itemsize * 8
    dataset.BitsStored = elements.get("BitsStored", dataset.BitsAllocated)
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    dataset.PixelData = pixels.tobytes()
    return dataset


def written(dataset: Dataset) -> bytes:
    """The bytes of a DICOM file."""
    file = BytesIO()
    dataset.save_as(file, enforce_file_format=False)
    return file.getvalue()


def lossless(dataset: Dataset, syntax: UID, predictor: int = 1) -> bytes:
    """The bytes of a DICOM file whose frames are those of the data set as JPEG Lossless.

    Args:
        dataset: with plain pixels.
        syntax: one of the two of JPEG Lossless.
        predictor: 1 for the sample to the left, 2 above, 4 for left + above - the one above left.
    """
    dtype = np.dtype(f"<{'i' if dataset.PixelRepresentation else 'u'}{dataset.BitsAllocated // 8}")
    shape = (-1, dataset.Rows, dataset.Columns, dataset.SamplesPerPixel)
    frames = np.frombuffer(dataset.PixelData, dtype).reshape(shape)
    found = deepcopy(dataset)
    found.file_meta.TransferSyntaxUID = syntax
    found.PixelData = encapsulate(
        [lossless_jpeg(frame, dataset.HighBit + 1, predictor) for frame in frames]
    )
    found["PixelData"].VR = "OB"
    return written(found)


def lossless_jpeg(samples: np.ndarray, bits: int, predictor: int = 1) -> bytes:
    """A JPEG of process 14 (T.81, annex H) of ``(rows, columns, samples)``; see `lossless`.

    Every category of differences has a code of five bits: nothing is saved, and nothing lost.
    """
    rows, columns, channels = samples.shape
    values = samples.astype(np.int64) & (2**bits - 1)
    left, above, corner = np.zeros_like(values), np.zeros_like(values), np.zeros_like(values)
    left[:, 1:], above[1:], corner[1:, 1:] = values[:, :-1], values[:-1], values[:-1, :-1]
    predicted = {1: left, 2: above, 4: left + above - corner}[predictor]
    predicted[:, 0], predicted[0] = above[:, 0], left[0]
    predicted[0, 0] = 2 ** (bits - 1)
    differences = (values - predicted + 2**15) % 2**16 - 2**15
    stream = ""
    for difference in differences.ravel().tolist():
        category = 16 if difference == -(2**15) else abs(difference).bit_length()
        stream += f"{category:05b}"
        if 0 < category < 16:
            stream += (
                f"{difference if difference > 0 else difference + 2**category - 1:0{category}b}"
            )
    stream += "1" * (-len(stream) % 8)
    data = int(stream, 2).to_bytes(len(stream) // 8, "big").replace(b"\xff", b"\xff\0")
    components = range(1, channels + 1)
    frame = struct.pack(">BHHB", bits, rows, columns, channels)
    frame += b"".join(bytes([each, 0x11, 0]) for each in components)
    codes = bytes([0, 0, 0, 0, 0, 17, *[0] * 11, *range(17)])
    scan = bytes([channels, *(part for each in components for part in (each, 0)), predictor, 0, 0])
    parts = (
        struct.pack(">BBH", 0xFF, mark, len(body) + 2) + body
        for mark, body in ((0xC3, frame), (0xC4, codes), (0xDA, scan))
    )
    return b"\xff\xd8" + b"".join(parts) + data + b"\xff\xd9"


def nifti(voxels: np.ndarray, affine: np.ndarray | None = None) -> bytes:
    """The bytes of an uncompressed NIfTI-1 file."""
    matrix = np.diag([2.0, 3.0, 4.0, 1.0]) if affine is None else affine
    data: bytes = nibabel.Nifti1Image(voxels, matrix).to_bytes()
    return data


def png(pixels: np.ndarray, *chunks: tuple[bytes, bytes], interlaced: bool = False) -> bytes:
    """A PNG of ``(height, width, 1 to 4)``, uint8 or uint16, with chunks before the pixels."""
    height, width, samples = pixels.shape
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[samples]
    stored = pixels.astype(pixels.dtype.newbyteorder(">"))
    # Adam7: first row, first column, and the steps between (PNG, 8.1)
    passes = (
        [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
        if interlaced
        else [(0, 0, 1, 1)]
    )  # fmt: skip
    rows = b"".join(
        b"\0" + row.tobytes()
        for top, left, down, right in passes
        for row in stored[top::down, left::right]
    )
    header = struct.pack(
        ">IIBBBBB", width, height, 8 * pixels.dtype.itemsize, colour, 0, 0, int(interlaced)
    )
    written = b"\x89PNG\r\n\x1a\n"
    for name, body in (
        (b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    ):  # fmt: skip
        check = struct.pack(">I", zlib.crc32(name + body))
        written += struct.pack(">I", len(body)) + name + body + check
    return written


def tiff(
    pixels: np.ndarray | Sequence[tuple[np.ndarray, int]],
    *,
    order: Order = "<",
    photometric: int = 1,
    extra: int | None = None,
    planar: bool = False,
    deflated: bool = False,
    predictor: int = 1,
    tile: int = 0,
    pages: int = 1,
    compression: int = 1,
    subfile_tag: int = 254,
) -> bytes:
    """A TIFF, bit for bit: pages of ``(height, width)`` or ``(height, width, samples)``.

    Args:
        pixels: of one page, or of several with the subfile type of each.
        order: ``<`` or ``>``.
        extra: what the last sample is, if it is no colour.
        planar: a strip for each sample.
        predictor: 2 stores differences along a row, 3 those of the bytes of floats.
        tile: its side; strips if 0.
        pages: how often the page is written.
        compression: what the file says; with 1, deflated or not.
        subfile_tag: 254, or 255, whose numbers are one larger.
    """
    given = [(pixels, 0)] * pages if isinstance(pixels, np.ndarray) else list(pixels)
    written = bytearray(b"II*\0" if order == "<" else b"MM\0*") + bytes(4)
    link = 4
    for page, subfile in given:
        height, width = page.shape[:2]
        samples = 1 if page.ndim == 2 else page.shape[2]
        planes = np.moveaxis(page.reshape(height, width, samples), 2, 0) if planar else page[None]
        parts = []
        for plane in planes:
            stored = plane.reshape(height, width, -1)
            swapped = _stored(stored, order, predictor)
            if tile:
                assert not (height % tile or width % tile)
                parts += [
                    swapped[y : y + tile, x : x + tile].tobytes()
                    for y in range(0, height, tile)
                    for x in range(0, width, tile)
                ]
            else:
                parts.append(swapped.tobytes())
        packed = [zlib.compress(part) for part in parts] if deflated else parts
        places = [len(written) + sum(map(len, packed[:n])) for n in range(len(packed))]
        for part in packed:
            written += part
        written += bytes(len(written) % 2)
        kind_code = {"u": 1, "i": 2, "f": 3}[page.dtype.kind]
        tags: dict[int, tuple[str, list[int]]] = {
            256: ("I", [width]),
            257: ("I", [height]),
            258: ("H", [8 * page.dtype.itemsize] * samples),
            259: ("H", [8 if deflated else compression]),
            262: ("H", [photometric]),
            277: ("H", [samples]),
            284: ("H", [2 if planar else 1]),
            317: ("H", [predictor]),
            339: ("H", [kind_code] * samples),
            subfile_tag: ("I", [subfile + (subfile_tag == 255)]),
        }
        if tile:
            tags |= {322: ("H", [tile]), 323: ("H", [tile])}
            tags |= {324: ("I", places), 325: ("I", [len(part) for part in packed])}
        else:
            tags |= {273: ("I", places), 279: ("I", [len(part) for part in packed])}
            tags[278] = ("I", [height])
        if extra is not None:
            tags[338] = ("H", [extra])
        lines = b""
        for tag, (code, values) in sorted(tags.items()):
            value = struct.pack(f"{order}{len(values)}{code}", *values)
            if len(value) > 4:
                place = struct.pack(f"{order}I", len(written))
                written += value + bytes(len(value) % 2)
                value = place
            lines += struct.pack(f"{order}HHI", tag, 3 if code == "H" else 4, len(values))
            lines += value.ljust(4, b"\0")
        struct.pack_into(f"{order}I", written, link, len(written))
        written += struct.pack(f"{order}H", len(tags)) + lines
        link = len(written)
        written += bytes(4)
    return bytes(written)


def _stored(values: np.ndarray, order: Order, predictor: int) -> np.ndarray:
    """Samples ``(height, width, samples)`` as a TIFF has them before they are compressed."""
    if (
        predictor == 3
    ):  # the first bytes of a row's values, then the second ones; differences of these
        size = values.dtype.itemsize
        large = values.astype(values.dtype.newbyteorder(">")).view(np.uint8)
        row = large.reshape(len(values), -1, size).transpose(0, 2, 1).reshape(len(values), -1)
        return np.concatenate([row[:, :1], row[:, 1:] - row[:, :-1]], axis=1)
    if predictor == 2:
        whole = values.view(np.dtype(f"u{values.dtype.itemsize}"))
        values = np.concatenate([whole[:, :1], whole[:, 1:] - whole[:, :-1]], axis=1)
    return values.astype(values.dtype.newbyteorder(order))


def bmp(
    pixels: np.ndarray,
    masks: tuple[int, int, int, int] = (0xFF0000, 0xFF00, 0xFF, 0xFF000000),
) -> bytes:
    """A BMP of 32 bits with masks, from ``(height, width, 4)``: red, green, blue, alpha."""
    height, width = pixels.shape[:2]
    rows = pixels[::-1, :, [2, 1, 0, 3]].tobytes()
    header = struct.pack("<IiiHHIIiiII", 108, width, height, 1, 32, 3, len(rows), 2835, 2835, 0, 0)
    header = (header + struct.pack("<IIII", *masks)).ljust(108, b"\0")
    return b"BM" + struct.pack("<IHHI", 122 + len(rows), 0, 0, 122) + header + rows
