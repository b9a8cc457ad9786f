"""DICOM's pixels as files have them: frames, bits, padding, windows, syntaxes, ends."""

import gzip
import struct
import zlib
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from diagnosis.scans import Limits, ScanError, read_scan
from tests.scan_files import RAMP, dicom, grey_picture, saved, written

DEFLATED = UID("1.2.840.10008.1.2.8.1")
WRAPPED = UID("1.2.840.10008.1.2.1.98")
UNTRUE = ("damaged", "cut short", "no picture", "contradicts", "not in the standard")
FRAMES = np.stack([np.roll(RAMP, 5 * shift, 1) for shift in range(4)])


def encoded(frame: np.ndarray, syntax: UID) -> bytes:
    """One compressed frame of 8 or 16 bits."""
    if syntax == JPEGBaseline8Bit:
        return saved(Image.fromarray((frame >> 4).astype(np.uint8)), "JPEG", quality=95)
    if syntax == JPEG2000Lossless:
        return saved(Image.fromarray(frame), "JPEG2000", no_jp2=True)
    raw = frame.astype("<u2").tobytes()
    if syntax == DEFLATED:
        squeezer = zlib.compressobj(wbits=-15)
        raw = squeezer.compress(raw) + squeezer.flush()
    elif syntax == RLELossless:
        planes = [
            frame.astype(">u2").view(np.uint8).reshape(*frame.shape, 2)[..., k] for k in (0, 1)
        ]
        runs = [
            b"".join(bytes([len(row) - 1]) + row.tobytes() for row in plane) for plane in planes
        ]
        raw = struct.pack("<16I", 2, 64, 64 + len(runs[0]), *[0] * 13) + b"".join(runs)
    return raw + b"\0" * (len(raw) % 2)


def compressed(
    frames: np.ndarray, syntax: UID, *, declared: int | None, table: bool, pieces: int = 1
) -> Dataset:
    """A data set of so many compressed frames, each in pieces, with a table of offsets or without."""
    eight = syntax == JPEGBaseline8Bit
    dataset = dicom((frames >> 4).astype(np.uint8) if eight else frames)
    dataset.file_meta.TransferSyntaxUID = syntax
    coded = [encoded(frame, syntax) for frame in frames]
    dataset.PixelData = encapsulate(coded, fragments_per_frame=pieces, has_bot=table)
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    del dataset.NumberOfFrames
    if declared is not None:
        dataset.NumberOfFrames = declared
    return dataset


def file_with(dataset: Dataset, syntax: UID) -> bytes:
    """The file, also of a syntax that pydicom does not know."""
    dataset.file_meta.TransferSyntaxUID = syntax
    if syntax != DEFLATED:
        return written(dataset)
    dataset.file_meta.TransferSyntaxUID = RLELossless
    short, long = b"1.2.840.10008.1.2.5\0", DEFLATED.encode() + b"\0"
    data = written(dataset)
    at = data.index(short)
    group = struct.unpack_from("<I", data, 140)[0] + len(long) - len(short)
    new = struct.pack("<H", len(long)) + long
    return (
        data[:140] + struct.pack("<I", group) + data[144 : at - 2] + new + data[at + len(short) :]
    )


def near(scan: np.ndarray, frames: np.ndarray, syntax: UID) -> None:
    if syntax == JPEGBaseline8Bit:
        assert np.abs(scan[..., 0].astype(int) - (frames >> 4)).max() < 25
    else:
        np.testing.assert_array_equal(scan[..., 0], frames)


@pytest.mark.parametrize(
    "syntax", [JPEGBaseline8Bit, JPEG2000Lossless, RLELossless, DEFLATED, WRAPPED]
)
@pytest.mark.parametrize("table", [False, True])
@pytest.mark.parametrize("declared", [None, 1, 2, 3, 4, 6])
def test_compressed_frames_are_those_declared(
    syntax: UID, table: bool, declared: int | None
) -> None:
    """Four in the file; without a number the first counts, of more than there are all do."""
    scan = read_scan(file_with(compressed(FRAMES, syntax, declared=declared, table=table), syntax))
    expected = min(declared or 1, 4)
    assert scan.frames == expected
    near(scan.pixels, FRAMES[:expected], syntax)
    assert any("frames" in note for note in scan.notes) == (declared != 4)


@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, JPEG2000Lossless])
@pytest.mark.parametrize("table", [False, True])
@pytest.mark.parametrize("declared", [1, 3])
def test_frames_in_several_fragments(syntax: UID, table: bool, declared: int) -> None:
    dataset = compressed(FRAMES[:declared], syntax, declared=declared, table=table, pieces=3)
    near(read_scan(written(dataset)).pixels, FRAMES[:declared], syntax)


@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]
)
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.float32])
@pytest.mark.parametrize("declared", [None, 1, 3, 4, 5])
def test_plain_frames_are_those_declared(syntax: UID, dtype: type, declared: int | None) -> None:
    frames: np.ndarray = (FRAMES % 100).astype(dtype)
    dataset = dicom(frames, syntax=syntax)
    big = syntax == ExplicitVRBigEndian
    dataset.PixelData = (frames.byteswap() if big else frames).tobytes()
    dataset["PixelData"].VR = "OB" if frames.itemsize == 1 else "OW"
    if dtype == np.float32:
        dataset.FloatPixelData = dataset.PixelData
        del dataset.PixelData, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation
    del dataset.NumberOfFrames
    if declared is not None:
        dataset.NumberOfFrames = declared
    scan = read_scan(written(dataset))
    expected = min(declared or 1, 4)
    np.testing.assert_array_equal(scan.pixels[..., 0], frames[:expected])
    assert any("frames" in note for note in scan.notes) == (declared != 4)


def test_colours_beyond_the_declared_frame() -> None:
    colour = np.stack([np.dstack([grey_picture(), grey_picture()[::-1], grey_picture()])] * 3)
    dataset = dicom(colour)
    del dataset.NumberOfFrames
    np.testing.assert_array_equal(read_scan(written(dataset)).pixels, colour[:1])


def test_a_number_of_frames_that_is_none() -> None:
    data = written(dicom(FRAMES))
    at = data.index(b"\x28\0\x08\0IS\x02\0")
    scan = read_scan(data[: at + 8] + b"1A" + data[at + 10 :])
    np.testing.assert_array_equal(scan.pixels[..., 0], FRAMES[:1])
    assert scan.notes[0].startswith("The file's Number of Frames is not a number")


def test_a_frame_that_is_not_there_is_told_from_a_file_that_is_cut() -> None:
    whole = dicom(RAMP)
    whole.PixelData = whole.PixelData[:-100]
    with pytest.raises(ScanError, match="contradicts itself about the size"):
        read_scan(written(whole))
    for syntax in (ExplicitVRLittleEndian, RLELossless, JPEG2000Lossless, JPEGBaseline8Bit):
        dataset = dicom(FRAMES)
        if syntax != ExplicitVRLittleEndian:
            dataset = compressed(FRAMES, syntax, declared=4, table=False)
        data = written(dataset)
        ends = [len(data) * 9 // 10, len(data) - 100, data.index(b"\x28\0\x10\0US") + 3]
        for end in ends:
            with pytest.raises(ScanError, match="The DICOM file is cut short"):
                read_scan(data[:end])


@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, JPEG2000Lossless, RLELossless, DEFLATED])
def test_the_delimiter_behind_the_frames_may_be_missing(syntax: UID) -> None:
    data = file_with(compressed(FRAMES, syntax, declared=4, table=False), syntax)
    assert data.endswith(b"\xfe\xff\xdd\xe0\0\0\0\0")
    for missing in (8, 6, 1):
        scan = read_scan(data[:-missing])
        near(scan.pixels, FRAMES, syntax)
        assert len(scan.notes) == (missing > 4)


def test_a_delimiter_within_a_frame_does_not_end_it() -> None:
    frame = encoded(RAMP, JPEG2000Lossless)
    comment = (
        b"\xff\x64\0\x0e\0\0" + b"\xfe\xff\xdd\xe0\0\0\0\0\0\0"
    )  # in a COM segment, behind SIZ
    at = frame.index(b"\xff\x52")
    dataset = compressed(FRAMES[:1], JPEG2000Lossless, declared=1, table=False)
    dataset.PixelData = encapsulate([frame[:at] + comment + frame[at:]])
    np.testing.assert_array_equal(read_scan(written(dataset)).pixels[0, ..., 0], RAMP)


@pytest.mark.parametrize("stored", [7, 8, 10, 12, 14, 16])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("garbage", [False, True])
def test_the_high_bit_says_where_values_stand(stored: int, signed: bool, garbage: bool) -> None:
    """At every place in a word of 16 bits, whatever stands in the bits beside them."""
    values = RAMP.astype(int) % 2**stored - (2 ** (stored - 1) if signed else 0)
    for high in range(stored - 1, 16):
        below = high + 1 - stored
        beside = 0xFFFF & ~((2**stored - 1) << below) if garbage else 0
        words = ((values & (2**stored - 1)) << below | beside).astype(np.uint16)
        dataset = dicom(words.view(np.int16) if signed else words, BitsStored=stored)
        dataset.HighBit = high
        scan = read_scan(written(dataset))
        np.testing.assert_array_equal(scan.pixels[0, ..., 0], values)


@pytest.mark.parametrize("signed", [False, True])
def test_a_high_bit_that_is_wrong_is_said(signed: bool) -> None:
    """Values that end at bit 11, whatever the file says."""
    low = 1000 if signed else 0
    values = (np.minimum(RAMP, 2500).astype(int) - low).astype(np.int16 if signed else np.uint16)
    for high in (15, 13, 40):
        dataset = dicom(values, BitsStored=12)
        dataset.HighBit = high
        scan = read_scan(written(dataset))
        np.testing.assert_array_equal(scan.pixels[0, ..., 0], values)
        assert any("high bit" in note for note in scan.notes) == (high < 16)


def test_rle_words_follow_the_high_bit_and_compressed_pictures_their_precision() -> None:
    for syntax in (RLELossless, JPEG2000Lossless):
        dataset = compressed((FRAMES[:1] << 4), syntax, declared=1, table=False)
        dataset.BitsStored, dataset.HighBit = 12, 15
        np.testing.assert_array_equal(read_scan(written(dataset)).pixels[0, ..., 0], RAMP)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize(("vr", "padding"), [("US", 63536), ("SS", -2000)])
@pytest.mark.parametrize("signed", [False, True])
def test_padding_is_a_word_of_the_pixels_kind(
    syntax: UID, vr: str, padding: int, signed: bool
) -> None:
    values = (RAMP.astype(int) - (1000 if signed else 0)).astype(np.int16 if signed else np.uint16)
    values.view(np.uint16)[:, :9] = 63536
    dataset = dicom(values, syntax=syntax)
    dataset.add_new(0x00280120, vr, padding)
    scan = read_scan(written(dataset))
    assert scan.pixels.min() == values[:, 9:].min()
    assert scan.window == (values[:, 9:].min(), values[:, 9:].max())
    assert scan.display()[:, :9].max() == 0


def test_padding_beside_the_stored_bits_and_a_range_of_it() -> None:
    values = RAMP.copy()
    values[:, :9] = 0xF830  # 16 bits, where 12 are stored
    scan = read_scan(written(dicom(values, BitsStored=12, PixelPaddingValue=0xF830)))
    assert scan.window == (RAMP[:, 9:].min(), RAMP[:, 9:].max())
    for limit in (63400, 63600):
        values[:, :9] = 63500
        dataset = dicom(values, PixelPaddingRangeLimit=limit)
        dataset.PixelPaddingValue = 63600 if limit == 63400 else 63400
        assert read_scan(written(dataset)).pixels.max() == RAMP[:, 9:].max()


@pytest.mark.parametrize(("keyword", "dtype"), [("Float", np.float32), ("DoubleFloat", np.float64)])
@pytest.mark.parametrize("inverted", [False, True])
def test_padding_of_floats(keyword: str, dtype: type, inverted: bool) -> None:
    values: np.ndarray = (RAMP / 3).astype(dtype)
    values[:, :9] = -999.1
    values[:, 5] = -500
    dataset = dicom(RAMP, PhotometricInterpretation="MONOCHROME1" if inverted else "MONOCHROME2")
    del dataset.PixelData, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation
    dataset.BitsAllocated = 8 * values.itemsize
    setattr(dataset, f"{keyword}PixelData", values.tobytes())
    setattr(dataset, f"{keyword}PixelPaddingValue", float(dtype(-999.1)))
    setattr(dataset, f"{keyword}PixelPaddingRangeLimit", -500.0)
    shown = read_scan(written(dataset)).display()[..., 0]
    assert shown[:, :9].max() == 0
    expected = (RAMP - RAMP[:, 9:].min()) / np.ptp(RAMP[:, 9:].astype(int)) * 255
    right = 255 - expected if inverted else expected
    assert np.abs(shown[:, 9:] - right[:, 9:]).max() <= 1


def windows(*pairs: tuple[float, float, str]) -> Dataset:
    """Frames that hold the same values, each with its own centre, width and function."""
    dataset = dicom(np.stack([RAMP] * len(pairs)), Modality="MR")
    groups = []
    for centre, width, function in pairs:
        item, voi = Dataset(), Dataset()
        voi.WindowCenter, voi.WindowWidth, voi.VOILUTFunction = centre, width, function
        item.FrameVOILUTSequence = Sequence([voi])
        groups.append(item)
    dataset.PerFrameFunctionalGroupsSequence = Sequence(groups)
    return dataset


@pytest.mark.parametrize("inverted", [False, True])
def test_each_frame_has_its_own_window_and_curve(inverted: bool) -> None:
    """PS3.3, C.11.2.1.2 and C.11.2.1.3."""
    dataset = windows((1000, 2001, "LINEAR"), (150, 300, "LINEAR_EXACT"), (2048, 1024, "SIGMOID"))
    dataset.PhotometricInterpretation = "MONOCHROME1" if inverted else "MONOCHROME2"
    scan = read_scan(written(dataset))
    x = RAMP.astype(float)
    expected = [
        np.clip((x + 0.5) / 2000, 0, 1) * 255,
        np.clip(x / 300, 0, 1) * 255,
        255 / (1 + np.exp(-4 * (x - 2048) / 1024)),
    ]
    for frame, right in enumerate(expected):
        shown = scan.display(frame)[..., 0].astype(float)
        assert np.abs(shown - (255 - right if inverted else right)).max() <= 1
        again = scan.display(frame, scan.window_of(frame))[..., 0]
        np.testing.assert_array_equal(again, shown)


def test_one_sigmoid_for_all_and_a_frame_without_a_window() -> None:
    dataset = dicom(
        RAMP, BitsStored=12, WindowCenter=2000, WindowWidth=700, VOILUTFunction="SIGMOID"
    )
    right = 255 / (1 + np.exp(-4 * (RAMP.astype(float) - 2000) / 700))
    assert np.abs(read_scan(written(dataset)).display()[..., 0] - right).max() <= 1
    dataset = windows((100, 200, "LINEAR_EXACT"), (100, 200, "LINEAR_EXACT"))
    del dataset.PerFrameFunctionalGroupsSequence[1].FrameVOILUTSequence
    shown = read_scan(written(dataset)).display(1)[..., 0]
    assert np.abs(shown - RAMP / RAMP.max() * 255).max() <= 1


@pytest.mark.parametrize(
    ("elements", "shape"),
    [
        ({"PixelAspectRatio": [2, 1]}, (96, 64)),
        ({"PixelAspectRatio": [1, 2]}, (48, 128)),
        ({"PixelAspectRatio": [4, 3], "PixelSpacing": [1, 1]}, (48, 64)),
        ({"PixelSpacing": [0.5, 1]}, (48, 128)),
        ({"ImagerPixelSpacing": [0.3, 0.2]}, (72, 64)),
        ({"PixelAspectRatio": [0, 0]}, (48, 64)),
        ({"PixelAspectRatio": [1, 5000]}, (48, 64)),
    ],
)
def test_pixels_are_shown_square(elements: dict[str, list[float]], shape: tuple[int, int]) -> None:
    """PS3.3, C.7.6.3.1.7; the values stay as they are."""
    for picture in (RAMP, np.dstack([grey_picture()] * 2 + [grey_picture()[::-1]])):
        dataset = dicom(picture)
        for keyword, value in elements.items():
            setattr(dataset, keyword, value)
        scan = read_scan(written(dataset))
        assert scan.pixels.shape[1:3] == (48, 64)
        shown = scan.display()
        assert shown.shape[:2] == shape
        back = Image.fromarray(shown[..., 0]).resize((64, 48), Image.Resampling.BILINEAR)
        plain = read_scan(written(dicom(picture))).display()[..., 0]
        assert np.abs(np.asarray(back)[1:-1, 1:-1].astype(int) - plain[1:-1, 1:-1]).max() <= 14


def test_single_bits() -> None:
    """Plain, in RLE by the byte or by the bit, and deflated, of frames that end within a byte."""
    masks = np.random.default_rng(3).integers(0, 2, (3, 11, 13)).astype(np.uint8)
    packed = [np.packbits(mask, bitorder="little").tobytes() for mask in masks]

    def segment(raw: bytes) -> bytes:
        runs = b"".join(
            bytes([len(raw[at : at + 9]) - 1]) + raw[at : at + 9] for at in range(0, len(raw), 9)
        )
        data = struct.pack("<16I", 1, 64, *[0] * 14) + runs
        return data + b"\0" * (len(data) % 2)

    def deflated(raw: bytes) -> bytes:
        squeezer = zlib.compressobj(wbits=-15)
        data = squeezer.compress(raw) + squeezer.flush()
        return data + b"\0" * (len(data) % 2)

    files = {
        ExplicitVRLittleEndian: [np.packbits(masks, bitorder="little").tobytes() + b"\0"],
        RLELossless: [encapsulate([segment(mask.tobytes()) for mask in masks])],
        DEFLATED: [encapsulate([deflated(frame) for frame in packed])],
    }
    files[RLELossless].append(encapsulate([segment(frame) for frame in packed]))
    for syntax, values in files.items():
        for value in values:
            dataset = dicom(masks, syntax=syntax if syntax != DEFLATED else RLELossless)
            dataset.BitsAllocated = dataset.BitsStored = 1
            dataset.HighBit = 0
            dataset.PixelData = value
            dataset["PixelData"].VR = "OB"
            scan = read_scan(file_with(dataset, syntax))
            np.testing.assert_array_equal(scan.pixels[..., 0], masks)


def without(data: bytes, tag: bytes) -> bytes:
    """The file without one short element of its header (group 2)."""
    at = data.index(tag)
    length = 8 + struct.unpack_from("<H", data, at + 6)[0]
    (group,) = struct.unpack_from("<I", data, 140)
    return data[:140] + struct.pack("<I", group - length) + data[144:at] + data[at + length :]


@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]
)
def test_a_missing_transfer_syntax_is_told_from_the_elements(syntax: UID) -> None:
    dataset = dicom(RAMP, syntax=syntax)
    if syntax == ExplicitVRBigEndian:
        dataset.PixelData = RAMP.astype(">u2").tobytes()
    scan = read_scan(without(written(dataset), b"\x02\0\x10\0UI"))
    np.testing.assert_array_equal(scan.pixels[0, ..., 0], RAMP)
    assert syntax.name in scan.notes[0]


def test_a_missing_transfer_syntax_of_a_compressed_picture_is_named() -> None:
    data = written(compressed(FRAMES, RLELossless, declared=4, table=False))
    with pytest.raises(ScanError, match="transfer syntax is missing"):
        read_scan(without(data, b"\x02\0\x10\0UI"))


@pytest.mark.parametrize(
    "keyword",
    [
        "PhotometricInterpretation",
        "SamplesPerPixel",
        "BitsStored",
        "HighBit",
        "PixelRepresentation",
    ],
)
def test_what_can_be_inferred_may_be_missing(keyword: str) -> None:
    dataset = dicom(RAMP)
    delattr(dataset, keyword)
    np.testing.assert_array_equal(read_scan(written(dataset)).pixels[0, ..., 0], RAMP)
    colour = np.dstack([grey_picture(), grey_picture()[::-1], grey_picture()])
    dataset = dicom(colour)
    del dataset.PlanarConfiguration
    delattr(dataset, keyword)
    np.testing.assert_array_equal(read_scan(written(dataset)).pixels[0], colour)


def test_what_is_whole_is_not_called_damaged() -> None:
    def refusal(dataset: Dataset) -> str:
        with pytest.raises(ScanError) as caught:
            read_scan(written(dataset))
        assert not any(word in str(caught.value) for word in UNTRUE)
        return str(caught.value)

    for keyword, reason in (("BitsAllocated", "how many bits"), ("Rows", "how many rows")):
        dataset = dicom(RAMP)
        dataset["PixelData"].VR = "OW"
        delattr(dataset, keyword)
        assert reason in refusal(dataset)
    packed = dicom(RAMP, BitsAllocated=12, BitsStored=12)
    packed["PixelData"].VR = "OW"
    assert "12 bits each" in refusal(packed)
    assert "colours" in refusal(dicom(RAMP, PhotometricInterpretation="SOMETHING ELSE"))


def test_elements_that_cannot_be_understood_do_not_hide_the_picture() -> None:
    dataset = dicom(RAMP, KVP="120", WindowWidth="44", RescaleSlope="1.50")
    data = (
        written(dataset).replace(b"120 ", b"1A0 ").replace(b"44", b"x4").replace(b"1.50", b"a.bc")
    )
    scan = read_scan(data)
    np.testing.assert_array_equal(scan.pixels[0, ..., 0], RAMP)
    assert "Tube voltage" not in scan.tags


def test_ybr_422_that_has_a_colour_for_every_pixel() -> None:
    ybr = np.full((32, 32, 3), (76, 85, 255), np.uint8)  # pure red (PS3.3, C.7.6.3.1.2)
    full = dicom(ybr, PhotometricInterpretation="YBR_FULL_422")
    half = dicom(ybr, PhotometricInterpretation="YBR_FULL_422")
    half.PixelData = bytes([76, 76, 85, 255]) * (32 * 16)
    for dataset in (full, half):
        shown = read_scan(written(dataset)).display()
        assert np.abs(shown.astype(int) - (255, 0, 0)).max() <= 2


def test_colours_of_16_bits_that_fill_12() -> None:
    colour = np.dstack([RAMP, RAMP[::-1], RAMP]).astype(np.uint16)
    shown = read_scan(written(dicom(colour))).display()
    assert np.abs(shown - colour / 4095 * 255).max() <= 1


def test_a_progressive_jpeg_of_many_scans_is_refused_unread() -> None:
    data = saved(Image.fromarray(grey_picture()), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    dataset = dicom(grey_picture(), syntax=JPEGBaseline8Bit)
    dataset["PixelData"].VR = "OB"
    for scans in (0, 400):
        dataset.PixelData = encapsulate([data[:-2] + data[at:-2] * scans + data[-2:]])
        if scans:
            with pytest.raises(ScanError, match="64 passes"):
                read_scan(written(dataset))
        else:
            assert read_scan(written(dataset)).frames == 1


def test_a_frame_that_unpacks_to_much_is_refused_unread() -> None:
    colour = np.zeros((64, 64, 3), np.uint8)
    dataset = dicom(colour, syntax=JPEG2000Lossless)
    dataset.PixelData = encapsulate([saved(Image.fromarray(colour), "JPEG2000", no_jp2=True)])
    dataset["PixelData"].VR = "OB"
    with pytest.raises(ScanError, match="SCANLINE_MAX_PIXELS"):
        read_scan(written(dataset), limits=Limits(pixels=3 * 64 * 64 - 1))
    deep = dicom(np.zeros((64, 64, 3), np.uint32), BitsAllocated=32, BitsStored=32)
    with pytest.raises(ScanError, match="SCANLINE_MAX_PIXELS"):
        read_scan(written(deep), limits=Limits(pixels=64 * 64))


HEADLESS = {
    "explicit": b"\x08\0\x05\0CS\x0a\0ISO_IR 100\x08\0\x12\0DA\x08\x0020200101",
    "implicit": b"\x08\0\x05\0\x0a\0\0\0ISO_IR 100\x08\0\x12\0\x08\0\0\x0020200101",
    "big-endian": b"\0\x08\0\x05CS\0\x0aISO_IR 100\0\x08\0\x12DA\0\x0820200101",
    "group lengths": b"\x08\0\0\0\x04\0\0\0\xc8\0\0\0\x08\0\x01\0\x04\0\0\0\x10\0\0\0",
    "header without a preamble": b"\x02\0\0\0UL\x04\0\xc8\0\0\0\x02\0\x10\0UI\x12\0" + b"1.2\0" * 5,
}


@pytest.mark.parametrize("name", HEADLESS)
def test_a_data_set_without_its_header_is_known_as_dicom(name: str) -> None:
    with pytest.raises(ScanError, match="looks like DICOM"):
        read_scan(HEADLESS[name] + bytes(400))


def test_dicom_in_gzip_is_named_whatever_its_preamble_begins_with() -> None:
    data = bytearray(written(dicom(RAMP)))
    for start in (b"\0\0\0\0", struct.pack("<i", 348), struct.pack(">i", 540), b"II*\0"):
        data[:4] = start
        with pytest.raises(ScanError, match="DICOM file in a gzip archive"):
            read_scan(gzip.compress(bytes(data)))
        assert read_scan(bytes(data)).format == "DICOM"


WHOLE = Path(pydicom.__file__).parent / "data" / "test_files"
CUT = {"MR_truncated.dcm", "rtplan_truncated.dcm"}


def test_the_libraries_own_files_are_not_called_what_they_are_not() -> None:
    """Those that come with pydicom and nibabel: no other error, and no whole file is called damaged."""
    others = Path(nibabel.__file__).parent
    files = [*WHOLE.rglob("*"), *others.rglob("*.nii*"), *others.rglob("*.dcm*")]
    count = 0
    for file in files:
        if not file.is_file() or file.suffix in (".txt", ".json", ".dump", ".icc"):
            continue
        count += 1
        try:
            scan = read_scan(file.read_bytes())
        except ScanError as error:
            if file.name in CUT:
                assert "cut short" in str(error)
            elif "missing or cut short" not in str(error):
                allowed = "contradicts itself" if "embedded-sequence" in file.name else "\0"
                left = str(error).replace(allowed, "")
                assert not any(w in left for w in UNTRUE if w != "no picture"), (file, error)
        else:
            assert scan.display(scan.middle).dtype == np.uint8
    assert count > 100


@pytest.mark.parametrize("length", [None, 0, 1, 7, 2**32 - 1])
def test_jpeg_2000_in_a_file_of_its_own(length: int | None) -> None:
    """With boxes around it, also with one that has no length, at which pydicom would not end."""
    frame = bytearray(saved(Image.fromarray(RAMP), "JPEG2000"))
    if length is not None:
        frame[12:16] = struct.pack(">I", length)
    dataset = compressed(FRAMES[:1], JPEG2000Lossless, declared=1, table=False)
    dataset.PixelData = encapsulate([bytes(frame)])
    np.testing.assert_array_equal(read_scan(written(dataset)).pixels[0, ..., 0], RAMP)
