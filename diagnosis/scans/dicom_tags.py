"""The only facts that leave a DICOM header: technical ones, each held to a list or to a number.

Coded elements are text that anybody can write into, so a value passes only when the standard (or
wide use) knows it: a name typed into the body part stays behind.
"""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.uid import UID

from diagnosis.scans.dicom_frames import numbers


def _terms(text: str) -> frozenset[str]:
    return frozenset(text.split())


MODALITIES = _terms(
    "CR CT DX ES GM IO IVOCT IVUS MG MR NM OCT OP OPT OT PT PX RF RTDOSE RTIMAGE SC SEG SM US XA XC"
    " ECG HD SR PR KO RTSTRUCT RTPLAN DOC BI BMD"
)  # PS3.3, C.7.3.1.1.1
PHOTOMETRIC = _terms("MONOCHROME1 MONOCHROME2 RGB YBR_FULL YBR_FULL_422 YBR_ICT YBR_RCT") | {
    "PALETTE COLOR"
}  # PS3.3, C.7.6.3.1.2
BODY_PARTS = _terms(
    "ABDOMEN ABDOMENPELVIS ADRENAL ANKLE AORTA ARM BLADDER BRAIN BREAST BRONCHUS CALCANEUS"
    " CAROTID CHEST CHESTABDOMEN CHESTABDPELVIS CLAVICLE COCCYX COLON CSPINE CTSPINE EAR ELBOW"
    " EXTREMITY EYE FEMUR FINGER FOOT FOREARM GALLBLADDER HAND HEAD HEADNECK HEART HIP HUMERUS"
    " JAW KIDNEY KNEE LEG LIVER LOWERLEG LSPINE LSSPINE LUNG MEDIASTINUM NECK ORBIT OVARY"
    " PANCREAS PELVIS PROSTATE RIB SACRUM SCAPULA SHOULDER SINUS SKULL SPINE SPLEEN SSPINE"
    " STERNUM STOMACH TESTIS THIGH THYMUS THYROID TLSPINE TOE TSPINE UTERUS WHOLEBODY WRIST"
    " ZYGOMA"
)  # PS3.16, table L-1
VIEWS = _terms(
    "AP PA LL RL RLD LLD RLO LLO CC ML MLO LM LMO XCCL XCCM FB SIO AT CV"
)  # PS3.3, C.8.11.5.1.1 and CID 4014

CODED = (
    ("Modality", "Modality", MODALITIES),
    ("Photometric interpretation", "PhotometricInterpretation", PHOTOMETRIC),
    ("Body part", "BodyPartExamined", BODY_PARTS),
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
    for label, keyword, unit in NUMERIC:
        number = numbers([dataset.get(keyword)], 1)
        if number is not None and abs(number[0]) < 1e6:  # a longer one could be an identifier
            tags[label] = f"{number[0]:g}{unit}"
    return tags


def modality(dataset: Dataset) -> str:
    """The modality where it is a known one, else an empty text."""
    value = str(dataset.get("Modality", "")).strip().upper()
    return value if value in MODALITIES else ""
