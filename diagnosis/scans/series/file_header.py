"""What a DICOM file says about its place in a series: numbers, and whose it is as a code.

Patient, study and series are told apart and never named: a keyed hash stands for each, with a key that is
made anew for every survey.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from diagnosis.scans.dicom.places import Place

Kind = Literal["slice", "localizer", "mosaic"]


@dataclass(frozen=True)
class FileHeader:
    """The geometry of one file.

    Attributes:
        patient, study, series: equal where they are the same.
        patient_id: of the patient's identifier alone, as of ``scans.owner``; empty if none is stated.
        kind: a slice, a localizer (a picture to plan others on) or a mosaic (all slices in one picture).
        modality: a known one, else empty.
        colour: whether its pixels are coloured.
        rows, columns: pixels.
        spacing: mm between rows and between columns; None where the file does not say.
        order: frames as stored, in the order in which the decoded scan has them.
        places: where each frame lies, as stored; None where the file does not say.
        moments: of each frame, as stored; they sort what lies at one position.
    """

    patient: str
    study: str
    series: str
    kind: Kind
    modality: str
    colour: bool
    rows: int
    columns: int
    spacing: tuple[float, float] | None
    order: tuple[int, ...]
    places: tuple[Place | None, ...]
    moments: tuple[tuple[float, ...], ...]
    patient_id: str = ""
