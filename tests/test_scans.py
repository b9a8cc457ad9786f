"""Pictures of every kind become scans; every sample scan is read; nothing names a person."""

import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image, ImageCms

from diagnosis.errors import InputError
from diagnosis.scans import Limits, Scan, ScanError, read_scan, read_scan_file
from tests.scan_files import RAMP, grey_picture, saved

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


def test_16_bit_colour_is_read_with_8_and_says_so() -> None:
    """Pillow has no deeper colour, so the loss is stated."""
    import struct
    import zlib

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + check

    rows = b"".join(b"\0" + (COLOUR[y].astype(">u2") * 257).tobytes() for y in range(48))
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 48, 16, 2, 0, 0, 0))
    scan = read_scan(data + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    np.testing.assert_array_equal(scan.pixels[0], COLOUR)
    assert scan.bits == 16
    assert scan.notes == ("Its 16 bits a sample were reduced to 8.",)


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
    "JPGLosslessP14SV1_1s_1f_8b.dcm": "pylibjpeg-libjpeg",
    "MR_truncated.dcm": "cut short",
    "no_meta.dcm": "header",
    "waveform_ecg.dcm": "no picture",
}


def test_every_sample_scan_is_in_the_tables(real_data: Path) -> None:
    folder = real_data / "scans"
    files = {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}
    assert files == set(SAMPLES) | set(REFUSED)


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
