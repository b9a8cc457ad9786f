"""DICOM: from stored values to grey values or colours, as the standard's pipeline says.

Stored values → modality (rescale or its table) → values of interest (window or its table) →
presentation (MONOCHROME1 shows low values white): PS3.4, annex N.2.
"""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi

from diagnosis.scans import dicom_frames
from diagnosis.scans.dicom_file import check_compressed_frames, decoder_for, parsed
from diagnosis.scans.dicom_tags import technical_tags
from diagnosis.scans.limits import Limits
from diagnosis.scans.samples import finite, one_channel_if_equal, rescaled, usable_window
from diagnosis.scans.scan import Scan, ScanError

Window = tuple[float, float]


def read_dicom(data: bytes, *, sha256: str, limits: Limits) -> Scan:
    """Decode a DICOM file: one frame is a picture, several a stack or a volume.

    Raises:
        ScanError: no picture, encrypted, a transfer syntax that cannot be read, over a limit.
    """
    dataset, syntax = parsed(data, limits)
    rows, columns = int(dataset.get("Rows") or 0), int(dataset.get("Columns") or 0)
    frames = int(dataset.get("NumberOfFrames") or 1)
    limits.check_pixels(rows=rows, columns=columns, frames=frames)
    decoder = decoder_for(dataset, syntax)
    check_compressed_frames(dataset, syntax, rows=rows, columns=columns, frames=frames)
    stored, found = decoder.as_array(dataset)
    stored = stored.reshape(frames, rows, columns, -1)
    stored = stored.astype(stored.dtype.newbyteorder("="), copy=False)

    photometric = str(found["photometric_interpretation"])
    bits = int(found.get("bits_stored") or found["bits_allocated"])
    if photometric in ("MONOCHROME1", "MONOCHROME2"):
        pixels, window, notes = _grey(stored, dataset, bits, inverted=photometric == "MONOCHROME1")
    elif photometric in ("RGB", "PALETTE COLOR"):
        pixels, window, notes = _colour(stored, dataset, bits, palette=photometric != "RGB")
    else:
        raise ScanError(
            "The DICOM file stores its colours in a way that is not read here: export it as RGB "
            "or MONOCHROME2."
        )
    if "EncryptedAttributesSequence" in dataset:
        notes.append("Some of the file's other elements are encrypted; its picture is not.")

    layout = dicom_frames.layout(dataset, frames)
    if layout.order != list(range(frames)):
        pixels = pixels[layout.order]
    return Scan(
        pixels=pixels,
        kind=layout.kind,
        format="DICOM",
        bits=bits,
        window=window,
        spacing=layout.spacing,
        sha256=sha256,
        tags=technical_tags(dataset, syntax),
        notes=(*notes, *layout.notes),
    )


def _grey(
    stored: np.ndarray, dataset: Dataset, bits: int, *, inverted: bool
) -> tuple[np.ndarray, Window, list[str]]:
    """Grey values ``(frames, rows, columns, 1)``, the window over them, notes."""
    frames = len(stored)
    notes = []
    if _fill_padding(stored, dataset, inverted):
        notes.append("Padding around the picture was set to black.")
    slope, intercept = dicom_frames.scale(dataset, frames)
    window = dicom_frames.window(dataset, frames)
    ends = _stored_range(stored, dataset, bits)
    if dataset.get("ModalityLUTSequence"):
        stored, ends = (
            apply_modality_lut(stored, dataset),
            _table_range(dataset.ModalityLUTSequence),
        )
        slope, intercept = 1.0, 0.0
    if dataset.get("VOILUTSequence"):
        values = rescaled(stored, slope, intercept)
        if values.dtype.kind == "f":
            values = np.rint(values).astype(np.int32)
        stored, ends = apply_voi(values, dataset), _table_range(dataset.VOILUTSequence)
        slope, intercept, window = 1.0, 0.0, ends
        notes.append("Grey values follow the curve stored in the file (VOI LUT).")
    if inverted:
        total = ends[0] + ends[1]  # the darkest becomes the brightest within the stored range
        stored = (
            np.subtract(int(total), stored, dtype=stored.dtype)
            if stored.dtype.kind in "iu"
            else np.float32(total) - stored
        )
        if window:
            mirror = float(np.mean(slope) * total + 2 * np.mean(intercept))
            window = mirror - window[1], mirror - window[0]
        notes.append("Stored with low values white (MONOCHROME1); inverted.")

    pixels, gaps = finite(rescaled(stored, slope, intercept))
    if window is None and pixels.dtype == np.uint8 and bits == 8:
        window = (0.0, 255.0)  # without a window, the file's full range is what it shows
    shown, remark = usable_window(window, pixels)
    return pixels, shown, notes + [note for note in (gaps, remark) if note]


def _colour(
    stored: np.ndarray, dataset: Dataset, bits: int, *, palette: bool
) -> tuple[np.ndarray, Window, list[str]]:
    """Colours ``(frames, rows, columns, 3)``, or 1 where they are all grey."""
    if palette:
        stored = apply_color_lut(stored[..., 0], dataset)
        if stored.dtype == np.uint16:  # its tables span 16 bits whatever the index has
            stored = (stored >> 8).astype(np.uint8)
        bits = 8
    pixels = one_channel_if_equal(rescaled(stored))
    return pixels, (0.0, float(2 ** max(bits, 8) - 1)), []


def _stored_range(stored: np.ndarray, dataset: Dataset, bits: int) -> Window:
    """The smallest and largest value that can be stored; of floats, those that are."""
    if stored.dtype.kind == "f":
        good = stored[np.isfinite(stored)]
        return (float(good.min()), float(good.max())) if good.size else (0.0, 0.0)
    if dataset.get("PixelRepresentation"):
        return -(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1
    return 0.0, 2.0**bits - 1


def _table_range(sequence: list[Dataset]) -> Window:
    """What a lookup table can give, from the bits in its descriptor."""
    return 0.0, 2.0 ** int(sequence[0].LUTDescriptor[2]) - 1


def _fill_padding(stored: np.ndarray, dataset: Dataset, inverted: bool) -> bool:
    """Set padding (values that were never measured) to the darkest measured value, in place."""
    ends = dicom_frames.numbers([dataset.get("PixelPaddingValue")], 1)
    if ends is None:
        return False
    limit = dicom_frames.numbers([dataset.get("PixelPaddingRangeLimit")], 1)
    low, high = sorted((ends[0], ends[0] if limit is None else limit[0]))
    if low > stored.max() or high < stored.min():
        return False
    padding = (stored >= low) & (stored <= high)
    if not padding.any() or padding.all():
        return False
    measured = stored[~padding]
    stored[padding] = measured.max() if inverted else measured.min()
    return True
