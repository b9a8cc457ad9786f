"""What a file itself states that does not fit those whom a model is for: facts, no prose.

A file that states nothing does not mismatch; neither does anything where the model's own data state nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from diagnosis.core.population import Population
from diagnosis.scans.dicom.age import years_of
from diagnosis.scans.dicom.body_parts import shows
from diagnosis.scans.scan import Frames

Code = Literal["kind", "modality", "body part", "view", "age"]
OTHER = "OT"  # DICOM's modality for what is none of its list (PS3.3, C.7.3.1.1.1)


@dataclass(frozen=True)
class Mismatch:
    """One fact about the file, and what it would have to be."""

    code: Code
    stated: str  # "volume", "slice"; DICOM's terms; an age band
    expected: tuple[
        str, ...
    ]  # what `Population` has: any of these; of ages the first and the last year

    def to_json(self) -> dict[str, object]:
        """The fields as a JSON object."""
        return {"code": self.code, "stated": self.stated, "expected": list(self.expected)}


def states_modality(scan: Frames) -> bool:
    """Whether the file says by which kind of device it was made."""
    return scan.tags.get("Modality", OTHER) != OTHER


def mismatches(scan: Frames, population: Population) -> tuple[Mismatch, ...]:
    """Everything that does not fit, each once."""
    tags = scan.tags
    found: list[Mismatch | None] = [_kind(scan, population)]
    if states_modality(scan):
        found.append(_among("modality", tags["Modality"], population.modalities))
    if part := tags.get("Body part"):
        fits = any(shows(part, expected) for expected in population.body_parts)
        found.append(None if fits else _among("body part", part, population.body_parts))
    if view := tags.get("View position"):
        found.append(_among("view", view, population.views))
    if band := tags.get("Age, years"):
        found.append(_age(band, population.ages))
    return tuple(one for one in found if one is not None)


def _kind(scan: Frames, population: Population) -> Mismatch | None:
    """A volume or a slice of one, where single pictures are read that are no slices."""
    if population.depicts not in ("projection", "picture"):
        return None
    if scan.kind == "volume":
        return Mismatch("kind", "volume", (population.depicts,))
    if scan.tags.get("Geometry") == "cross-section":
        return Mismatch("kind", "slice", (population.depicts,))
    return None


def _among(code: Code, stated: str, expected: tuple[str, ...]) -> Mismatch | None:
    return Mismatch(code, stated, expected) if expected and stated not in expected else None


def _age(band: str, ages: tuple[int, int] | None) -> Mismatch | None:
    first, last = years_of(band)
    if ages is None or (first <= ages[1] and last >= ages[0]):
        return None
    return Mismatch("age", band, (str(ages[0]), str(ages[1])))
