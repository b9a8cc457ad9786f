"""TIFF: samples of 1 to 64 bits, whole, signed or float, grey or in colour, in strips or tiles.

libtiff, which Pillow brings, undoes every compression, but Pillow knows few kinds of samples. What is
signed or has more than 8 bits is therefore taken as the bytes that libtiff gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from math import prod

import numpy as np
from PIL import Image, ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from diagnosis.scans.apart.quiet import muted
from diagnosis.scans.limits import Limits
from diagnosis.scans.raster import pillow
from diagnosis.scans.raster.pillow import Decoded
from diagnosis.scans.raster.tiff_pages import MASK, ORIENTATION, REDUCED, Page, pages
from diagnosis.scans.raster.tiff_planes import planes
from diagnosis.scans.scan import ScanError

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR = 0, 1, 2, 3, 5, 6
COLOURS = {RGB: "RGB", PALETTE: "palette", CMYK: "CMYK", YCBCR: "YCbCr"}
UNSIGNED, SIGNED, FLOAT, NOT_SAID = 1, 2, 3, 4
KINDS = {UNSIGNED: "u", SIGNED: "i", FLOAT: "f", NOT_SAID: "u"}
MULTIPLIED, ALPHA = 1, 2  # what a sample beyond the colours is: opacity, in the colours or not yet
JPEG = (6, 7, 33007, 34892)  # compressions that turn colours around themselves
USUAL = (1, 2, 3, 4, 5, 7, 8, 32773, 32946)  # compressions that every libtiff undoes
FILLED = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr")  # Pillow's modes
COLOUR_SAMPLES = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, CMYK: 4}


class _File(TiffImageFile):
    """Pillow's reader, which decodes only the page that is asked for, and leaves it as it lies."""

    def _setup(self) -> None:
        self._mode, self._size, self.tile = "L", (1, 1), []  # the first page may be of any kind

    def page(self, page: Page, modes: tuple[str, str] | None = None) -> Image.Image:
        """A page as Pillow knows it, or its bytes by a mode and a raw mode; until the next is asked for."""
        self.seek(page.index)
        self._im = None
        if modes is None:
            self.tag_v2.pop(ORIENTATION, None)
            super()._setup()
        else:
            self._mode, raw_mode = modes
            self._size = self._tile_size = (page.width, page.height)
            self.use_load_libtiff = True
            place = (raw_mode, False, self.tag_v2.offset)
            self.tile = [ImageFile._Tile("libtiff", (0, 0, *self._size), 0, place)]
        self.load()
        return self

    def drop(self) -> None:
        """Let the page's pixels go."""
        self._im = None

    def load_end(self) -> None:
        """Pillow would turn the page upright here, in a copy."""


def read_tiff(data: bytes, limits: Limits) -> Decoded:
    """Decode all pages that are like the first one which is no reduced copy of another.

    Raises:
        ScanError: no pixels, over a limit, cut short, or samples that are not read.
    """
    every = pages(data, limits)
    whole = [page for page in every if not page.subfile & (REDUCED | MASK)] or every
    first = whole[0]
    alike = [page for page in whole if _likeness(page) == _likeness(first)]
    notes = []
    if reduced := len(every) - len(whole):
        notes.append(f"Reduced copies and masks beside the picture were left out: {reduced}.")
    if others := len(whole) - len(alike):
        notes.append(f"Pages of another size or type than the first were left out: {others}.")
    limits.check_pixels(rows=first.height, columns=first.width, frames=len(alike))
    with muted():
        read = _ordinary if _dtype(first) is None else _deep
        pixels, remarks = read(data, alike, limits)
    return Decoded(
        pixels,
        max(first.bits, default=1),
        COLOURS.get(first.photometric, _grey(first)),
        notes + remarks,
    )


def _likeness(page: Page) -> tuple[object, ...]:
    upright = pillow.turned(page.width, page.height, page.orientation)
    return upright, page.planar, _dtype(page) or max(page.bits, default=0) > 8


def _grey(page: Page) -> str:
    return "black and white" if page.bits == (1,) else "grey"


def _dtype(page: Page) -> np.dtype | None:
    """The type of samples that are taken as bytes; None where Pillow decodes them correctly itself."""
    colours = COLOUR_SAMPLES.get(page.photometric, 99)
    if len(set(page.bits)) != 1 or page.bits[0] % 8 or page.compression in JPEG:
        return None
    if page.samples < colours:
        return None
    plain = page.bits[0] == 8 and KINDS.get(page.format) == "u"
    beyond = page.samples > 1 if page.photometric == WHITE_IS_ZERO else page.samples > 2
    if plain and not (colours == 1 and beyond):
        return None
    name = f"{KINDS.get(page.format)}{page.bits[0] // 8}"
    if name not in ("u1", "i1", "u2", "i2", "f2", "u4", "i4", "f4", "u8", "i8", "f8"):
        return None
    dtype = np.dtype(name)
    together = 1 if page.planar else page.samples
    return dtype if together * dtype.itemsize in pillow.RAW else None


def _ordinary(data: bytes, alike: Sequence[Page], limits: Limits) -> tuple[np.ndarray, list[str]]:
    """Pages of up to 8 bits a sample, and what else Pillow reads rightly."""
    shape = _shape(alike, 3)
    area = alike[0].width * alike[0].height
    limits.check_memory(decoded=prod(shape), working=prod(shape) + 7 * area)
    file = _File(BytesIO(data))
    pixels = np.empty((0, 0, 0, 0), np.uint8)
    notes: list[str] = []
    for number, page in enumerate(alike):
        try:
            image = file.page(page)
        except SyntaxError as error:
            raise _not_read(page) from error
        except OSError as error:
            if page.compression in USUAL:
                raise
            raise _not_read(page) from error
        deep = image.mode.startswith("I;16")
        if not deep and image.mode not in FILLED:
            raise ScanError("The picture's colour model is not read here: save it as RGB or grey.")
        if not number:
            channels = 1 if deep else 3 if len(alike) > 1 else pillow.channels(image)
            pixels = np.empty((*shape[:3], channels), np.uint16 if deep else np.uint8)
        into = pillow.upright(pixels[number], page.orientation)
        if deep:
            for block, part in pillow.parts(image):
                into[block] = np.asarray(part)[..., np.newaxis]
        elif pillow.fill(into, image, keep_alpha=_meant(image, page)):
            notes.append("Transparent parts are shown as black.")
    return pixels, notes + _turned(alike)


def _meant(image: Image.Image, page: Page) -> bool:
    """Whether an alpha channel is one: not where the file does not say so and every value is 0."""
    unsaid = page.photometric == RGB and page.samples > 3 and not page.extra
    return not (unsaid and image.mode == "RGBA") or image.getchannel("A").getextrema() != (0, 0)


def _deep(data: bytes, alike: Sequence[Page], limits: Limits) -> tuple[np.ndarray, list[str]]:
    """Pages whose samples are signed or have more than 8 bits, from the bytes of their pixels."""
    dtype = _dtype(alike[0])
    assert dtype is not None
    shape = _shape(alike, 1 if COLOUR_SAMPLES[alike[0].photometric] == 1 else 3)
    out = np.dtype(np.float32) if dtype.kind == "f" else dtype
    area = alike[0].width * alike[0].height
    size = max(page.samples for page in alike) * dtype.itemsize
    decoded = prod(shape) * out.itemsize
    limits.check_memory(decoded=decoded, working=max(decoded + area * size, area * (4 + size)))
    parts = [[page] for page in alike]
    if alike[0].planar:
        data, parts = planes(data, alike, limits)
    file = _File(BytesIO(data))
    pixels = np.empty((0, 0, 0, 0), out)
    notes: list[str] = []
    for number, page in enumerate(alike):
        samples = _joined(file, parts[number], page, dtype)
        if not number:
            pixels = np.empty(shape, out)
        notes += _show(pillow.upright(pixels[number], page.orientation), samples, page)
    return pixels, notes + _turned(alike)


def _joined(file: _File, parts: list[Page], page: Page, dtype: np.dtype) -> np.ndarray:
    """The samples of a page that may lie in planes, of those what is needed."""
    if len(parts) == 1:
        return _samples(file, parts[0], dtype)
    opacity = _opacity(page)
    needed = COLOUR_SAMPLES[page.photometric] + (0 if opacity is None else 1 + opacity)
    samples = np.empty((page.height, page.width, needed), dtype)
    for plane in range(needed):
        samples[..., plane] = _samples(file, parts[plane], dtype)[..., 0]
    return samples


def _samples(file: _File, page: Page, dtype: np.dtype) -> np.ndarray:
    """The samples of a page as stored, ``(height, width, samples)``."""
    size = page.samples * dtype.itemsize
    try:
        raw = pillow.raw_bytes(lambda *modes: file.page(page, modes), size)
    except OSError as error:
        if page.compression in USUAL:
            raise
        raise _not_read(page) from error
    file.drop()  # in this machine's byte order, as libtiff gives it
    return raw.view(dtype)


def _show(into: np.ndarray, samples: np.ndarray, page: Page) -> list[str]:
    """Write samples as grey or RGB in which low values are dark; returns notes."""
    used = COLOUR_SAMPLES[page.photometric]
    kind, notes = samples.dtype.kind, []
    top: float = 2 ** (8 * samples.dtype.itemsize) - 1
    if page.photometric == WHITE_IS_ZERO and kind != "u":
        top = _ends(samples[..., :used])
    alpha = None
    which = _opacity(page)
    if which is not None and kind == "u":
        opacity = samples[..., used + which, np.newaxis]
        if opacity.min() < top:
            notes.append("Transparent parts are shown as black.")
            alpha = opacity if page.extra[which] == ALPHA else None
    if page.photometric == WHITE_IS_ZERO:
        notes.append("Stored with low values white; inverted.")
    for block in pillow.blocks(page.height, page.width):
        values = samples[(*block, slice(used))]
        if page.photometric in (WHITE_IS_ZERO, CMYK):
            values = _inverted(values, top)
        if page.photometric == CMYK:
            values = _scaled(values[..., :3], values[..., 3:], top)
        if alpha is not None:
            values = _scaled(values, alpha[block], top)
        into[block] = values
    return notes


def _opacity(page: Page) -> int | None:
    """Which of the samples beyond the colours is opacity; None if the file says so of none."""
    beyond = page.extra[: page.samples - COLOUR_SAMPLES[page.photometric]]
    return next((n for n, said in enumerate(beyond) if said in (MULTIPLIED, ALPHA)), None)


def _ends(values: np.ndarray) -> float:
    """The smallest and the largest number together: what minus a value mirrors it in its range."""
    if values.dtype.kind == "i":
        return int(values.min()) + int(values.max())
    good = np.isfinite(values)
    low = np.min(values, where=good, initial=np.inf)
    return float(low) + float(np.max(values, where=good, initial=-np.inf))


def _inverted(values: np.ndarray, top: float) -> np.ndarray:
    if values.dtype.kind == "u":
        return ~values
    return (top - values.astype(np.float64)).astype(values.dtype)


def _scaled(values: np.ndarray, share: np.ndarray, top: float) -> np.ndarray:
    """Values times what part of ``top`` another sample is."""
    return np.rint(values * (share / top)).astype(values.dtype)


def _shape(alike: Sequence[Page], channels: int) -> tuple[int, int, int, int]:
    first = alike[0]
    return len(alike), *pillow.turned(first.width, first.height, first.orientation), channels


def _turned(alike: Sequence[Page]) -> list[str]:
    turned = any(page.orientation in range(2, 9) for page in alike)
    return ["Turned upright as its EXIF orientation says."] if turned else []


def _not_read(page: Page) -> ScanError:
    bits = " and ".join(str(bits) for bits in dict.fromkeys(page.bits))
    return ScanError(
        f"The TIFF file stores its picture in a way that is not read here ({page.samples} samples "
        f"of {bits} bits, compression {page.compression}): save it as PNG, or as a TIFF of 8 or "
        "16 bits."
    )
