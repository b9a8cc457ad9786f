"""A series of files in words: its faults, and why a file is no slice of the volume.

Codes and facts: ``diagnosis.scans.series``. Files are numbers unless their names, which may name a patient,
are handed in.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from diagnosis.core.reason import Reason

if TYPE_CHECKING:
    from diagnosis.scans.series import Arrangement
    from diagnosis.scans.series.part import Part

LISTED = 3  # places or files that a sentence names; the others are counted
Names = Sequence[str] | None

_APART = {
    "patients": "The files belong to {count} patients",
    "studies": "The files belong to {count} studies",
    "series": "The files belong to {count} series",
    "modalities": "The slices are of {count} modalities",
    "colours": "Grey and coloured slices are mixed",
    "sizes": "The slices are of {count} sizes",
    "spacings": "The pixels of the slices are of {count} sizes",
    "stacks": "The slices lie in {count} directions",
}
_SENTENCES = {
    "gaps": "Slices are missing: {gaps}.",
    "uneven": (
        "The distances between slices are uneven, {least} to {most} mm, where {tolerance} around {usual} "
        "mm would be even: {places}."
    ),
    "duplicates": "Several slices lie at one position: {places}.",
    "one slice": (
        "There is one slice, at {position} mm ({where}), and a volume has two or more: give all slices of "
        "the series, or read it as a picture."
    ),
    "localizer": "A localizer, taken to plan others, lies among the slices: {where}.",
    "localizer only": "The slices are localizers, taken to plan others.",
    "mosaic": (
        "All slices lie in one picture (a mosaic): {where}. Export the series as single slices or as "
        "enhanced DICOM."
    ),
    "positions": (
        "The files state no position in the body, so the order of the slices is not known: {where}. Export "
        "the series with its positions."
    ),
    "times": (
        "{times:,} volumes were taken of the same place ({positions:,} slices each), one after the other: "
        "choose the time point."
    ),
    "tilt": (
        "The slices are tilted by {degrees}° (gantry tilt): each lies {shift} mm beside the one before, so "
        "that other planes are sheared."
    ),
    "oblique": "The slices are oblique: {degrees}° from the {plane} plane.",
    "colour": "The slices are in colour.",
    "unreadable": "{many} of {of:,} files are no slices: {where}.",
    "nothing": "None of the files is a slice of a DICOM series: give the files of a series.",
}
_WHY = {
    "unreadable": "no slice",
    "another part": "belongs to another part",
    "another time": "of another time point",
    "duplicate": "a further slice at the same position",
    "run": "outside the longest evenly spaced stretch",
    "stopped": "not used: see the faults",
}


def fault_sentences(faults: Iterable[Reason], names: Names = None) -> list[str]:
    """A sentence for each fault or remark."""
    return [fault_sentence(fault, names) for fault in faults]


def fault_sentence(fault: Reason, names: Names = None) -> str:
    """One sentence for a fault.

    Args:
        fault: a code and its facts.
        names: of all files, in their order; without it files are numbers.
    """
    facts = fault.facts
    if fault.code in _APART:
        parts = [_part(fault.code, part, names) for part in facts["parts"]]
        return f"{_APART[fault.code].format(**facts)}: {_listed(parts, facts['count'])}."
    words = {name: f"{value:g}" for name, value in facts.items() if isinstance(value, float)}
    match fault.code:
        case "gaps":
            words["gaps"] = _listed([_gap(gap, facts["spacing"], names) for gap in facts["gaps"]])
        case "uneven":
            words["places"] = _listed([_distance(place, names) for place in facts["places"]])
            words["tolerance"] = f"{100 * facts['tolerance']:g} %"
        case "duplicates":
            words["places"] = _listed([_doubled(place, names) for place in facts["places"]])
    if isinstance(facts.get("files"), list):
        words["where"] = files_text(facts["files"], names)
        words["many"] = f"{len(facts['files']):,}"
    return _SENTENCES[fault.code].format(**{**facts, **words})


def stopped_sentence(arrangement: "Arrangement", names: Names = None) -> str:
    """Why there is no volume, and what can be done; one line."""
    said = fault_sentences(arrangement.stops[:LISTED], names)
    more = len(arrangement.stops) - LISTED
    if more > 0:
        said.append(f"And {more} more.")
    if arrangement.remedy:
        said.append(offer_sentence(arrangement))
    return " ".join(said)


def offer_sentence(arrangement: "Arrangement") -> str:
    """What can be chosen where a fault stops a series."""
    parts = len(arrangement.parts)
    one = f"Use the largest consistent part ({_slices(arrangement.remedy)})"
    return f"{one}, or choose one of the {parts} parts." if parts > 1 else f"{one}."


def part_text(part: "Part") -> str:
    """A part as a choice: *20 slices of 512 × 512 pixels, CT, axial; patient 1, study 1, series 2*."""
    header = part.header
    words = [f"{_slices(len(part.slices))} of {header.columns} × {header.rows} pixels"]
    words += [header.modality] if header.modality else []
    words += [part.geometry.plane] if part.geometry is not None else []
    words += [header.kind] if header.kind != "slice" else []
    if part.stack is not None and part.stack.times > 1:
        words.append(f"{part.stack.times:,} time points")
    return f"{', '.join(words)}; patient {part.patient}, study {part.study}, series {part.series}"


def why_text(why: str | None) -> str:
    """Why a frame is no slice of the volume, in a few words; empty where it is one."""
    return "" if why is None else _WHY[why]


def files_text(numbers: Sequence[int], names: Names = None) -> str:
    """``file 3``, ``files 3 to 9`` or ``files 3, 7, 8 and 5 more``; by name where there are names."""
    if names is not None:
        return _listed([names[number - 1] for number in numbers])
    if len(numbers) == 1:
        return f"file {numbers[0]}"
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"files {numbers[0]} to {numbers[-1]}"
    return f"files {_listed([str(number) for number in numbers])}"


def _part(code: str, part: Mapping[str, Any], names: Names) -> str:
    count, where = _slices(part["slices"]), files_text(part["files"], names)
    match code:
        case "modalities":
            apart = part["modality"] or "not stated"
        case "colours":
            apart = "colour" if part["colour"] else "grey"
        case "sizes":
            apart = f"{part['columns']} × {part['rows']} pixels"
        case "spacings":
            spacing = part["spacing"]
            apart = "not stated" if spacing is None else f"{spacing[0]:.3g} × {spacing[1]:.3g} mm"
        case "stacks":
            degrees = part["degrees"]
            apart = "no position" if degrees is None else f"at {degrees:g}°" if degrees else ""
        case _:
            apart = ""
    return f"{count} {apart} ({where})" if apart else f"{count} ({where})"


def _gap(gap: Mapping[str, Any], spacing: float, names: Names) -> str:
    return (
        f"{gap['missing']} between {_neighbours(gap, names)}, {gap['from']:g} to {gap['to']:g} mm, where "
        f"{spacing:g} mm are usual"
    )


def _distance(place: Mapping[str, Any], names: Names) -> str:
    return f"{place['distance']:g} mm between {_neighbours(place, names)}"


def _neighbours(place: Mapping[str, Any], names: Names) -> str:
    before, behind = (files_text(files, names) for files in place["files"])
    return f"slices {place['after']} and {place['after'] + 1} ({before}, {behind})"


def _doubled(place: Mapping[str, Any], names: Names) -> str:
    where = files_text(place["files"], names)
    return f"{place['count']} at slice {place['slice']}, {place['position']:g} mm ({where})"


def _slices(count: int) -> str:
    return f"{count:,} slice{'' if count == 1 else 's'}"


def _listed(words: Sequence[str], of: int | None = None) -> str:
    """The first few, and how many more there are."""
    more = (of or len(words)) - LISTED
    shown = list(words[:LISTED])
    if more > 0:
        return f"{', '.join(shown)} and {more:,} more"
    return ", ".join(shown)
