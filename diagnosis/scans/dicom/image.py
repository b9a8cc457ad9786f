"""What a DICOM file says about its pixels (PS3.3, C.7.6.3), where it says enough to read them."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset

from diagnosis.scans.dicom.frames import numbers, value_of
from diagnosis.scans.limits import Limits
from diagnosis.scans.scan import ScanError

GREY = ("MONOCHROME1", "MONOCHROME2")
COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
PALETTE = "PALETTE COLOR"


@dataclass(frozen=True)
class ImagePixel:
    """The elements that pixels are read by; bits count from 1, the high bit from 0."""

    rows: int
    columns: int
    declared: int | None  # number of frames; None where the file gives none
    samples: int
    photometric: str
    allocated: int
    stored: int
    high: int
    signed: bool
    planar: int
    notes: tuple[str, ...] = ()

    @property
    def frame_bits(self) -> int:
        """Bits of one frame without compression."""
        if self.photometric == "YBR_FULL_422":  # two pixels share their colour
            return self.rows * self.columns * 2 * self.allocated
        return self.rows * self.columns * self.samples * self.allocated

    def written_to(self, dataset: Dataset, frames: int) -> None:
        """Say the same in the data set, for decoders and for the technical tags."""
        dataset.Rows, dataset.Columns = self.rows, self.columns
        if frames > 1 or "NumberOfFrames" in dataset:
            dataset.NumberOfFrames = frames
        dataset.SamplesPerPixel = self.samples
        dataset.PhotometricInterpretation = self.photometric
        dataset.BitsAllocated, dataset.BitsStored = self.allocated, self.stored
        dataset.HighBit, dataset.PixelRepresentation = self.high, int(self.signed)
        if self.samples > 1:
            dataset.PlanarConfiguration = self.planar


def image_pixel(dataset: Dataset, keyword: str, limits: Limits) -> ImagePixel:
    """Gather what is said of the pixels in one of the three elements that hold them.

    Raises:
        ScanError: what is said is not enough, contradicts itself, is not read here or is too much.
    """
    if not ("Rows" in dataset and "Columns" in dataset):
        raise ScanError(
            "The DICOM file does not say how many rows and columns its picture has: export it "
            "again."
        )
    rows, columns = _whole(dataset, "Rows") or 0, _whole(dataset, "Columns") or 0
    declared = _whole(dataset, "NumberOfFrames")
    notes = []
    if declared is None and value_of(dataset, "NumberOfFrames") not in (None, ""):
        notes.append("The file's Number of Frames is not a number; one frame was read.")
    limits.check_pixels(rows=rows, columns=columns, frames=declared or 1)
    samples, photometric = _samples(dataset)
    if photometric != value_of(dataset, "PhotometricInterpretation"):
        notes.append(
            f"The file does not say how its values become a picture; {photometric} was assumed."
        )
    allocated = {"FloatPixelData": 32, "DoubleFloatPixelData": 64}.get(keyword) or _whole(
        dataset, "BitsAllocated"
    )
    if not allocated:
        raise ScanError(
            "The DICOM file does not say how many bits a pixel takes (Bits Allocated): export it "
            "again."
        )
    if allocated not in ((64,) if keyword == "DoubleFloatPixelData" else (1, 8, 16, 32)):
        raise ScanError(
            f"The DICOM file stores its pixels in {allocated} bits each, and 1, 8, 16 and 32 are "
            "read here: export it with 16."
        )
    stored = _whole(dataset, "BitsStored") or allocated
    high = _whole(dataset, "HighBit")
    if high is None or not stored <= high + 1 <= allocated:  # one that cannot be
        high = stored - 1
    return ImagePixel(
        rows=rows,
        columns=columns,
        declared=declared or None,  # 0 is written where 1 is meant (pydicom#1844)
        samples=samples,
        photometric=photometric,
        allocated=allocated,
        stored=stored,
        high=high,
        signed=bool(_whole(dataset, "PixelRepresentation")),
        planar=int(_whole(dataset, "PlanarConfiguration") == 1),
        notes=tuple(notes),
    )


def _samples(dataset: Dataset) -> tuple[int, str]:
    """Samples per pixel and photometric interpretation; each stands in where the other is missing."""
    samples = _whole(dataset, "SamplesPerPixel")
    photometric = str(value_of(dataset, "PhotometricInterpretation") or "").strip()
    if not photometric:
        one = PALETTE if "RedPaletteColorLookupTableDescriptor" in dataset else "MONOCHROME2"
        photometric = {None: one, 1: one, 3: "RGB"}.get(samples, "")
    if photometric not in (*GREY, *COLOUR, PALETTE):
        raise ScanError(
            "The DICOM file stores its colours in a way that is not read here: export it as RGB "
            "or MONOCHROME2."
        )
    expected = 3 if photometric in COLOUR else 1
    if samples not in (None, 0, expected):
        raise ScanError(
            f"The DICOM file contradicts itself ({photometric} with {samples} samples a pixel): "
            "export it again."
        )
    return expected, photometric


def _whole(dataset: Dataset, keyword: str) -> int | None:
    value = value_of(dataset, keyword)
    try:
        found = numbers([value], 1)
    except OverflowError:
        return None
    if found is None or not 0 <= found[0] < 2**31 or found[0] != int(found[0]):
        return None
    return int(found[0])
