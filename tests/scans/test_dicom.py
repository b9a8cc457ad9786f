"""DICOM's pipeline: stored values, rescale, window or table, MONOCHROME1, colour, frames."""

import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels import apply_voi_lut
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    EnhancedMRImageStorage,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from diagnosis.scans import Scan, read_scan, read_scan_file
from tests.scan_files import RAMP, dicom, grey_picture, written

HOUNSFIELD = (RAMP.astype(np.int16) - 1000) // 2


def item(**elements: object) -> Sequence:
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return Sequence([dataset])


def grey(scan: Scan) -> np.ndarray:
    return scan.pixels[0, ..., 0]


def test_rescale_gives_whole_hounsfield_units() -> None:
    scan = read_scan(written(dicom(RAMP, RescaleSlope=1, RescaleIntercept=-1024)))
    assert scan.pixels.dtype == np.int16
    np.testing.assert_array_equal(grey(scan), RAMP.astype(int) - 1024)
    assert scan.window == (-1024, RAMP.max() - 1024)  # no window in the file: the whole range


def test_rescale_with_a_fraction_gives_float32() -> None:
    scan = read_scan(written(dicom(HOUNSFIELD, RescaleSlope="0.5", RescaleIntercept="3.25")))
    assert scan.pixels.dtype == np.float32
    np.testing.assert_allclose(grey(scan), HOUNSFIELD * 0.5 + 3.25)


@pytest.mark.parametrize("function", [None, "LINEAR", "LINEAR_EXACT"])
def test_window_shows_what_the_standard_says(function: str | None) -> None:
    """Agrees with pydicom's own implementation of PS3.3, C.11.2.1.2, within rounding."""
    dataset = dicom(HOUNSFIELD, WindowCenter=[300, 0], WindowWidth=[400, 10])
    if function:
        dataset.VOILUTFunction = function
    expected = apply_voi_lut(HOUNSFIELD, dataset, index=0)
    expected = 255 * (expected - expected.min()) / np.ptp(expected)
    shown = read_scan(written(dataset)).display()[..., 0]
    assert np.abs(shown - expected).max() <= 1


def test_a_window_that_shows_nothing_is_replaced() -> None:
    scan = read_scan(written(dicom(RAMP, WindowCenter=-9000, WindowWidth=100)))
    assert scan.window == (0, RAMP.max())
    assert scan.notes == (
        "The window stored in the file shows none of its grey values; all are shown.",
    )


@pytest.mark.parametrize("signed", [False, True])
def test_monochrome1_is_the_negative_of_monochrome2(signed: bool) -> None:
    stored = HOUNSFIELD if signed else RAMP
    elements: dict[str, Any] = {
        "RescaleSlope": 2,
        "RescaleIntercept": -10,
        "WindowCenter": 500,
        "WindowWidth": 901,
    }
    straight = read_scan(written(dicom(stored, **elements)))
    inverted = read_scan(
        written(dicom(stored, PhotometricInterpretation="MONOCHROME1", **elements))
    )
    assert np.abs(inverted.display().astype(int) - (255 - straight.display().astype(int))).max() < 2
    assert np.argmax(inverted.pixels) == np.argmin(straight.pixels)
    assert inverted.notes == ("Stored with low values white (MONOCHROME1); inverted.",)


def test_voi_table_is_applied_before_monochrome1() -> None:
    curve = (np.linspace(0, 1, RAMP.size) ** 2 * 4095).astype(np.uint16)
    table = item(
        LUTDescriptor=[RAMP.size, 0, 12], LUTData=curve.tobytes(), LUTExplanation="of Jane Doe"
    )
    for photometric in ("MONOCHROME1", "MONOCHROME2"):
        dataset = dicom(
            RAMP,
            PhotometricInterpretation=photometric,
            VOILUTSequence=table,
            WindowCenter=5,
            WindowWidth=2,
        )
        scan = read_scan(written(dataset))
        expected = curve[RAMP] if photometric == "MONOCHROME2" else 4095 - curve[RAMP]
        np.testing.assert_array_equal(grey(scan), expected)
        assert scan.window == (0, 4095)
        assert scan.notes[0] == "Grey values follow the curve stored in the file (VOI LUT)."


def test_modality_table_is_applied() -> None:
    table = (RAMP.reshape(-1)[::-1] * 3).astype(np.uint16)
    sequence = item(LUTDescriptor=[RAMP.size, 0, 16], LUTData=table.tobytes(), ModalityLUTType="US")
    scan = read_scan(written(dicom(RAMP, ModalityLUTSequence=sequence)))
    np.testing.assert_array_equal(grey(scan), table[RAMP])


def test_padding_becomes_black_and_does_not_stretch_the_window() -> None:
    stored = HOUNSFIELD.copy()
    stored[:4] = -2000
    scan = read_scan(written(dicom(stored, PixelPaddingValue=-2000)))
    assert grey(scan).min() == HOUNSFIELD[4:].min()
    assert scan.display()[:4].max() == 0
    white = dicom(stored, PixelPaddingValue=-2000, PhotometricInterpretation="MONOCHROME1")
    assert read_scan(written(white)).display()[:4].max() == 0


def test_bits_above_those_stored_are_ignored() -> None:
    stored = (RAMP % 4096) | 0xA000  # such as an old overlay in the high bits
    scan = read_scan(written(dicom(stored.astype(np.uint16), BitsStored=12)))
    np.testing.assert_array_equal(grey(scan), RAMP % 4096)
    assert scan.bits == 12


def test_8_bit_without_a_window_shows_its_full_range() -> None:
    scan = read_scan(written(dicom(grey_picture(), Modality="US")))
    assert scan.window == (0, 255)
    np.testing.assert_array_equal(scan.display()[..., 0], grey_picture())


def test_rgb_planar_and_colour_without_colour() -> None:
    picture = grey_picture()
    colour = np.dstack([picture, picture[::-1], picture[:, ::-1]])
    np.testing.assert_array_equal(read_scan(written(dicom(colour))).pixels[0], colour)
    planar = dicom(colour, PlanarConfiguration=1)
    planar.PixelData = np.moveaxis(colour, 2, 0).tobytes()
    np.testing.assert_array_equal(read_scan(written(planar)).pixels[0], colour)
    np.testing.assert_array_equal(
        grey(read_scan(written(dicom(np.dstack([picture] * 3))))), picture
    )


def test_ybr_full_is_turned_to_rgb() -> None:
    ybr = np.full((32, 32, 3), (76, 85, 255), np.uint8)  # pure red (PS3.3, C.7.6.3.1.2)
    scan = read_scan(written(dicom(ybr, PhotometricInterpretation="YBR_FULL")))
    assert np.abs(scan.pixels[0, 0, 0].astype(int) - (255, 0, 0)).max() <= 2


def test_palette_colour_uses_its_tables() -> None:
    index = grey_picture()
    ramp = np.arange(256, dtype=np.uint16) << 8
    tables = {"Red": ramp, "Green": ramp[::-1], "Blue": np.zeros(256, np.uint16)}
    dataset = dicom(index, PhotometricInterpretation="PALETTE COLOR")
    for name, table in tables.items():
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(dataset, f"{name}PaletteColorLookupTableData", table.tobytes())
    pixels = read_scan(written(dataset)).pixels[0]
    np.testing.assert_array_equal(pixels, np.dstack([index, 255 - index, 0 * index]))


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_uncompressed_syntaxes_give_the_same_values(syntax: pydicom.uid.UID) -> None:
    scan = read_scan(written(dicom(HOUNSFIELD, syntax=syntax)))
    np.testing.assert_array_equal(grey(scan), HOUNSFIELD)
    assert scan.tags["Transfer syntax"] == syntax.name


def test_big_endian_gives_the_same_values() -> None:
    dataset = dicom(HOUNSFIELD, syntax=ExplicitVRBigEndian)
    dataset.PixelData = HOUNSFIELD.astype(">i2").tobytes()
    scan = read_scan(written(dataset))
    np.testing.assert_array_equal(grey(scan), HOUNSFIELD)
    assert scan.pixels.dtype.isnative


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
@pytest.mark.parametrize("colour", [False, True])
def test_compressed_frames_give_the_same_values(syntax: pydicom.uid.UID, colour: bool) -> None:
    picture = grey_picture()
    frames = np.stack([np.dstack([picture, picture[::-1], picture[:, ::-1]])] * 2)
    frames = frames if colour else np.stack([HOUNSFIELD, HOUNSFIELD[::-1]])
    dataset = dicom(frames)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.compress(syntax, encoding_plugin="pylibjpeg" if syntax != RLELossless else "")
    scan = read_scan(written(dataset))
    np.testing.assert_array_equal(scan.pixels, frames if colour else frames[..., np.newaxis])
    assert scan.kind == "stack"


def enhanced(positions: list[float], **shared: object) -> Dataset:
    """An enhanced MR with axial frames at the given heights; frame k has k in its first pixel."""
    frames = np.stack([RAMP] * len(positions))
    frames[:, 0, 0] = range(len(positions))
    dataset = dicom(frames, SOPClassUID=EnhancedMRImageStorage, Modality="MR")
    per_frame = []
    for index, height in enumerate(positions):
        groups = Dataset()
        groups.PlanePositionSequence = item(ImagePositionPatient=[-10, -10, height])
        groups.PixelValueTransformationSequence = item(
            RescaleSlope=index + 1, RescaleIntercept=0, RescaleType="US"
        )
        groups.FrameVOILUTSequence = item(WindowCenter=100 + index, WindowWidth=101)
        per_frame.append(groups)
    dataset.PerFrameFunctionalGroupsSequence = Sequence(per_frame)
    common = Dataset()
    common.PlaneOrientationSequence = item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
    common.PixelMeasuresSequence = item(PixelSpacing=[0.5, 0.75], SliceThickness=2)
    dataset.SharedFunctionalGroupsSequence = Sequence([common])
    return dataset


def test_enhanced_frames_are_put_in_order_along_the_body() -> None:
    scan = read_scan(written(enhanced([5.0, 0.0, 2.5])))
    assert scan.kind == "volume"
    assert scan.spacing == (2.5, 0.5, 0.75)
    assert scan.pixels[:, 0, 0, 0].tolist() == [1 * 2, 2 * 3, 0]  # each scaled by its own slope
    assert scan.window == (49.5, 151.5)  # covers every frame's own
    assert "The slices were put in order of their position." in scan.notes


def test_frames_at_one_place_are_a_stack() -> None:
    scan = read_scan(written(enhanced([0.0, 2.5, 0.0, 2.5])))
    assert (scan.kind, scan.spacing) == ("stack", (0.5, 0.75))
    assert "same place" in scan.notes[0]


def test_a_loop_is_a_stack() -> None:
    scan = read_scan(written(dicom(np.stack([grey_picture()] * 5), Modality="US")))
    assert (scan.kind, scan.frames) == ("stack", 5)


def test_spacing_is_in_the_patient_first_and_never_zero() -> None:
    assert read_scan(written(dicom(RAMP, PixelSpacing=[0.2, 0.3]))).spacing == (0.2, 0.3)
    assert read_scan(written(dicom(RAMP, ImagerPixelSpacing=[0.1, 0.1]))).spacing == (0.1, 0.1)
    assert read_scan(written(dicom(RAMP, PixelSpacing=[0, 0]))).spacing is None


def test_text_typed_into_coded_elements_stays_behind() -> None:
    dataset = dicom(
        RAMP,
        PatientName="Doe^Jane",
        PatientID="12345678",
        BodyPartExamined="DOE JANE",
        ViewPosition="JANE",
        StudyDescription="Jane's knee",
        StudyDate="20200102",
        SliceThickness="12345678",
    )
    scan = read_scan(written(dataset))
    text = " ".join([*scan.tags, *scan.tags.values(), *scan.notes])
    for personal in ("DOE", "JANE", "Jane", "12345678", "2020"):
        assert personal not in text


def test_the_sample_in_rle_equals_the_sample_without(real_data: Path) -> None:
    plain = read_scan_file(real_data / "scans" / "MR_small.dcm")
    packed = read_scan_file(real_data / "scans" / "MR_small_RLE.dcm")
    np.testing.assert_array_equal(plain.pixels, packed.pixels)


def test_the_monochrome1_chest_shows_air_dark(real_data: Path) -> None:
    """The corners beside the neck are air, the middle of the body is not."""
    shown = read_scan_file(real_data / "scans" / "RG1_J2KI.dcm").display()[..., 0]
    dataset = pydicom.dcmread(BytesIO((real_data / "scans" / "RG1_J2KI.dcm").read_bytes()))
    stored = dataset.pixel_array
    assert np.corrcoef(shown[::20, ::20].ravel(), stored[::20, ::20].ravel())[0, 1] < -0.9
    assert shown[:100, :100].mean() < shown[1500:1900, 800:1000].mean()
