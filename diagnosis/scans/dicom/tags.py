"""The only facts that leave a DICOM header: technical ones, each held to a list or to a number.

Coded elements are text that anybody can write into, so a value passes only when the standard (or
wide use) knows it: a name typed into the body part stays behind. Of the age a band is kept.
"""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.uid import UID

from diagnosis.scans.dicom.age import age_band
from diagnosis.scans.dicom.body_parts import body_part, terms
from diagnosis.scans.dicom.frames import VOLUME_CLASSES, numbers

MODALITIES = terms(
    "CR CT DX ES GM IO IVOCT IVUS MG MR NM OCT OP OPT OT PT PX RF RTDOSE RTIMAGE SC SEG SM US XA XC"
    " ECG HD SR PR KO RTSTRUCT RTPLAN DOC BI BMD"
)  # PS3.3, C.7.3.1.1.1
PHOTOMETRIC = terms("MONOCHROME1 MONOCHROME2 RGB YBR_FULL YBR_FULL_422 YBR_ICT YBR_RCT") | {
    "PALETTE COLOR"
}  # PS3.3, C.7.6.3.1.2
VIEWS = terms(
    "AP PA LL RL RLD LLD RLO LLO CC ML MLO LM LMO XCCL XCCM FB SIO AT CV"
)  # PS3.3, C.8.11.5.1.1 and CID 4014

CROSS_SECTIONS = terms("CT MR PT")  # modalities whose pictures are slices of a body
SLICE_CLASSES = VOLUME_CLASSES | {
    f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("2", "4", "128")
}  # and CT, MR and PET of one slice a file (PS3.4, annex B.5)

CODED = (
    ("Modality", "Modality", MODALITIES),
    ("Photometric interpretation", "PhotometricInterpretation", PHOTOMETRIC),
    ("View position", "ViewPosition", VIEWS),
    ("Laterality", "ImageLaterality", frozenset("LRUB")),
    ("Burned-in annotation", "BurnedInAnnotation", frozenset(("YES", "NO"))),
)
NUMERIC = (
    ("Rows", "Rows", ""),
    ("Columns", "Columns", ""),
    ("Frames", "NumberOfFrames", ""),
    ("Samples per pixel", "SamplesPerPixel", ""),
    ("Bits allocated", "BitsAllocated", ""),
    ("Bits stored", "BitsStored", ""),
    ("Slice thickness", "SliceThickness", " mm"),
    ("Tube voltage", "KVP", " kV"),
    ("Field strength", "MagneticFieldStrength", " T"),
)


def technical_tags(dataset: Dataset, syntax: UID) -> dict[str, str]:
    """Return label → value for what the allow-list knows; everything else is left behind."""
    tags = {"Transfer syntax": syntax.name}  # a registered one, so the standard's own words
    for label, keyword, known in CODED:
        value = str(dataset.get(keyword, "")).strip().upper()
        if value in known:
            tags[label] = value
    for label, found in (
        ("Body part", body_part(dataset)),
        ("Age, years", age_band(dataset)),
        ("Geometry", "cross-section" if _cross_section(dataset) else None),
    ):
        if found:
            tags[label] = found
    for label, keyword, unit in NUMERIC:
        number = numbers([dataset.get(keyword)], 1)
        if number is not None and abs(number[0]) < 1e6:  # a longer one could be an identifier
            tags[label] = f"{number[0]:g}{unit}"
    return tags


def modality(dataset: Dataset) -> str:
    """The modality where it is a known one, else an empty text."""
    value = str(dataset.get("Modality", "")).strip().upper()
    return value if value in MODALITIES else ""


def _cross_section(dataset: Dataset) -> bool:
    """Whether it is a slice of a body: as its class or modality says, else as its place in the body does."""
    if str(dataset.get("SOPClassUID")) in SLICE_CLASSES:
        return True
    stated = modality(dataset)
    if stated not in ("", "OT", "SC"):
        return stated in CROSS_SECTIONS
    lies = ("ImageOrientationPatient", 6), ("ImagePositionPatient", 3)
    return all(numbers(dataset.get(keyword), length) is not None for keyword, length in lies)
