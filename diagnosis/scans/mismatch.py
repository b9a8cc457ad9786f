"""What a file states that does not fit a model's population: codes and facts, no prose.

Where the file states nothing, or the model's data set states nothing, there is no mismatch.
"""

from __future__ import annotations

from typing import Literal

from diagnosis.core.population import Population
from diagnosis.core.reason import Reason
from diagnosis.scans.dicom.age import years_of
from diagnosis.scans.dicom.body_parts import shows
from diagnosis.scans.scan import Frames

Code = Literal["kind", "modality", "body part", "view", "age"]
OTHER = "OT"  # DICOM's modality for devices outside its list (PS3.3, C.7.3.1.1.1)


def _mismatch(code: Code, stated: str, *expected: str) -> Reason:
    """What the file states ("volume", "slice", DICOM's terms, an age band), and what `Population` has.

    Of ages ``expected`` is the first and the last year, otherwise the alternatives.
    """
    return Reason(code, {"stated": stated, "expected": list(expected)})


def states_modality(scan: Frames) -> bool:
    """Whether the file states its modality."""
    return scan.tags.get("Modality", OTHER) != OTHER


def mismatches(scan: Frames, population: Population) -> tuple[Reason, ...]:
    """All mismatches, each once."""
    tags = scan.tags
    candidates: list[Reason | None] = [_kind(scan, population)]
    if states_modality(scan):
        candidates.append(_among("modality", tags["Modality"], population.modalities))
    if part := tags.get("Body part"):
        fits = any(shows(part, expected) for expected in population.body_parts)
        candidates.append(None if fits else _among("body part", part, population.body_parts))
    if view := tags.get("View position"):
        candidates.append(_among("view", view, population.views))
    if band := tags.get("Age, years"):
        candidates.append(_age(band, population.ages))
    return tuple(reason for reason in candidates if reason is not None)


def fits(scan: Frames, population: Population) -> bool:
    """Whether the file states a modality of the population, and nothing that does not fit it."""
    stated = states_modality(scan) and scan.tags["Modality"] in population.modalities
    return stated and not mismatches(scan, population)


def _kind(scan: Frames, population: Population) -> Reason | None:
    """A volume, or a slice of one, for a model of single images that are no slices."""
    if population.depicts not in ("projection", "picture"):
        return None
    if scan.kind == "volume":
        return _mismatch("kind", "volume", population.depicts)
    if scan.tags.get("Geometry") == "cross-section":
        return _mismatch("kind", "slice", population.depicts)
    return None


def _among(code: Code, stated: str, expected: tuple[str, ...]) -> Reason | None:
    return _mismatch(code, stated, *expected) if expected and stated not in expected else None


def _age(band: str, ages: tuple[int, int] | None) -> Reason | None:
    first, last = years_of(band)
    if ages is None or (first <= ages[1] and last >= ages[0]):
        return None
    return _mismatch("age", band, str(ages[0]), str(ages[1]))
