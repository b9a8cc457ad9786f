"""DICOM: from stored values to grey values or colours, as the standard's pipeline says.

Stored values → modality (rescale or its table) → values of interest (window or its table) →
presentation (MONOCHROME1 shows low values white): PS3.4, annex N.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset

from diagnosis.scans.dicom import frames as dicom_frames
from diagnosis.scans.dicom.bits import aligned, padding_of
from diagnosis.scans.dicom.codestreams import syntax_name
from diagnosis.scans.dicom.file import parsed
from diagnosis.scans.dicom.image import GREY, PALETTE, ImagePixel, image_pixel
from diagnosis.scans.dicom.luts import coloured, modality_table, voi_table
from diagnosis.scans.dicom.pixels import stored_values
from diagnosis.scans.dicom.tags import technical_tags
from diagnosis.scans.limits import Limits
from diagnosis.scans.samples import extremes, finite, one_channel_if_equal, rescaled, usable_window
from diagnosis.scans.scan import SQUARE, Scan, Shown

Window = tuple[float, float]


def read_dicom(data: bytes, *, sha256: str, limits: Limits) -> Scan:
    """Decode a DICOM file: one frame is a picture, several a stack or a volume.

    Raises:
        ScanError: no picture, encrypted, a transfer syntax that cannot be read, over a limit.
    """
    file = parsed(data, limits)
    dataset = file.dataset
    image = image_pixel(dataset, file.pixels.keyword, limits)
    stored, remarks = stored_values(dataset, file.pixels, image, file.inner, limits)
    notes = [*file.notes, *image.notes, *remarks]
    frames, image = len(stored.values), stored.image
    values, padding = stored.values, None
    if image.photometric in GREY:
        padding = padding_of(values, dataset, image.allocated)  # may lie beside the stored bits
    if stored.loose:
        values, remarks = aligned(values, image)
        notes += remarks
    if image.photometric in GREY:
        if padding is None:
            padding = padding_of(values, dataset, image.stored)
        pixels, shown, remarks = _grey(values, padding, dataset, image)
    else:
        pixels, shown, remarks = _colour(values, dataset, image)
    notes += remarks
    if "EncryptedAttributesSequence" in dataset:
        notes.append("Some of the file's other elements are encrypted; its picture is not.")
    aspect = dicom_frames.aspect(dataset)
    layout = dicom_frames.layout(dataset, frames)
    if layout.order != list(range(frames)):
        pixels, shown = pixels[layout.order], [shown[frame] for frame in layout.order]
    notes += layout.notes
    if abs(aspect - 1) > SQUARE:
        notes.append(
            f"Its pixels are {aspect:.3g} times as high as wide; it is shown with square ones."
        )
    same = len(set(shown)) == 1 and not shown[0].sigmoid
    return Scan(
        pixels=pixels,
        kind=layout.kind,
        format="DICOM",
        bits=8 if image.photometric == PALETTE else image.stored,
        window=(min(frame.low for frame in shown), max(frame.high for frame in shown)),
        spacing=layout.spacing,
        sha256=sha256,
        tags=technical_tags(dataset, file.syntax) | {"Transfer syntax": syntax_name(file.syntax)},
        notes=tuple(notes),
        shown=() if same else tuple(shown),
        aspect=aspect,
        geometry=layout.geometry,
    )


@dataclass
class _Scale:
    """What the values of each frame mean: ``slope``, ``intercept`` ``(frames,)``, the ``ends`` that they
    can reach ``(frames, 2)``, and the file's windows over what comes out of both."""

    slope: np.ndarray
    intercept: np.ndarray
    ends: np.ndarray
    windows: list[Shown | None]


def _grey(
    stored: np.ndarray, padding: np.ndarray | None, dataset: Dataset, image: ImagePixel
) -> tuple[np.ndarray, list[Shown], list[str]]:
    """Grey values ``(frames, rows, columns, 1)``, how each frame is shown, notes."""
    inverted = image.photometric == "MONOCHROME1"
    notes = []
    if padding is not None:
        _fill(stored, padding, inverted=inverted)
        notes.append("Padding around the picture was set to black.")
    frames = len(stored)
    slope, intercept = dicom_frames.scale(dataset, frames)
    ends = np.tile(_stored_range(stored, image), (frames, 1))
    windows = [dicom_frames.window(dataset, frame) for frame in range(frames)]
    scale = _Scale(slope, intercept, ends, windows)

    if _has_tables(dataset, frames):
        stored, curved = _through_tables(stored, dataset, image, scale)
        if curved:
            notes.append("Grey values follow the curve stored in the file (VOI LUT).")
    if inverted:
        total = ends.sum(axis=1)  # the darkest becomes the brightest within the stored range
        for frame in range(frames):
            darkest = stored.dtype.type(
                total[frame] if stored.dtype.kind == "f" else int(total[frame])
            )
            np.subtract(darkest, stored[frame], out=stored[frame])
        mirror = (slope * total + 2 * intercept).tolist()
        windows = [
            shown and Shown(mirror[frame] - shown.high, mirror[frame] - shown.low, shown.sigmoid)
            for frame, shown in enumerate(windows)
        ]
        notes.append("Stored with low values white (MONOCHROME1); inverted.")

    if len(set(slope)) == len(set(intercept)) == 1:
        pixels = rescaled(stored, float(slope[0]), float(intercept[0]))
    else:
        column = (frames, 1, 1, 1)
        pixels = rescaled(stored, slope.reshape(column), intercept.reshape(column))
    pixels, gaps = finite(pixels)
    shown, remark = _windows(windows, pixels, image)
    return pixels, shown, notes + [note for note in (gaps, remark) if note]


def _has_tables(dataset: Dataset, frames: int) -> bool:
    return any(
        group.get("ModalityLUTSequence") or group.get("VOILUTSequence")
        for frame in range(frames)
        for group in _groups(dataset, frame)
    )


def _groups(dataset: Dataset, frame: int) -> tuple[Dataset, Dataset]:
    """Where a frame's modality table and its VOI table would be."""
    modality = dicom_frames.groups(dataset, frame, "PixelValueTransformationSequence")
    if "ModalityLUTSequence" not in modality:
        modality = dataset
    return modality, dicom_frames.groups(dataset, frame, "FrameVOILUTSequence")


def _through_tables(
    stored: np.ndarray,
    dataset: Dataset,
    image: ImagePixel,
    scale: _Scale,
) -> tuple[np.ndarray, bool]:
    """Values as modality and VOI tables give them, and whether a VOI table did.

    Each frame may have its own tables or none; ``scale`` is set to that of what they give.
    """
    found, curved = [], False
    for frame in range(len(stored)):
        values = stored[frame]
        modality, voi = _groups(dataset, frame)
        table = modality_table(modality, image.signed, extremes(values))
        if table is not None:
            values = table.of(values)
            scale.slope[frame], scale.intercept[frame], scale.ends[frame] = 1, 0, table.ends
        if voi.get("VOILUTSequence"):
            slope, intercept = float(scale.slope[frame]), float(scale.intercept[frame])
            values = rescaled(values, slope, intercept)
            scale.ends[frame] = slope * scale.ends[frame] + intercept
            scale.slope[frame], scale.intercept[frame] = 1, 0
            curve = voi_table(voi, bool(scale.ends[frame].min() < 0), extremes(values))
            if curve is not None:
                values, curved = curve.of(values), True
                scale.ends[frame], scale.windows[frame] = curve.ends, Shown(*curve.ends)
        found.append(values)
    return np.stack(found), curved


def _windows(
    windows: list[Shown | None], pixels: np.ndarray, image: ImagePixel
) -> tuple[list[Shown], str | None]:
    """How each frame is shown: by its window where that shows something, else the whole range."""
    whole = extremes(pixels)
    if pixels.dtype == np.uint8 and image.stored == 8:
        whole = (0.0, 255.0)  # without a window, the file's full range is what it shows
    found, remark = [], None
    for shown in windows:
        if shown is None:
            found.append(Shown(*whole))
            continue
        (low, high), unused = usable_window((shown.low, shown.high), pixels)
        remark = remark or unused
        found.append(Shown(low, high) if unused else shown)
    return found, remark


def _colour(
    stored: np.ndarray, dataset: Dataset, image: ImagePixel
) -> tuple[np.ndarray, list[Shown], list[str]]:
    """Colours ``(frames, rows, columns, 3)``, or 1 where they are all grey; how they are shown."""
    bits = 8
    if image.photometric == PALETTE:
        stored = coloured(stored[..., 0], dataset, signed=image.signed)
    elif image.stored > 8:  # of 16 bits some files fill 12
        bits = max(int(stored.max()).bit_length(), 8)
    pixels = one_channel_if_equal(rescaled(stored))
    return pixels, [Shown(0.0, 2.0**bits - 1)] * len(pixels), []


def _stored_range(stored: np.ndarray, image: ImagePixel) -> Window:
    """The smallest and largest value that can be stored; of floats, those that are."""
    if stored.dtype.kind == "f":
        good = np.isfinite(stored)
        if not good.any():
            return 0.0, 0.0
        return (
            float(np.min(stored, where=good, initial=np.inf)),
            float(np.max(stored, where=good, initial=-np.inf)),
        )
    if image.signed:
        return -(2.0 ** (image.stored - 1)), 2.0 ** (image.stored - 1) - 1
    return 0.0, 2.0**image.stored - 1


def _fill(stored: np.ndarray, padding: np.ndarray, *, inverted: bool) -> None:
    """Set padding (values that were never measured) to the darkest measured value, in place."""
    low, high = extremes(stored)
    measured = ~padding
    stored[padding] = (
        np.max(stored, where=measured, initial=stored.dtype.type(low))
        if inverted
        else np.min(stored, where=measured, initial=stored.dtype.type(high))
    )
