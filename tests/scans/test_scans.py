"""Pictures of every kind become scans; every sample scan is read; nothing names a person."""

import re
import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image, ImageCms

from diagnosis.core.errors import InputError
from diagnosis.scans import Limits, Scan, ScanError, read_scan, read_scan_file
from diagnosis.scans.raster import pillow
from tests.scan_files import RAMP, Order, bmp, grey_picture, png, saved, tiff

GREY = grey_picture()
COLOUR = np.dstack([GREY, GREY[::-1], GREY[:, ::-1]])


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF", "WebP", "GIF"])
def test_grey_pictures_come_back_exactly_and_as_one_channel(format: str) -> None:
    options = {"lossless": True, "exact": True} if format == "WebP" else {}
    scan = read_scan(saved(Image.fromarray(GREY), format, **options))
    assert (scan.format, scan.kind, scan.bits, scan.window) == (format, "picture", 8, (0, 255))
    assert scan.pixels.shape == (1, 48, 64, 1)
    np.testing.assert_array_equal(scan.pixels[0, ..., 0], GREY)
    assert scan.notes == ()
    assert scan.spacing is None


def test_colour_stays_and_equal_channels_become_one() -> None:
    colour = read_scan(saved(Image.fromarray(COLOUR), "PNG"))
    np.testing.assert_array_equal(colour.pixels[0], COLOUR)
    grey = read_scan(saved(Image.fromarray(np.dstack([GREY] * 3)), "PNG"))
    np.testing.assert_array_equal(grey.pixels[0, ..., 0], GREY)
    assert grey.notes == ()


def test_jpeg_grey_and_rgb_are_close() -> None:
    grey = read_scan(saved(Image.fromarray(GREY), "JPEG", quality=95))
    assert grey.pixels.shape == (1, 48, 64, 1)
    assert np.abs(grey.pixels[0, ..., 0].astype(int) - GREY).mean() < 2
    colour = read_scan(saved(Image.fromarray(COLOUR), "JPEG", quality=95, subsampling=0))
    assert np.abs(colour.pixels[0].astype(int) - COLOUR).mean() < 3


def test_cmyk_jpeg_is_not_shown_inverted() -> None:
    """Adobe stores CMYK inverted; a decoder that misses it shows a negative."""
    ink = np.zeros((32, 32, 4), np.uint8)
    ink[:, :16, 1:3] = 255  # magenta and yellow: red on the left, white paper on the right
    data = saved(Image.fromarray(ink, "CMYK"), "JPEG", quality=95)
    assert b"Adobe" in data
    scan = read_scan(data)
    assert scan.tags["Colours"] == "CMYK"
    assert np.abs(scan.pixels[0, 16, 4].astype(int) - (255, 0, 0)).max() < 12
    assert scan.pixels[0, 16, 28].min() > 243


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WebP"])
def test_exif_orientation_is_applied(format: str, orientation: int) -> None:
    """The corner marked white ends where EXIF 2.32, 4.6.4 (tag 274) says row 0 and column 0 lie."""
    marked = np.zeros((32, 64), np.uint8)
    marked[:8, :8] = 255
    exif = Image.Exif()
    exif[274] = orientation
    scan = read_scan(saved(Image.fromarray(marked), format, exif=exif))
    shown = scan.pixels[0, ..., 0]
    assert shown.shape == ((32, 64) if orientation < 5 else (64, 32))
    bottom, right = orientation in (3, 4, 7, 8), orientation in (2, 3, 6, 7)
    assert shown[-4 if bottom else 3, -4 if right else 3] > 200
    assert (shown > 128).mean() == pytest.approx(64 / 2048, rel=0.2)
    turned = "Turned upright as its EXIF orientation says."
    assert (turned in scan.notes) == (orientation != 1)


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_16_bit_grey_keeps_its_depth(format: str) -> None:
    values = RAMP * 20
    scan = read_scan(saved(Image.fromarray(values), format))
    assert scan.pixels.dtype == np.uint16
    assert scan.bits == 16
    np.testing.assert_array_equal(scan.pixels[0, ..., 0], values)
    assert scan.window == (0, values.max())
    assert scan.display().max() == 255


def test_16_bit_tiff_with_low_values_white_is_inverted() -> None:
    scan = read_scan(saved(Image.fromarray(RAMP), "TIFF", tiffinfo={262: 0}))
    np.testing.assert_array_equal(scan.pixels[0, ..., 0], 65535 - RAMP)
    assert scan.notes == ("Stored with low values white; inverted.",)


TWELVE = RAMP * 4 + 3  # 12 bits in 16, as microscopes and endoscopes write them
DEEP_COLOUR = np.dstack([TWELVE, TWELVE[::-1], TWELVE[:, ::-1]])
OPAQUE = np.full_like(TWELVE, 65535)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(
    ("stored", "right"),
    [
        (TWELVE[..., None], TWELVE[..., None]),
        (np.dstack([TWELVE, OPAQUE]), TWELVE[..., None]),
        (np.dstack([TWELVE] * 3), TWELVE[..., None]),
        (DEEP_COLOUR, DEEP_COLOUR),
        (np.dstack([DEEP_COLOUR, OPAQUE]), DEEP_COLOUR),
    ],
)
def test_16_bit_png_keeps_every_bit(
    stored: np.ndarray, right: np.ndarray, interlaced: bool
) -> None:
    """Pillow keeps the upper byte of a colour alone: of 12 bits in 16 that would be 16 levels."""
    scan = read_scan(png(stored, interlaced=interlaced))
    assert (scan.pixels.dtype, scan.bits, scan.notes) == (np.uint16, 16, ())
    np.testing.assert_array_equal(scan.pixels[0], right)
    assert (scan.display().min(), scan.display().max()) == (0, 255)


@pytest.mark.parametrize("shape", [(1, 2300), (2300, 1), (3, 1100), (70, 90)])
def test_a_picture_of_any_shape_is_read_in_parts(
    shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pillow, "BLOCK", 1000)
    values = (np.arange(shape[0] * shape[1]) % 251).astype(np.uint8).reshape(shape)
    colour = np.dstack([values, 250 - values, values // 2])
    half = np.dstack([colour, np.full_like(values, 255)])
    for pixels, right in ((values[..., None], values[..., None]), (colour, colour), (half, colour)):
        np.testing.assert_array_equal(read_scan(png(pixels)).pixels[0], right)
        deep = pixels.astype(np.uint16) * 257
        np.testing.assert_array_equal(read_scan(png(deep)).pixels[0], right.astype(np.uint16) * 257)
    deep_tiff = read_scan(tiff(colour.astype(np.uint16), photometric=2))
    np.testing.assert_array_equal(deep_tiff.pixels[0], colour)


def test_16_bit_png_over_black() -> None:
    half = np.full_like(TWELVE, 32768)
    scan = read_scan(png(np.dstack([DEEP_COLOUR, half])))
    assert np.abs(scan.pixels[0].astype(int) - DEEP_COLOUR / 2).max() <= 1
    assert scan.notes == ("Transparent parts are shown as black.",)
    key = read_scan(png(TWELVE[..., None], (b"tRNS", struct.pack(">H", int(TWELVE[5, 5])))))
    assert (key.pixels[0, ..., 0] != TWELVE).sum() == 1
    assert key.pixels[0, 5, 5, 0] == 0


def test_what_is_beside_the_picture_in_a_png_does_not_hide_it() -> None:
    """Pillow gives up on a picture with a profile or text of more than 1 MB."""
    large = zlib.compress(bytes(2 << 20))
    for chunk in (
        (b"iCCP", b"icc\0\0" + large),
        (b"zTXt", b"Comment\0\0" + large),
        (b"zTXt", b"Raw profile type exif\0\0" + large),
        (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + large),
        (b"eXIf", bytes(2 << 20)),
    ):
        scan = read_scan(png(GREY[..., None], chunk))
        np.testing.assert_array_equal(scan.pixels[0, ..., 0], GREY)


def test_a_damaged_animation_leaves_the_picture() -> None:
    frames = [Image.fromarray(np.roll(GREY, 8 * shift, axis=1)) for shift in range(3)]
    whole = saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(read_scan(whole).pixels[2, ..., 0], np.roll(GREY, 16, axis=1))
    numbered = whole.rindex(b"fdAT") + 4
    damaged = bytearray(whole)
    damaged[numbered : numbered + 4] = b"\0\0\0\x63"  # frames out of order
    scan = read_scan(bytes(damaged))
    np.testing.assert_array_equal(scan.pixels[0, ..., 0], GREY)
    assert "only its picture is shown" in scan.notes[0]


def test_float_tiff_keeps_its_values_and_fills_gaps() -> None:
    values = RAMP.astype(np.float32) / 7
    scan = read_scan(saved(Image.fromarray(values), "TIFF"))
    np.testing.assert_array_equal(scan.pixels[0, ..., 0], values)
    assert (scan.pixels.dtype, scan.bits) == (np.float32, 32)

    values[5, 5] = np.nan
    values[6, 6] = np.inf
    holes = read_scan(saved(Image.fromarray(values), "TIFF"))
    assert holes.pixels[0, 5, 5, 0] == holes.pixels[0, 6, 6, 0] == 0
    assert holes.notes == ("2 of 3,072 values were no numbers (NaN); set to the darkest value.",)


WHOLE = {  # of every size: values that reach both ends
    name: np.linspace(np.iinfo(name).min, np.iinfo(name).max, 48 * 64).astype(name).reshape(48, 64)
    for name in ("int8", "uint16", "int16", "uint32", "int32")
}
SAMPLES_OF_TIFF = WHOLE | {
    name: np.linspace(-3, 9, 48 * 64).astype(name).reshape(48, 64)
    for name in ("float16", "float32", "float64")
}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("name", SAMPLES_OF_TIFF)
def test_tiff_samples_of_every_kind(name: str, order: Order) -> None:
    values = SAMPLES_OF_TIFF[name]
    right = values if values.dtype.itemsize < 4 else values.astype(np.float32)
    predictor: dict[str, Any] = {"predictor": 3 if values.dtype.kind == "f" else 2}
    for options in ({}, {"deflated": True}, {"deflated": True, **predictor}, {"tile": 16}):
        scan = read_scan(tiff(values, order=order, **options))
        np.testing.assert_array_equal(scan.pixels[0, ..., 0], right)
        assert scan.bits == values.dtype.itemsize * 8
        assert scan.notes == ()
    shown = read_scan(tiff(values, order=order, photometric=0))
    # The darkest has become the brightest of the range, and the rest follows.
    assert shown.notes == ("Stored with low values white; inverted.",)
    assert np.argmax(shown.pixels) == np.argmin(right)
    pages = read_scan(tiff(values, order=order, pages=3))
    assert pages.frames == 3
    np.testing.assert_array_equal(pages.pixels[2, ..., 0], right)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("deflated", [False, True])
def test_deep_colours_of_a_tiff(order: str, planar: bool, deflated: bool) -> None:
    options: dict[str, Any] = {"order": order, "planar": planar, "deflated": deflated}
    for values in (DEEP_COLOUR, DEEP_COLOUR.astype(np.uint16)[:, :40]):
        scan = read_scan(tiff(values, photometric=2, **options))
        np.testing.assert_array_equal(scan.pixels[0], values)
        assert (scan.bits, scan.notes) == (16, ())
    opaque = np.dstack([DEEP_COLOUR, OPAQUE])
    alpha = read_scan(tiff(opaque, photometric=2, extra=2, **options))
    np.testing.assert_array_equal(alpha.pixels[0], DEEP_COLOUR)
    half = np.dstack([DEEP_COLOUR, OPAQUE // 2])
    faint = read_scan(tiff(half, photometric=2, extra=2, **options))
    assert np.abs(faint.pixels[0] - DEEP_COLOUR / 2).max() <= 1
    stored_faint = read_scan(tiff(half, photometric=2, extra=1, **options))
    np.testing.assert_array_equal(stored_faint.pixels[0], DEEP_COLOUR)
    grey = read_scan(tiff(np.dstack([TWELVE, OPAQUE]), extra=2, **options))
    np.testing.assert_array_equal(grey.pixels[0, ..., 0], TWELVE)
    ink = read_scan(tiff(np.dstack([65535 - DEEP_COLOUR, OPAQUE * 0]), photometric=5, **options))
    np.testing.assert_array_equal(ink.pixels[0], DEEP_COLOUR)
    if planar:
        wide = read_scan(tiff(np.dstack([WHOLE["int32"]] * 3), photometric=2, **options))
        np.testing.assert_array_equal(wide.pixels[0, ..., 0], WHOLE["int32"].astype(np.float32))


@pytest.mark.parametrize("options", [{}, {"big_tiff": True}])
@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "packbits", "zstd"])
def test_every_compression_of_a_tiff(compression: str, options: dict[str, bool]) -> None:
    for values in (TWELVE, RAMP.astype(np.int32) - 900, RAMP.astype(np.float32) / 7, COLOUR, GREY):
        data = saved(Image.fromarray(values), "TIFF", compression=compression, **options)
        np.testing.assert_array_equal(read_scan(data).pixels[0].squeeze(), values)


def test_samples_beyond_the_grey_of_a_tiff() -> None:
    other = GREY[::-1]
    for samples in (2, 3, 4):
        many = np.dstack([GREY, *[other] * (samples - 1)])
        for photometric in (0, 1):
            scan = read_scan(tiff(many, photometric=photometric, extra=0))
            right = 255 - GREY if photometric == 0 else GREY
            np.testing.assert_array_equal(scan.pixels[0, ..., 0], right)


def test_a_tiff_that_is_not_read_says_so_and_is_not_called_damaged() -> None:
    for data in (
        tiff(np.dstack([WHOLE["int32"]] * 3), photometric=2),
        tiff(np.dstack([GREY] * 7), photometric=1),
        tiff(TWELVE, photometric=3),
        tiff(GREY, compression=34712),
    ):
        with pytest.raises(ScanError, match=r"not read here.*save it as") as caught:
            read_scan(data)
        assert "damaged" not in str(caught.value)


def test_reduced_pages_of_a_tiff_are_not_the_picture() -> None:
    small, mask = GREY[::4, ::4], GREY // 255
    for subfile in (254, 255):  # NewSubfileType, and the older SubfileType
        first = tiff([(small, 1), (GREY, 0)], subfile_tag=subfile)
        scan = read_scan(first)
        np.testing.assert_array_equal(scan.pixels[0, ..., 0], GREY)
        assert scan.notes == ("Reduced copies and masks beside the picture were left out: 1.",)
    masked = read_scan(tiff([(GREY, 0), (mask, 4)]))
    assert masked.frames == 1
    only = read_scan(tiff([(small, 1)]))
    np.testing.assert_array_equal(only.pixels[0, ..., 0], small)


def test_pages_of_a_tiff_are_a_stack_and_other_sizes_are_left_out() -> None:
    pages = [Image.fromarray(np.roll(GREY, shift, axis=1)) for shift in range(3)]
    thumbnail = Image.fromarray(GREY[::4, ::4])
    scan = read_scan(saved(pages[0], "TIFF", save_all=True, append_images=[*pages[1:], thumbnail]))
    assert (scan.kind, scan.frames) == ("stack", 3)
    np.testing.assert_array_equal(scan.pixels[2, ..., 0], np.roll(GREY, 2, axis=1))
    assert scan.notes == ("Pages of another size or type than the first were left out: 1.",)


def test_frames_of_a_gif_are_a_stack() -> None:
    frames = [Image.fromarray(np.roll(GREY, 8 * shift, axis=1)) for shift in range(4)]
    scan = read_scan(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert (scan.kind, scan.frames) == ("stack", 4)
    np.testing.assert_array_equal(scan.pixels[3, ..., 0], np.roll(GREY, 24, axis=1))


def test_what_follows_a_gif_or_its_last_byte_does_not_matter() -> None:
    frames = [Image.fromarray(np.roll(GREY, 8 * shift, axis=1)) for shift in range(2)]
    for gif in (
        saved(frames[0], "GIF"),
        saved(frames[0], "GIF", save_all=True, append_images=frames[1:]),
    ):
        right = read_scan(gif)
        for beyond in (b"\r\n", b"\0" * 9, gif):
            same = read_scan(gif + beyond)
            np.testing.assert_array_equal(same.pixels, right.pixels)
            assert same.notes == ()
        unended = read_scan(gif[:-1])
        np.testing.assert_array_equal(unended.pixels, right.pixels)
        assert unended.notes == ("The last byte of a GIF is missing; what is there is shown.",)


def test_only_the_first_picture_of_a_jpeg_is_needed() -> None:
    both = saved(
        Image.fromarray(COLOUR), "MPO", save_all=True, append_images=[Image.fromarray(COLOUR)]
    )
    second = both.rindex(b"\xff\xd8\xff")
    right = read_scan(both)
    assert right.notes == ("Only the first picture in the file is shown.",)
    for data in (both[:second], both[: second + 30], both[:second] + b"\0" * 500):
        np.testing.assert_array_equal(read_scan(data).pixels, right.pixels)


@pytest.mark.parametrize("kind", [0xC3, 0xC7, 0xF7])
def test_a_jpeg_that_is_not_read_says_so_and_is_not_called_damaged(kind: int) -> None:
    """Lossless, hierarchical and JPEG-LS pictures begin like any JPEG."""
    plain = saved(Image.fromarray(GREY), "JPEG")
    for data in (
        plain.replace(b"\xff\xc0", bytes((0xFF, kind)), 1),
        plain.replace(b"\xff\xc0\0\x0b\x08", b"\xff\xc0\0\x0b\x0c", 1),  # 12 bits
    ):
        with pytest.raises(ScanError, match=r"not read here.*save it as") as caught:
            read_scan(data)
        assert "damaged" not in str(caught.value)


def test_alpha_that_nobody_wrote() -> None:
    """Every alpha of a BMP is 0 where a program did not fill it in; Windows shows it opaque."""
    empty = read_scan(bmp(np.dstack([COLOUR, GREY * 0])))
    np.testing.assert_array_equal(empty.pixels[0], COLOUR)
    assert empty.notes == ()
    alpha = np.full_like(GREY, 255)
    alpha[:10] = 0
    some = read_scan(bmp(np.dstack([COLOUR, alpha])))
    assert some.pixels[0, :10].max() == 0
    np.testing.assert_array_equal(some.pixels[0, 10:], COLOUR[10:])
    unsaid = read_scan(tiff(np.dstack([COLOUR, GREY * 0]), photometric=2))
    np.testing.assert_array_equal(unsaid.pixels[0], COLOUR)


def test_a_bmp_that_is_not_read_says_so_and_is_not_called_damaged() -> None:
    with pytest.raises(ScanError, match="kind of BMP file is not read here") as caught:
        read_scan(bmp(np.dstack([COLOUR, GREY]), masks=(0xFFE00000, 0x1FFC00, 0x3FF, 0)))
    assert "damaged" not in str(caught.value)


def test_palette_bilevel_and_transparent_pictures() -> None:
    palette = Image.fromarray(COLOUR).quantize(16)
    expected = np.asarray(palette.convert("RGB"))
    np.testing.assert_array_equal(read_scan(saved(palette, "PNG")).pixels[0], expected)

    bilevel = read_scan(saved(Image.fromarray(GREY > 100), "PNG"))
    assert (bilevel.bits, bilevel.pixels.max(), bilevel.pixels.shape[3]) == (1, 255, 1)

    alpha = np.full_like(GREY, 255)
    opaque = read_scan(saved(Image.fromarray(np.dstack([COLOUR, alpha])), "PNG"))
    np.testing.assert_array_equal(opaque.pixels[0], COLOUR)
    assert opaque.notes == ()
    alpha[:10] = 0
    clear = read_scan(saved(Image.fromarray(np.dstack([COLOUR, alpha])), "PNG"))
    assert clear.pixels[0, :10].max() == 0
    np.testing.assert_array_equal(clear.pixels[0, 10:], COLOUR[10:])
    assert clear.notes == ("Transparent parts are shown as black.",)


def test_a_colour_model_that_is_not_read_is_refused() -> None:
    lab = ImageCms.applyTransform(
        Image.fromarray(COLOUR),
        ImageCms.buildTransform(
            ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
        ),
    )
    assert lab is not None
    with pytest.raises(ScanError, match="colour model"):
        read_scan(saved(lab, "TIFF"))


def test_content_decides_and_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "scan.dcm"
    path.write_bytes(saved(Image.fromarray(GREY), "PNG"))
    assert read_scan_file(path).format == "PNG"


def test_comments_and_exif_text_stay_behind() -> None:
    exif = Image.Exif()
    exif[270], exif[315], exif[306] = "Jane Doe, knee", "Dr Jane Doe", "2020:01:02 03:04:05"
    scan = read_scan(saved(Image.fromarray(GREY), "JPEG", exif=exif, comment=b"Jane Doe"))
    text = " ".join([*scan.tags, *scan.tags.values(), *scan.notes])
    assert "Jane" not in text
    assert "2020" not in text


def test_display_windows_linearly() -> None:
    values = np.array([[0, 100, 150, 200, 400, 1000]], np.uint16)
    scan = read_scan(saved(Image.fromarray(values), "PNG"))
    assert scan.display(window=(100, 200))[0, :, 0].tolist() == [0, 0, 128, 255, 255, 255]
    assert scan.display(window=(150, 150))[0, :, 0].tolist() == [0, 0, 0, 255, 255, 255]
    assert scan.display()[0, :, 0].tolist() == [0, 26, 38, 51, 102, 255]
    for frame, window in ((1, None), (-1, None), (0, (2.0, 1.0)), (0, (0.0, float("nan")))):
        with pytest.raises(InputError):
            scan.display(frame, window)


def test_scans_are_read_only_and_check_their_shape() -> None:
    scan = read_scan(saved(Image.fromarray(GREY), "PNG"))
    with pytest.raises(ValueError, match="read-only"):
        scan.pixels[0, 0, 0, 0] = 1
    with pytest.raises(ValueError, match="frames, height, width"):
        Scan(GREY, "picture", "PNG", 8, (0, 255), None, "", {}, ())
    with pytest.raises(ValueError, match="one of"):
        Scan(np.zeros((1, 2, 2, 1)), "picture", "PNG", 8, (0, 255), None, "", {}, ())


def test_limits_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCANLINE_MAX_BYTES", "100")
    monkeypatch.setenv("SCANLINE_MAX_FRAMES", " 7 ")
    assert Limits.from_environment() == Limits(bytes=100, frames=7)
    with pytest.raises(ScanError, match="SCANLINE_MAX_BYTES"):
        read_scan(saved(Image.fromarray(GREY), "PNG"))
    for wrong in ("0", "-1", "64MB", "1.5", "9" * 30):
        monkeypatch.setenv("SCANLINE_MAX_BYTES", wrong)
        with pytest.raises(InputError, match="SCANLINE_MAX_BYTES"):
            Limits.from_environment()


SAMPLES = {  # file: format, kind, shape, bits
    "chest_normal_1.jpeg": ("JPEG", "picture", (1, 1928, 2138, 1), 8),
    "chest_normal_2.jpeg": ("JPEG", "picture", (1, 1719, 1972, 1), 8),
    "chest_pneumonia_1.jpeg": ("JPEG", "picture", (1, 1044, 1494, 1), 8),
    "nih_00000002_000.png": ("PNG", "picture", (1, 1024, 1024, 1), 8),
    "nih_00000053_001.png": ("PNG", "picture", (1, 1024, 1024, 1), 8),
    "breast_us_benign_2.png": ("PNG", "picture", (1, 473, 557, 1), 8),
    "breast_us_malignant_1.png": ("PNG", "picture", (1, 598, 449, 1), 8),
    "breast_us_malignant_117.png": ("PNG", "picture", (1, 434, 611, 1), 8),
    "RG1_J2KI.dcm": ("DICOM", "picture", (1, 1955, 1841, 1), 15),
    "CT_small.dcm": ("DICOM", "picture", (1, 128, 128, 1), 16),
    "MR_small.dcm": ("DICOM", "picture", (1, 64, 64, 1), 16),
    "MR_small_RLE.dcm": ("DICOM", "picture", (1, 64, 64, 1), 16),
    "emri_small.dcm": ("DICOM", "volume", (10, 64, 64, 1), 12),
    "JPGLosslessP14SV1_1s_1f_8b.dcm": ("DICOM", "picture", (1, 768, 1024, 1), 8),
    "ct_series/2062.dcm": ("DICOM", "picture", (1, 16, 16, 1), 16),
    "ct_series/2392.dcm": ("DICOM", "picture", (1, 16, 16, 1), 16),
    "ct_series/2693.dcm": ("DICOM", "picture", (1, 16, 16, 1), 16),
    "ct_series/3023.dcm": ("DICOM", "picture", (1, 16, 16, 1), 16),
    "ct_series/3353.dcm": ("DICOM", "picture", (1, 16, 16, 1), 16),
    "examples_ybr_color.dcm": ("DICOM", "stack", (30, 240, 320, 3), 8),
    "examples_palette.dcm": ("DICOM", "picture", (1, 350, 800, 3), 8),
    "someones_anatomy.nii.gz": ("NIfTI", "volume", (56, 67, 57, 1), 8),
    "example4d.nii.gz": ("NIfTI", "volume", (24, 96, 128, 1), 16),
}
REFUSED = {  # file: a word of the reason
    "MR_truncated.dcm": "cut short",
    "no_meta.dcm": "header",
    "waveform_ecg.dcm": "no picture",
}


def test_whatever_lies_in_the_folder_is_read_or_rejected_in_a_sentence(real_data: Path) -> None:
    folder = real_data / "scans"
    read, rejected = set(), set()
    for file in filter(Path.is_file, folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        try:
            read_scan_file(file)
        except ScanError as error:
            assert re.fullmatch(r"[A-Z][^\n]+\.", str(error)) and file.name not in str(error)
            rejected.add(name)
        else:
            read.add(name)
    assert read >= SAMPLES.keys()
    assert rejected >= REFUSED.keys()


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_scans_are_read(real_data: Path, name: str) -> None:
    scan = read_scan_file(real_data / "scans" / name)
    assert (scan.format, scan.kind, scan.pixels.shape, scan.bits) == SAMPLES[name]
    assert scan.pixels.flags.c_contiguous
    assert len(scan.sha256) == 64
    shown = scan.display()
    assert shown.dtype == np.uint8
    assert np.ptp(shown) > 100  # the default window shows something
    assert all(re.fullmatch(r"[A-Z][^.!?]*(\.\d[^.!?]*)*\.", note) for note in scan.notes)


@pytest.mark.parametrize("name", REFUSED)
def test_damaged_sample_scans_are_refused(
    real_data: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ScanError, match=REFUSED[name]):
        read_scan_file(real_data / "scans" / name)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", [name for name in SAMPLES if name.endswith(".dcm")])
def test_nothing_in_the_tags_names_a_person(real_data: Path, name: str) -> None:
    """No value of an element that names, numbers or dates anything is in a tag's value."""
    data = (real_data / "scans" / name).read_bytes()
    personal = set()
    for element in pydicom.dcmread(BytesIO(data)).iterall():
        if element.VR in ("PN", "LO", "SH", "DA", "DT", "TM", "UI", "AS", "ST", "LT", "UT", "AE"):
            values = element.value if isinstance(element.value, list) else [element.value]
            personal |= {str(value).strip() for value in values} - {"", "None"}
    assert personal
    for value in read_scan(data).tags.values():
        assert value not in personal
        assert not [text for text in personal if len(text) > 3 and text in value]
