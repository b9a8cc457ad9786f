"""Image quality: green, amber or red, with a code and its facts for each reason. No prose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from diagnosis.core.population import NOT_STATED, Population
from diagnosis.core.reason import Reason
from diagnosis.scans.mismatch import mismatches, states_modality
from diagnosis.scans.scan import Frames

Level = Literal["green", "amber", "red"]

# From where on a property is amber, and from where on red. Of every fourth training
# picture, 1176 of 1177 are green in PneumoniaMNIST, 137 of 137 in BreastMNIST, 2010 of 2100 in
# MedNIST (the others: low contrast).
SMALL, TINY = 28, 16  # pixels on the shorter side; 28 is what the smallest models read
NARROW, FLAT = 40, 12  # grey levels of 255 between the darkest and brightest hundredth
WHITE, GLARING = 0.30, 0.70  # share of pixels at full white
DARK, BLACK = 0.97, 0.995  # share of pixels at full black
FEW_LEVELS = 8  # distinct values; below it is a mask, not a picture
COLOUR = 24  # of 255 between the channels, above compression noise, at which a pixel is coloured
TINTED, COLOURFUL = 0.001, 0.25  # share of coloured pixels


@dataclass(frozen=True)
class Quality:
    """Image quality, and whether the file states what the model is for.

    Attributes:
        level: the worst finding's.
        reasons: every finding that is not green: blank, small, contrast, white, black, few levels, grey,
            colour, overlay, colour file.
        mismatches: with the model's population, see ``scans.mismatch``.
        modality_known: from the file, or because the data set states it.
    """

    level: Level
    reasons: tuple[Reason, ...]
    mismatches: tuple[Reason, ...] = ()
    modality_known: bool = True

    def to_json(self) -> dict[str, object]:
        """``{"level", "reasons"}``."""
        return {"level": self.level, "reasons": [reason.to_json() for reason in self.reasons]}


def assess(
    scan: Frames,
    frame: int | None = 0,
    *,
    expects_grey: bool = True,
    population: Population = NOT_STATED,
    of_data_set: bool = False,
) -> Quality:
    """Check one frame, or with ``frame=None`` all of them as a whole (a volume's end slices may be empty).

    Args:
        scan: as read.
        frame: which one, or None.
        expects_grey: whether the model reads grey pictures.
        population: of the model.
        of_data_set: whether it is a sample of the model's data set, and no file.

    Raises:
        InputError: no such frame.
    """
    level, reasons = _picture(scan, frame, expects_grey, outlines=of_data_set and frame is None)
    return Quality(
        level,
        reasons,
        mismatches(scan, population),
        modality_known=of_data_set or states_modality(scan),
    )


def _picture(
    scan: Frames, frame: int | None, expects_grey: bool, *, outlines: bool
) -> tuple[Level, tuple[Reason, ...]]:
    """What is wrong with the pixels; not with their exposure where they may be ``outlines``."""
    if frame is None:
        pixels = scan.pixels
        shown = np.stack([scan.display(index) for index in range(scan.frames)])
    else:
        shown = scan.display(frame)[np.newaxis]  # (frames, height, width, channels)
        pixels = scan.pixels[frame : frame + 1]
    if pixels.min() == pixels.max():
        return "red", (Reason("blank"),)

    grey = shown.mean(axis=3, dtype=np.float32) if scan.pixels.shape[3] == 3 else shown[..., 0]
    findings = _size(scan)
    if not outlines:
        findings += [*_contrast(grey), *_saturation(grey)]
    if not findings and not outlines:
        findings += _levels(pixels)
    findings += _colour(shown, expects_grey)
    levels: list[Level] = [level for level, _ in findings]
    worst: Level = "red" if "red" in levels else "amber" if levels else "green"
    return worst, tuple(reason for _, reason in findings)


Findings = list[tuple[Level, Reason]]


def _size(scan: Frames) -> Findings:
    height, width = scan.pixels.shape[1:3]
    if min(height, width) >= SMALL:
        return []
    facts = {"width": width, "height": height, "at_least": SMALL}
    return [("red" if min(height, width) < TINY else "amber", Reason("small", facts))]


def _contrast(grey: np.ndarray) -> Findings:
    low, high = np.percentile(_sampled(grey), [1, 99])
    spread = float(high - low)
    if spread >= NARROW:
        return []
    level: Level = "red" if spread < FLAT else "amber"
    return [(level, Reason("contrast", {"grey_levels": spread}))]


def _saturation(grey: np.ndarray) -> Findings:
    # counted: a mean would turn every pixel into a float first
    white = np.count_nonzero(grey >= 255) / grey.size
    black = np.count_nonzero(grey <= 0) / grey.size
    findings: Findings = []
    if white > WHITE:
        findings.append(("red" if white > GLARING else "amber", Reason("white", {"share": white})))
    if black > DARK:
        findings.append(("red" if black > BLACK else "amber", Reason("black", {"share": black})))
    return findings


def _levels(pixels: np.ndarray) -> Findings:
    levels = len(np.unique(_sampled(pixels)))
    return [("amber", Reason("few levels", {"grey_levels": levels}))] if levels < FEW_LEVELS else []


def _colour(shown: np.ndarray, expects_grey: bool) -> Findings:
    if shown.shape[3] == 1:
        return [] if expects_grey else [("amber", Reason("grey"))]
    if not expects_grey:
        return []
    coloured = float(np.mean(shown.max(axis=3) - shown.min(axis=3) > COLOUR))
    if coloured > COLOURFUL:
        return [("red", Reason("colour", {"share": coloured}))]
    if coloured > TINTED:
        return [("amber", Reason("overlay", {"share": coloured}))]
    return [("amber", Reason("colour file"))]


def _sampled(values: np.ndarray, most: int = 500_000) -> np.ndarray:
    """Evenly drawn values, enough to count and rank: the exact ones change no finding."""
    flat = values.reshape(-1)
    return flat[:: -(-flat.size // most)]
