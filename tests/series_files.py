"""DICOM series made in memory: parallel slices whose grey value says at which millimetre they lie."""

from collections.abc import Iterable
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np

from diagnosis.scans.series import SeriesFile, in_memory
from tests.scan_files import dicom, written

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
ZERO = 1000  # the grey value at 0 mm

Named = tuple[str, bytes]


def slice_file(
    height: float,
    *,
    axes: tuple[float, ...] = AXIAL,
    shape: tuple[int, int] = (8, 10),
    beside: float = 0.0,
    grey: int | None = None,
    colour: bool = False,
    pixels: np.ndarray | None = None,
    **elements: Any,
) -> bytes:
    """A slice at a height along the normal of its plane, mm; ``beside`` shifts it along its columns.

    Its pixels are of one grey unless given.
    """
    normal = np.cross(axes[:3], axes[3:])
    position = height * normal + beside * np.array(axes[3:])
    value = ZERO + round(height) if grey is None else grey
    if pixels is None:
        pixels = np.full(shape, value, np.uint16)
        pixels[0, 0] = 0
    if colour:
        pixels = np.repeat((pixels % 256).astype(np.uint8)[..., None], 3, axis=2)
        pixels[..., 1] = 7
    stated: dict[str, Any] = {
        "ImagePositionPatient": [f"{part:.6f}" for part in position],
        "ImageOrientationPatient": list(axes),
        "PixelSpacing": [0.5, 0.75],
        "PatientID": "4711",
        "PatientName": "Doe^Jane",
        "StudyInstanceUID": "1.2.3",
        "SeriesInstanceUID": "1.2.3.4",
    }
    return written(dicom(pixels.astype(np.uint8 if colour else np.uint16), **stated | elements))


def series(heights: Iterable[float], **elements: Any) -> list[Named]:
    """Slices at heights, named in their order."""
    return [
        (f"{number:03}.dcm", slice_file(height, InstanceNumber=number, **elements))
        for number, height in enumerate(heights, 1)
    ]


def files(*groups: Iterable[Named]) -> tuple[SeriesFile, ...]:
    """Groups of files as one set; later ones after earlier ones."""
    return in_memory(named for group in groups for named in group)


def zipped(named: Iterable[Named], compression: int = ZIP_DEFLATED) -> bytes:
    """A ZIP of files."""
    archive = BytesIO()
    with ZipFile(archive, "w", compression) as file:
        for name, data in named:
            file.writestr(name, data)
    return archive.getvalue()
