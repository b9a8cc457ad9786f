"""The body part that a DICOM file states, as one of the standard's terms; any other text stays behind.

A file says it in Body Part Examined (0018,0015), which people and machines fill in freely, or in the code of
an Anatomic Region (0008,2218). What is written is taken only if every word of it is known here.
"""

from __future__ import annotations

import re
import unicodedata

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence


def terms(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


TERMS = terms(
    "ABDOMEN ABDOMENPELVIS ADRENAL ANKLE AORTA ARM BLADDER BRAIN BREAST BRONCHUS CALCANEUS"
    " CAROTID CHEST CHESTABDOMEN CHESTABDPELVIS CLAVICLE COCCYX COLON CSPINE CTSPINE EAR ELBOW"
    " EXTREMITY EYE FEMUR FINGER FOOT FOREARM GALLBLADDER HAND HEAD HEADNECK HEART HIP HUMERUS"
    " JAW KIDNEY KNEE LEG LIVER LOWERLEG LSPINE LSSPINE LUNG MEDIASTINUM NECK ORBIT OVARY"
    " PANCREAS PELVIS PROSTATE RETINA RIB SACRUM SCAPULA SHOULDER SINUS SKIN SKULL SPINE SPLEEN"
    " SSPINE STERNUM STOMACH TESTIS THIGH THYMUS THYROID TLSPINE TOE TSPINE UTERUS WHOLEBODY"
    " WRIST ZYGOMA"
)  # PS3.16, table L-1

# What is also written, most of it in free text, for a term.
SYNONYMS = {
    **dict.fromkeys(("THORAX", "TORAX", "CXR"), "CHEST"),
    **dict.fromkeys(("ABD", "ABDO", "ABDOMINAL", "KUB"), "ABDOMEN"),
    **dict.fromkeys(("ABDPELVIS", "ABDOPELVIS"), "ABDOMENPELVIS"),
    **dict.fromkeys(("CHESTABD", "THORAXABDOMEN"), "CHESTABDOMEN"),
    **dict.fromkeys(("CHESTABDOMENPELVIS", "CAP", "TAP"), "CHESTABDPELVIS"),
    **dict.fromkeys(("MAMMA", "BREASTS", "MAMMARY"), "BREAST"),
    **dict.fromkeys(("CRANIUM", "SCHAEDEL"), "SKULL"),
    **dict.fromkeys(("CERVICALSPINE", "CERVSPINE"), "CSPINE"),
    **dict.fromkeys(("THORACICSPINE", "DORSALSPINE"), "TSPINE"),
    **dict.fromkeys(("LUMBARSPINE",), "LSPINE"),
    **dict.fromkeys(("LUMBOSACRALSPINE",), "LSSPINE"),
    **dict.fromkeys(("LUNGS",), "LUNG"),
    **dict.fromkeys(("RIBS",), "RIB"),
    **dict.fromkeys(("HANDS",), "HAND"),
    **dict.fromkeys(("FEET",), "FOOT"),
    **dict.fromkeys(("KNEES",), "KNEE"),
    **dict.fromkeys(("HIPS",), "HIP"),
    **dict.fromkeys(("SINUSES",), "SINUS"),
    **dict.fromkeys(("ENTIREBODY",), "WHOLEBODY"),
}
# How and from where it was taken, which changes no body part.
BESIDES = terms(
    "AP PA LAT LATERAL LL RL LEFT RIGHT BILATERAL L R VIEW VIEWS FRONTAL ERECT UPRIGHT SUPINE PORTABLE"
    " BEDSIDE CHILD INFANT PAEDIATRIC PEDIATRIC XRAY THE OF AND CT MR MRI US 1 2 3"
)
# SNOMED CT, and SNOMED RT as files of before 2017 have it (PS3.16, CID 4031 and annex L).
CODES = {
    **dict.fromkeys(("816094009", "51185008", "T-D3000"), "CHEST"),
    **dict.fromkeys(("818981001", "818983003", "T-D4000"), "ABDOMEN"),
    **dict.fromkeys(("818982008", "T-D4010"), "ABDOMENPELVIS"),
    **dict.fromkeys(("416550000", "R-FAB55"), "CHESTABDOMEN"),
    **dict.fromkeys(("416775004", "R-FAB56"), "CHESTABDPELVIS"),
    **dict.fromkeys(("816092008", "12921003", "T-D6000"), "PELVIS"),
    **dict.fromkeys(("76752008", "T-04000"), "BREAST"),
    **dict.fromkeys(("12738006", "T-A0100"), "BRAIN"),
    **dict.fromkeys(("69536005", "T-D1100"), "HEAD"),
    **dict.fromkeys(("774007", "T-D1000"), "HEADNECK"),
    **dict.fromkeys(("89546000", "T-11100"), "SKULL"),
    **dict.fromkeys(("45048000", "T-D1600"), "NECK"),
    **dict.fromkeys(("85562004", "T-D8700"), "HAND"),
    **dict.fromkeys(("56459004", "T-D9700"), "FOOT"),
    **dict.fromkeys(("72696002", "T-D9200"), "KNEE"),
    **dict.fromkeys(("80891009", "T-32000"), "HEART"),
    **dict.fromkeys(("38266002", "T-D0010"), "WHOLEBODY"),
}
# Terms of several parts, or of a part's most, by what they show.
SHOWN_BY = {
    "CHEST": frozenset(("LUNG", "CHESTABDOMEN", "CHESTABDPELVIS")),
    "ABDOMEN": frozenset(("ABDOMENPELVIS", "CHESTABDOMEN", "CHESTABDPELVIS", "LIVER", "KIDNEY")),
    "PELVIS": frozenset(("ABDOMENPELVIS", "CHESTABDPELVIS")),
    "EYE": frozenset(("RETINA",)),
}


def body_part(dataset: Dataset) -> str | None:
    """The standard's term for what a file says was examined; None where it says nothing known."""
    return known(str(dataset.get("BodyPartExamined") or "")) or _region(dataset)


def known(text: str) -> str | None:
    """The term that a text stands for; None if a word of it is not known or it names several parts."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().upper()
    whole = _term(re.sub(r"[^A-Z0-9]", "", plain))
    if whole:
        return whole  # such as "C-SPINE", "Whole body"
    words = [word for word in re.split(r"[^A-Z0-9]+", plain) if word and word not in BESIDES]
    return _term("".join(words))


def shows(stated: str, expected: str) -> bool:
    """Whether a picture of one body part shows another one; both the standard's terms."""
    return stated == expected or stated in SHOWN_BY.get(expected, ())


def _term(word: str) -> str | None:
    return word if word in TERMS else SYNONYMS.get(word)


def _region(dataset: Dataset) -> str | None:
    """From the code of the anatomic region, of the file or, of a multi-frame one, of its frames."""
    anatomies: list[Dataset | None] = [dataset]
    for groups in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        anatomies.append(_first(_first(dataset, groups), "FrameAnatomySequence"))
    for anatomy in anatomies:
        region = _first(anatomy, "AnatomicRegionSequence")
        if region is not None:
            code = str(region.get("CodeValue") or region.get("LongCodeValue") or "").strip()
            return CODES.get(code) or known(str(region.get("CodeMeaning") or ""))
    return None


def _first(dataset: Dataset | None, keyword: str) -> Dataset | None:
    """The first item of a sequence; None where there is none, or what should be one is not."""
    items = None if dataset is None else dataset.get(keyword)
    return items[0] if isinstance(items, Sequence) and items else None
