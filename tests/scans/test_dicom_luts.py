"""DICOM's tables as files have them: modality, values of interest, palettes; bits, signs, packing."""

from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from diagnosis.scans import ScanError, read_scan
from tests.scan_files import RAMP, dicom, grey_picture, written


def ramp(bits: int, signed: bool = False) -> np.ndarray:
    """Every value of so many bits once or more, in order, ``(64, 64)`` or larger."""
    values = np.arange(max(2**bits, 4096)) % 2**bits
    low = 2 ** (bits - 1) if signed else 0
    dtype = ("int" if signed else "uint") + ("8" if bits <= 8 else "16")
    return (values - low).astype(dtype).reshape(64, -1)


def curve(entries: int, top: int) -> np.ndarray:
    return np.rint(np.linspace(0, 1, entries) ** 0.5 * top).astype(int)


def lut(
    entries: np.ndarray, *, first: int = 0, bits: int = 16, vr: str = "US", packed: bool = False
) -> Sequence:
    """A table whose descriptor counts 65,536 entries as 0."""
    item = Dataset()
    item.add_new(0x00283002, vr, [len(entries) % 2**16, first, bits])
    data = entries.astype(np.uint8 if packed else "<u2").tobytes()
    item.add_new(0x00283006, "OW", data + b"\0" * (len(data) % 2))
    return Sequence([item])


def shown(dataset: Dataset, frame: int = 0) -> np.ndarray:
    return read_scan(written(dataset)).display(frame)[..., 0].astype(int)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("signed", [False, True])
def test_a_voi_table_of_bytes_reaches_every_value(bits: int, signed: bool) -> None:
    """More entries than 256 of 8 bits, one a word or two a word."""
    stored, entries = ramp(bits, signed), curve(2**bits, 255)
    first = -(2 ** (bits - 1)) if signed else 0
    expected = entries[stored.astype(int) - first]
    for packed in (False, True):
        table = lut(entries, first=first, bits=8, vr="SS" if signed else "US", packed=packed)
        dataset = dicom(stored, BitsStored=bits, VOILUTSequence=table)
        np.testing.assert_array_equal(shown(dataset), expected)


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
@pytest.mark.parametrize("declared", [0, 16])
def test_a_voi_table_is_shown_by_the_bits_of_its_entries(bits: int, declared: int) -> None:
    """Agfa's CRs declare 16 bits and fill 12."""
    entries = curve(4096, 2**bits - 1)
    table = lut(entries, bits=declared or bits)
    for photometric in ("MONOCHROME1", "MONOCHROME2"):
        dataset = dicom(
            ramp(12), BitsStored=12, VOILUTSequence=table, PhotometricInterpretation=photometric
        )
        expected = 255 * entries[ramp(12)] / (2**bits - 1)
        expected = expected if photometric == "MONOCHROME2" else 255 - expected
        assert np.abs(shown(dataset) - expected).max() <= 0.51


@pytest.mark.parametrize(("first", "vr"), [(64512, "US"), (-1024, "SS")])
def test_the_first_value_is_signed_where_its_input_can_be_negative(first: int, vr: str) -> None:
    entries = curve(2048, 4095)
    dataset = dicom(
        (RAMP % 2048).astype(np.uint16),
        BitsStored=12,
        RescaleSlope=1,
        RescaleIntercept=-1024,
        VOILUTSequence=lut(entries, first=first, bits=12, vr=vr),
    )
    assert np.abs(shown(dataset) - 255 * entries[RAMP % 2048] / 4095).max() <= 0.51


def test_a_large_first_value_of_unsigned_pixels_stays_large() -> None:
    stored = (RAMP + 60_000).astype(np.uint16)
    table = lut(curve(4096, 4095), first=60_000 - 2**16, bits=12, vr="SS")
    expected = 255 * curve(4096, 4095)[RAMP] / 4095
    dataset = dicom(stored, VOILUTSequence=table)
    assert np.abs(shown(dataset) - expected).max() <= 0.51


def test_values_beyond_a_table_take_its_ends_and_the_first_of_several_counts() -> None:
    table = lut(curve(100, 255), first=1000, bits=8)
    table.append(lut(np.full(100, 7), bits=8)[0])
    picture = shown(dicom(RAMP, VOILUTSequence=table))
    np.testing.assert_array_equal(picture, curve(100, 255)[np.clip(RAMP.astype(int) - 1000, 0, 99)])


def test_a_voi_table_follows_a_rescale_with_fractions() -> None:
    table = lut(curve(1536, 4095), bits=12)
    dataset = dicom(RAMP, RescaleSlope="0.5", RescaleIntercept=0, VOILUTSequence=table)
    expected = 255 * curve(1536, 4095)[np.rint(RAMP / 2).astype(int).clip(0, 1535)] / 4095
    assert np.abs(shown(dataset) - expected).max() <= 0.51


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 15, 16])
def test_a_modality_table_of_any_bits(bits: int) -> None:
    entries = curve(4096, 2**bits - 1)
    table = lut(entries, bits=bits, packed=bits == 8)
    table[0].ModalityLUTType = "US"
    scan = read_scan(written(dicom(ramp(12), BitsStored=12, ModalityLUTSequence=table)))
    np.testing.assert_array_equal(scan.pixels[0, ..., 0], entries[ramp(12)])


def test_a_modality_table_of_65536_entries_comes_before_the_window() -> None:
    table = lut(np.arange(2**16)[::-1])
    dataset = dicom(
        ramp(16),
        ModalityLUTSequence=table,
        WindowCenter=32768,
        WindowWidth=65536,
        VOILUTFunction="LINEAR_EXACT",
    )
    scan = read_scan(written(dataset))
    np.testing.assert_array_equal(scan.pixels[0, ..., 0], 65535 - ramp(16))
    assert scan.window == (0, 65536)


@pytest.mark.parametrize("frame_tables", [(0, 1), (0, None)])
def test_each_frame_has_its_own_tables(frame_tables: tuple[int, int | None]) -> None:
    """In functional groups; a frame may have a window in their place."""
    tables = [lut(curve(4096, 255), bits=8), lut(curve(4096, 4095)[::-1].copy(), bits=12)]
    dataset = dicom(np.stack([ramp(12)] * 2), BitsStored=12)
    groups = []
    for number in frame_tables:
        item, voi = Dataset(), Dataset()
        if number is None:
            voi.WindowCenter, voi.WindowWidth, voi.VOILUTFunction = 2000, 1000, "LINEAR_EXACT"
        else:
            voi.VOILUTSequence = tables[number]
        item.FrameVOILUTSequence = Sequence([voi])
        groups.append(item)
    dataset.PerFrameFunctionalGroupsSequence = Sequence(groups)
    np.testing.assert_array_equal(shown(dataset, 0), curve(4096, 255)[ramp(12)])
    second = 255 * curve(4096, 4095)[::-1][ramp(12)] / 4095
    if frame_tables[1] is None:
        second = np.clip((ramp(12) - 1500.0) / 1000, 0, 1) * 255
    assert np.abs(shown(dataset, 1) - second).max() <= 0.51


def test_a_modality_table_for_each_frame() -> None:
    dataset = dicom(np.stack([ramp(12)] * 2), BitsStored=12)
    groups = []
    for entries in (np.arange(4096), np.arange(4096)[::-1]):
        item, values = Dataset(), Dataset()
        values.ModalityLUTSequence = lut(entries, bits=16)
        item.PixelValueTransformationSequence = Sequence([values])
        groups.append(item)
    dataset.PerFrameFunctionalGroupsSequence = Sequence(groups)
    pixels = read_scan(written(dataset)).pixels[..., 0]
    np.testing.assert_array_equal(pixels, [ramp(12), 4095 - ramp(12)])


def test_a_table_that_is_none_is_named() -> None:
    broken = lut(curve(16, 255), bits=8)
    broken[0].LUTDescriptor = 16
    with pytest.raises(ScanError, match="LUT"):
        read_scan(written(dicom(RAMP, VOILUTSequence=broken)))


def palette(index: np.ndarray, syntax: UID = ExplicitVRLittleEndian, **elements: Any) -> Dataset:
    return dicom(index, syntax=syntax, PhotometricInterpretation="PALETTE COLOR", **elements)


def set_palette(
    dataset: Dataset,
    tables: tuple[np.ndarray, ...],
    *,
    first: int = 0,
    bits: int,
    dtype: str,
    segmented: bool = False,
) -> None:
    for name, entries in zip(("Red", "Green", "Blue"), tables, strict=True):
        count = 256 if segmented else len(entries) % 2**16
        descriptor = f"{name}PaletteColorLookupTableDescriptor"
        setattr(dataset, descriptor, [count, first, bits])
        dataset[descriptor].VR = "SS" if first < 0 else "US"
        data = np.asarray(entries).astype(dtype).tobytes()
        keyword = f"{'Segmented' * segmented}{name}PaletteColorLookupTableData"
        setattr(dataset, keyword, data + b"\0" * (len(data) % 2))


LEVELS = np.arange(256)
COLOURS = (LEVELS, 255 - LEVELS, LEVELS // 2)


@pytest.mark.parametrize(
    ("bits", "dtype", "scale"),
    [(8, "<u2", 1), (8, "u1", 1), (16, "<u2", 256), (16, "<u2", 257), (16, "<u2", 1), (12, "<u2", 16)],
)  # fmt: skip
def test_a_palette_of_bytes_or_words(bits: int, dtype: str, scale: int) -> None:
    dataset = palette(grey_picture())
    set_palette(dataset, tuple(table * scale for table in COLOURS), bits=bits, dtype=dtype)
    expected = np.stack(COLOURS, -1)[grey_picture()]
    scan = read_scan(written(dataset))
    np.testing.assert_array_equal(scan.display(), expected)
    assert scan.window == (0, 255)


def test_a_palette_in_big_endian_words() -> None:
    stored = RAMP.astype(np.uint16)
    tables = tuple((RAMP.reshape(-1).astype(int) * factor) % 2**16 for factor in (21, 7, 3))
    dataset = palette(stored, ExplicitVRBigEndian)
    dataset.PixelData = stored.astype(">u2").tobytes()
    set_palette(dataset, tables, bits=16, dtype=">u2")
    expected = np.stack(tables, -1)[stored] >> 8
    np.testing.assert_array_equal(read_scan(written(dataset)).display(), expected)


def test_a_palette_of_65536_entries_and_one_that_begins_below_zero() -> None:
    everything = ramp(16)
    dataset = palette(everything)
    words = np.arange(2**16)
    set_palette(dataset, (words, words[::-1], words // 2), bits=16, dtype="<u2")
    expected = np.stack([words, words[::-1], words // 2], -1)[everything] >> 8
    np.testing.assert_array_equal(read_scan(written(dataset)).display(), expected)

    signed = ramp(8, signed=True)
    dataset = palette(signed, ImplicitVRLittleEndian)
    set_palette(dataset, COLOURS, first=-128, bits=8, dtype="u1")
    expected = np.stack(COLOURS, -1)[signed.astype(int) + 128]
    np.testing.assert_array_equal(read_scan(written(dataset)).display(), expected)


@pytest.mark.parametrize(("bits", "dtype"), [(8, "u1"), (16, "<u2")])
def test_a_segmented_palette(bits: int, dtype: str) -> None:
    """A discrete segment, a line, and both again by an indirect one (PS3.3, C.7.9.2)."""
    top = 2**bits - 1
    line = np.rint(np.linspace(0, top, 127)[0:]).astype(int)
    size = 1 if bits == 8 else 2
    again = (2, 2, 0, 0) if size == 2 else (2, 2, 0, 0, 0, 0)
    red = np.array([0, 2, top, 0, 1, 126, top, *again])
    dataset = palette(LEVELS.astype(np.uint8).reshape(16, 16))
    set_palette(dataset, (red, red, red[::1]), bits=bits, dtype=dtype, segmented=True)
    half = np.concatenate([[top], line]) >> (bits - 8)
    scan = read_scan(written(dataset))
    np.testing.assert_array_equal(scan.display().reshape(256), np.concatenate([half, half]))


def test_a_palette_without_tables_is_named() -> None:
    with pytest.raises(ScanError, match="palette"):
        read_scan(written(palette(grey_picture())))
