"""PNG, JPEG, TIFF, BMP, WebP and GIF: from a file's bytes to a scan. Pillow decodes them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO
from math import prod

import numpy as np
from PIL import Image
from PIL.ExifTags import Base as Exif
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from diagnosis.scans.limits import Limits
from diagnosis.scans.raster import gif, jpeg_scans, pillow, png, webp
from diagnosis.scans.raster.pillow import Decoded
from diagnosis.scans.raster.tiff import read_tiff
from diagnosis.scans.samples import extremes, finite, one_channel_if_equal, rescaled
from diagnosis.scans.scan import DTYPES, Scan, ScanError

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
CLEAR = "Transparent parts are shown as black."
TURNED = "Turned upright as its EXIF orientation says."


def read_raster(data: bytes, *, format: str, sha256: str, limits: Limits) -> Scan:
    """Decode a picture; several frames or pages become a stack.

    Raises:
        ScanError: no pixels, over a limit, cut short, a colour model that is not read.
    """
    decoded = READERS[format](data, limits)
    pixels = one_channel_if_equal(decoded.pixels)
    decoded.pixels = np.empty(0)
    if pixels.dtype not in DTYPES:
        pixels = rescaled(pixels)
    pixels, note = finite(pixels)
    notes = decoded.notes + ([note] if note else [])
    if decoded.bits > 8 and pixels.dtype == np.uint8:
        notes.append(f"Its {decoded.bits} bits a sample were reduced to 8.")
    return Scan(
        pixels=pixels,
        kind="picture" if len(pixels) == 1 else "stack",
        format=format,
        bits=decoded.bits,
        window=(0.0, 255.0) if pixels.dtype == np.uint8 else extremes(pixels),
        spacing=None,  # dots per inch are of paper, not of a body
        sha256=sha256,
        tags={
            "Rows": str(pixels.shape[1]),
            "Columns": str(pixels.shape[2]),
            "Frames": str(pixels.shape[0]),
            "Bits stored": str(decoded.bits),
            "Colours": decoded.colours,
        },
        notes=tuple(dict.fromkeys(notes)),
    )


def _read_png(data: bytes, limits: Limits) -> Decoded:
    file = png.parsed(data)
    width, height = struct.unpack_from(">II", data, 16)
    limits.check_pixels(rows=height, columns=width, frames=file.frames)
    if file.bits == 16 and file.colour in png.COLOUR_SAMPLES:
        return _deep_png(file, width * height, limits)
    try:
        decoded = _pictures(_opened(file.moving or file.still, "PNG"), file.frames, limits)
    except ScanError:
        raise
    except Exception:  # of many kinds
        if file.moving is None:
            raise
        decoded = _pictures(_opened(file.still, "PNG"), 1, limits)  # which does not need the rest
        decoded.notes.append("The animation in the file is damaged; only its picture is shown.")
    decoded.bits = 8 if file.colour == png.PALETTE else file.bits
    return decoded


def _deep_png(file: png.Png, area: int, limits: Limits) -> Decoded:
    """16 bits a sample, of which Pillow keeps the upper 8 in colours."""
    samples = png.COLOUR_SAMPLES[file.colour]
    colours = 3 if samples > 2 else 1
    limits.check_memory(
        decoded=2 * area * colours, working=2 * area * samples + max(4, 2 * colours) * area
    )
    exif: dict[int, int] = {}

    def load(mode: str, raw_mode: str) -> Image.Image:
        image = PngImageFile(BytesIO(file.still))
        image._mode = mode
        image.tile = [image.tile[0]._replace(args=raw_mode)]
        image.load()
        exif.update(image.getexif())
        return image

    stored = pillow.raw_bytes(load, 2 * samples).view(">u2")
    orientation = exif.get(Exif.Orientation, 1)
    height, width = stored.shape[:2]
    pixels = np.empty((1, *pillow.turned(width, height, orientation), colours), np.uint16)
    into = pillow.upright(pixels[0], orientation)
    clear = False
    for block in pillow.blocks(height, width):
        values = stored[(*block, slice(colours))]
        opaque = stored[(*block, slice(colours, None))]
        if samples > colours and opaque.min() < 65535:
            values, clear = np.rint(values * (opaque / 65535)), True
        elif len(file.key) == 2 * colours and samples == colours:
            hidden = (values == np.frombuffer(file.key, ">u2")).all(axis=2, keepdims=True)
            values, clear = np.where(hidden, 0, values), clear or bool(hidden.any())
        into[block] = values
    notes = [CLEAR] * clear + [TURNED] * (orientation in range(2, 9))
    if file.moving:
        notes.append("The file is an animation of 16 bits a sample; only its picture is shown.")
    return Decoded(pixels, 16, COLOURS[png.MODES[file.colour]], notes)


def _read_jpeg(data: bytes, limits: Limits) -> Decoded:
    jpeg_scans.check_scans(data)
    image = JpegImageFile(BytesIO(data))  # the first picture; phones put others behind it
    planes = len(image.getbands()) if "progressive" in image.info else 0
    area = prod(image.size)
    limits.check_memory(decoded=0, working=(2 * planes + (1 if image.mode == "L" else 4)) * area)
    decoded = _pictures(image, 1, limits)
    if "mp" in image.info:
        decoded.notes.append("Only the first picture in the file is shown.")
    return decoded


def _read_bmp(data: bytes, limits: Limits) -> Decoded:
    layout = "<HH" if data[14:18] == b"\x0c\0\0\0" else "<ii"  # OS/2's header has short numbers
    width, height = struct.unpack_from(layout, data.ljust(26, b"\0"), 18)
    limits.check_pixels(rows=abs(height), columns=width)  # negative is top-down
    return _pictures(_opened(data, "BMP"), 1, limits)


def _read_webp(data: bytes, limits: Limits) -> Decoded:
    width, height = webp.size_of(data)
    frames = webp.frames_in(data)
    limits.check_pixels(rows=height, columns=width, frames=frames)
    area = width * height
    # The decoder keeps two canvases and gives bytes, of which Pillow makes a picture.
    limits.check_memory(decoded=3 * area * frames, working=16 * area + 3 * area * frames)
    return _pictures(_opened(data, "WebP"), frames, limits)


def _read_gif(data: bytes, limits: Limits) -> Decoded:
    width, height = struct.unpack_from("<HH", data.ljust(10, b"\0"), 6)
    limits.check_pixels(rows=height, columns=width)
    frames, ended = gif.frames_in(data)
    limits.check_pixels(rows=height, columns=width, frames=frames)
    decoded = _pictures(_opened(data, "GIF"), frames, limits)
    if not ended:
        decoded.notes.append("The last byte of a GIF is missing; what is there is shown.")
    return decoded


READERS: dict[str, Callable[[bytes, Limits], Decoded]] = {
    "PNG": _read_png,
    "JPEG": _read_jpeg,
    "TIFF": read_tiff,
    "BMP": _read_bmp,
    "WebP": _read_webp,
    "GIF": _read_gif,
}


def _opened(data: bytes, format: str) -> Image.Image:
    return Image.open(BytesIO(data), formats=[format.upper()])


def _pictures(image: Image.Image, frames: int, limits: Limits) -> Decoded:
    """A picture of 8 bits a sample, or an animation of at most so many frames."""
    width, height = image.size
    limits.check_pixels(rows=height, columns=width, frames=frames)
    area = width * height
    grey = image.mode in ("1", "L") and frames == 1
    out = frames * area * (1 if grey else 3)
    limits.check_memory(decoded=out, working=out + (4 if frames == 1 else 12) * area)
    colours = COLOURS.get(image.mode, "other")
    bits = 1 if image.mode == "1" else 8
    image.load()
    orientation = image.getexif().get(Exif.Orientation, 1)
    channels = 3 if frames > 1 else pillow.channels(image)
    pixels = np.empty((frames, *pillow.turned(width, height, orientation), channels), np.uint8)
    notes = [TURNED] if orientation in range(2, 9) else []
    read = left_out = 0
    for index in range(frames):
        try:
            image.seek(index)
        except EOFError:
            break
        if image.size != (width, height):  # a GIF may outgrow its own canvas
            left_out += 1
            continue
        image.load()
        if image.format == "BMP" and image.mode == "RGBA":
            meant = image.getchannel("A").getextrema() != (0, 0)  # some programs leave it at 0
        else:
            meant = True
        into = pillow.upright(pixels[read], orientation)
        if pillow.fill(into, image, keep_alpha=meant):
            notes.append(CLEAR)
        read += 1
    if left_out:
        notes.append(f"Pages of another size or type than the first were left out: {left_out}.")
    return Decoded(pixels[:read], bits, colours, notes)
