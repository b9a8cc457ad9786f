"""Read what a DICOM file says about its place in a series; its pixels are not decoded."""

from __future__ import annotations

from collections.abc import Iterable

from pydicom.dataset import Dataset

from diagnosis.scans.content import sniff
from diagnosis.scans.dicom.file import parsed
from diagnosis.scans.dicom.frames import (
    groups,
    layout,
    numbers,
    place_of,
    plane_spacing,
    value_of,
)
from diagnosis.scans.dicom.image import COLOUR, PALETTE, image_pixel
from diagnosis.scans.dicom.tags import modality
from diagnosis.scans.limits import Limits
from diagnosis.scans.owner import coded
from diagnosis.scans.scan import ScanError
from diagnosis.scans.series.file_header import FileHeader, Kind

PATIENT = ("PatientID", "IssuerOfPatientID", "PatientName", "PatientBirthDate")
# By what the slices at one position are put in order: never used for their order in space.
MOMENT = (
    ("FrameContentSequence", "TemporalPositionIndex"),
    ("FrameContentSequence", "FrameAcquisitionNumber"),
    ("MREchoSequence", "EffectiveEchoTime"),
)
FILE_MOMENT = (
    "TemporalPositionIdentifier",
    "AcquisitionNumber",
    "TriggerTime",
    "EchoTime",
    "InstanceNumber",
)


def read_header(data: bytes, *, key: bytes, limits: Limits) -> FileHeader:
    """Read a file's header; nothing is decoded.

    Args:
        data: the whole file.
        key: of the hashes; the same for all files of a survey.
        limits: as of `read_scan`.

    Raises:
        ScanError: it is no DICOM file, holds no picture, or is over a limit.
    """
    limits.check_bytes(len(data))
    format = sniff(data)
    if format != "DICOM":
        raise ScanError(f"This is a {format} file, not a slice of a DICOM series: leave it out.")
    try:
        file = parsed(data, limits)
        dataset = file.dataset
        image = image_pixel(dataset, file.pixels.keyword, limits)
        frames = image.declared or 1
        return FileHeader(
            patient=_code(dataset, PATIENT, key),
            study=_code(dataset, ("StudyInstanceUID",), key),
            series=_code(dataset, ("SeriesInstanceUID",), key),
            kind=_kind(dataset),
            modality=modality(dataset),
            colour=image.photometric in (*COLOUR, PALETTE),
            rows=image.rows,
            columns=image.columns,
            spacing=plane_spacing(dataset),
            order=tuple(layout(dataset, frames).order),
            places=tuple(place_of(dataset, frame) for frame in range(frames)),
            moments=tuple(_moment(dataset, frame) for frame in range(frames)),
            patient_id=_code(dataset, PATIENT[:1], key) if _stated(dataset, PATIENT[0]) else "",
        )
    except ScanError:
        raise
    except Exception as error:  # the boundary to pydicom, as in `read_scan`
        raise ScanError("The DICOM file's header is damaged: copy or export it again.") from error


def _code(dataset: Dataset, keywords: tuple[str, ...], key: bytes) -> str:
    return coded((_stated(dataset, keyword) for keyword in keywords), key)


def _stated(dataset: Dataset, keyword: str) -> str:
    return str(value_of(dataset, keyword) or "").strip()


def _kind(dataset: Dataset) -> Kind:
    said = value_of(dataset, "ImageType")
    listed = said if isinstance(said, Iterable) and not isinstance(said, str) else (said,)
    words = {str(word).strip().upper() for word in listed}
    if "LOCALIZER" in words:
        return "localizer"
    return "mosaic" if "MOSAIC" in words else "slice"


def _moment(dataset: Dataset, frame: int) -> tuple[float, ...]:
    of_frame = [value_of(groups(dataset, frame, macro), name) for macro, name in MOMENT]
    of_file = [value_of(dataset, keyword) for keyword in FILE_MOMENT]
    found = [numbers([value], 1) for value in (*of_frame, *of_file)]
    return (*(0.0 if value is None else float(value[0]) for value in found), float(frame))
