"""Small real files, made in memory, for the tests of scans."""

from io import BytesIO
from typing import Any

import nibabel
import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

from diagnosis.datasets import phantoms

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


def nifti(voxels: np.ndarray, affine: np.ndarray | None = None) -> bytes:
    """The bytes of an uncompressed NIfTI-1 file."""
    matrix = np.diag([2.0, 3.0, 4.0, 1.0]) if affine is None else affine
    data: bytes = nibabel.Nifti1Image(voxels, matrix).to_bytes()
    return data
