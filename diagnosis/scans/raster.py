"""PNG, JPEG, TIFF, BMP, WebP and GIF, read by Pillow."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from io import BytesIO
from itertools import count

import numpy as np
from PIL import Image, ImageOps
from PIL.ExifTags import Base as Exif
from PIL.TiffImagePlugin import BITSPERSAMPLE, PHOTOMETRIC_INTERPRETATION

from diagnosis.scans.limits import Limits
from diagnosis.scans.samples import extremes, finite, one_channel_if_equal, rescaled
from diagnosis.scans.scan import Scan, ScanError

# Where the declared width and height are: format, offset. Pillow refuses a picture without pixels
# in the same words as a damaged one.
SIZES = {"PNG": (">II", 16), "GIF": ("<HH", 6), "BMP": ("<ii", 18)}

COLOURS = {
    "1": "black and white",
    "L": "grey",
    "LA": "grey with transparency",
    "P": "palette",
    "RGB": "RGB",
    "RGBA": "RGB with transparency",
    "CMYK": "CMYK",
    "YCbCr": "YCbCr",
    "I": "grey",
    "F": "grey",
}


def read_raster(data: bytes, *, format: str, sha256: str, limits: Limits) -> Scan:
    """Decode a picture; several frames or pages become a stack.

    Raises:
        ScanError: no pixels, over a limit, cut short, a colour model that is not read.
    """
    _check_declared_size(data, format, limits)
    if _lacks_its_end(data, format):
        raise ScanError(f"The {format} file is cut short: copy or export it again.")
    silenced = _libtiff_silenced() if format == "TIFF" else nullcontext()
    with silenced, _opened(data, format, limits) as image:
        bits = _bits(image, data)
        colours = COLOURS.get(image.mode.partition(";")[0], "other")
        frames, notes = _frames(image, format, limits)

    channels = max(frame.shape[2] for frame in frames)
    stacked = np.stack([np.repeat(f, channels // f.shape[2], axis=2) for f in frames])
    pixels, note = finite(rescaled(one_channel_if_equal(stacked)))
    notes += [note] if note else []
    if bits > 8 and pixels.dtype == np.uint8:
        notes.append(f"Its {bits} bits a sample were reduced to 8.")
    return Scan(
        pixels=pixels,
        kind="picture" if len(pixels) == 1 else "stack",
        format=format,
        bits=bits,
        window=(0.0, 255.0) if pixels.dtype == np.uint8 else extremes(pixels),
        spacing=None,  # dots per inch are of paper, not of a body
        sha256=sha256,
        tags={
            "Rows": str(pixels.shape[1]),
            "Columns": str(pixels.shape[2]),
            "Frames": str(pixels.shape[0]),
            "Bits stored": str(bits),
            "Colours": colours,
        },
        notes=tuple(dict.fromkeys(notes)),
    )


def _check_declared_size(data: bytes, format: str, limits: Limits) -> None:
    if format in SIZES:
        layout, offset = SIZES[format]
        if format == "BMP" and data[14:18] == b"\x0c\0\0\0":  # OS/2's header has short numbers
            layout = "<HH"
        if len(data) >= offset + struct.calcsize(layout):
            width, height = struct.unpack_from(layout, data, offset)
            limits.check_pixels(rows=abs(height), columns=width)  # BMP: negative is top-down


def _lacks_its_end(data: bytes, format: str) -> bool:
    """Whether the end is missing that Pillow does not miss once it has all rows, or some frames."""
    if format == "PNG":
        return b"IEND\xaeB`\x82" not in data  # the last chunk, wherever: some tools append to it
    return format == "GIF" and not data.rstrip(b"\0").endswith(b";")


def _opened(data: bytes, format: str, limits: Limits) -> Image.Image:
    try:
        return Image.open(BytesIO(data), formats=[format.upper()])
    except Image.DecompressionBombError as error:
        raise ScanError(
            f"The file unpacks to more pixels than the limit of {limits.pixels:,}: give a smaller "
            "picture."
        ) from error


@contextmanager
def _libtiff_silenced() -> Iterator[None]:
    """Keep what libtiff prints about a damaged file, past Python, out of standard error.

    The process has one standard error: for these milliseconds other threads lose theirs too.
    """
    try:
        kept = os.dup(2)
    except OSError:  # there is none, as in some services
        yield
        return
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def _bits(image: Image.Image, data: bytes) -> int:
    """Bits used per sample in the file."""
    if image.format == "TIFF":
        return int(image.tag_v2.get(BITSPERSAMPLE, (1,))[0])  # type: ignore[attr-defined]
    if image.format == "PNG" and image.mode != "P":
        return data[24]  # IHDR's bit depth; a palette's colours have 8 bits
    return 1 if image.mode == "1" else 8


def _frames(image: Image.Image, format: str, limits: Limits) -> tuple[list[np.ndarray], list[str]]:
    """All frames of the first one's size and type, each ``(height, width, 1 or 3)``, and notes."""
    frames: list[np.ndarray] = []
    notes: list[str] = []
    left_out = 0
    for index in count():
        try:
            image.seek(index)
        except EOFError:
            break
        if index and format == "JPEG":  # a phone's or camera's second picture in the same file
            notes.append("Only the first picture in the file is shown.")
            break
        width, height = image.size
        limits.check_pixels(rows=height, columns=width, frames=index + 1)
        samples, remarks = _samples(image)
        if frames and (samples.shape[:2], samples.dtype) != (frames[0].shape[:2], frames[0].dtype):
            left_out += 1
            continue
        frames.append(samples)
        notes += remarks
    if left_out:
        notes.append(f"Pages of another size or type than the first were left out: {left_out}.")
    return frames, notes


def _samples(image: Image.Image) -> tuple[np.ndarray, list[str]]:
    """Decode the frame at hand, upright, low values dark: ``(height, width, 1 or 3)`` and notes."""
    notes = []
    turned = image.getexif().get(Exif.Orientation, 1) in range(2, 9)
    white_is_zero = _white_is_zero(image)
    image.load()  # TIFF turns itself upright here and forgets that it had to
    page = ImageOps.exif_transpose(image) or image
    if turned:
        notes.append("Turned upright as its EXIF orientation says.")

    if page.mode.startswith("I") or page.mode == "F":
        values = np.asarray(page)
        values = values.astype(values.dtype.newbyteorder("="), copy=False)
        if white_is_zero:
            top = 65535 if values.dtype == np.uint16 else values.max() + values.min()
            values = top - values
            notes.append("Stored with low values white; inverted.")
        return values[..., np.newaxis], notes

    if page.has_transparency_data:
        page = page.convert("RGBA")
        if page.getchannel("A").getextrema() != (255, 255):
            black = Image.new("RGBA", page.size, (0, 0, 0, 255))
            page = Image.alpha_composite(black, page)
            notes.append("Transparent parts are shown as black.")
    if page.mode in ("1", "L"):
        return np.asarray(page.convert("L"))[..., np.newaxis], notes
    if page.mode not in ("P", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"):
        raise ScanError("The picture's colour model is not read here: save it as RGB or grey.")
    return np.asarray(page.convert("RGB")), notes


def _white_is_zero(image: Image.Image) -> bool:
    """Whether low values are white and Pillow leaves them so (it inverts up to 8 bits itself)."""
    if image.format != "TIFF" or not (image.mode.startswith("I;16") or image.mode == "F"):
        return False
    return image.tag_v2.get(PHOTOMETRIC_INTERPRETATION) == 0  # type: ignore[attr-defined]
