"""JPEG Lossless and JPEG-LS inside DICOM, decoded by GDCM after their headers were looked at."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import UID, JPEGBaseline8Bit, JPEGLossless, JPEGLosslessSV1

from diagnosis.scans import Scan, ScanError, read_scan
from diagnosis.scans.apart.caller import Decoder
from tests.scan_files import RAMP, dicom, grey_picture, lossless, saved, written

KINDS = ((JPEGLosslessSV1, 1), (JPEGLossless, 2), (JPEGLossless, 4))
COLOUR = np.stack([grey_picture(), grey_picture()[::-1], grey_picture()[:, ::-1]], axis=-1)
SIGNED = (RAMP.astype(np.int32) * 20 - 30_000).astype(np.int16)
PICTURES = {
    "8 bits": dicom(grey_picture()),
    "12 of 16 bits": dicom(RAMP, BitsStored=12, HighBit=11),
    "12 upper of 16 bits": dicom(RAMP * 16, BitsStored=12, HighBit=15),
    "16 bits": dicom(RAMP * 21),
    "signed": dicom(SIGNED, RescaleSlope=1, RescaleIntercept=-24),
    "colour": dicom(COLOUR),
    "frames": dicom(np.stack([RAMP, RAMP[::-1]])),
}


@pytest.mark.parametrize(("syntax", "predictor"), KINDS)
@pytest.mark.parametrize("name", PICTURES)
def test_every_value_comes_back(
    name: str, syntax: UID, predictor: int, capfd: pytest.CaptureFixture[str]
) -> None:
    plain = read_scan(written(PICTURES[name]))
    packed = read_scan(lossless(PICTURES[name], syntax, predictor))
    assert packed.pixels.dtype == plain.pixels.dtype
    np.testing.assert_array_equal(packed.pixels, plain.pixels)
    assert packed.shown == plain.shown and packed.window == plain.window
    assert packed.tags["Transfer syntax"] == syntax.name
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["jpeg_lossless_4.zip", "jpegls_4.zip"])
def test_files_of_scanners_are_read(real_data: Path, name: str) -> None:
    with zipfile.ZipFile(real_data / "dicom" / "odd" / name) as archive:
        files = [archive.read(each) for each in archive.namelist() if not each.endswith("/")]
    scans = [read_scan(data) for data in files if data[128:132] == b"DICM"]
    assert len(scans) == 4
    assert all(np.ptp(scan.display()) > 100 for scan in scans)


def changed(data: bytes, header: bytes, at: int, value: int) -> bytes:
    """The same with one byte after a frame header's mark replaced."""
    found = bytearray(data)
    found[data.index(header) + at] = value
    return bytes(found)


def test_frames_that_contradict_their_file_are_not_decoded() -> None:
    data = lossless(PICTURES["12 of 16 bits"], JPEGLosslessSV1)
    sof = b"\xff\xc3"
    for at, value in ((4, 8), (6, 49), (8, 255), (9, 3)):  # precision, rows, columns, components
        with pytest.raises(ScanError, match="contradicts itself"):
            read_scan(changed(data, sof, at, value))
    with pytest.raises(ScanError, match="cannot be decoded"):
        read_scan(changed(data, sof, 1, 0xC1))  # another process
    assert read_scan(data).frames == 1


def test_another_codec_under_the_name_of_a_lossless_one_is_not_decoded() -> None:
    from PIL import Image

    dataset = dicom(grey_picture(), syntax=JPEGLosslessSV1)
    dataset.PixelData = encapsulate([saved(Image.fromarray(grey_picture()), "JPEG")])
    dataset["PixelData"].VR = "OB"
    with pytest.raises(ScanError, match="cannot be decoded"):
        read_scan(written(dataset))
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    assert read_scan(written(dataset)).frames == 1


def test_damage_costs_nothing_but_the_file() -> None:
    """Whatever is changed in the compressed bytes: a scan or a sentence, from one process for all."""
    files = [
        lossless(PICTURES[name], syntax)
        for name, syntax in (
            ("16 bits", JPEGLosslessSV1),
            ("colour", JPEGLossless),
            ("8 bits", JPEGLosslessSV1),
        )
    ]
    random = np.random.default_rng(7)
    decoder = Decoder()
    told = 0
    try:
        for number in range(60):
            data = bytearray(files[number % len(files)])
            start = bytes(data).index(b"\xff\xd8\xff")
            for place in random.integers(start, len(data), 4):
                data[place] = int(random.integers(256))
            try:
                assert isinstance(decoder.read(bytes(data)), Scan)
            except ScanError as error:
                told += 1
                assert str(error).endswith(".")
        assert told > 10
        for sound in files:
            assert decoder.read(sound).frames == 1
    finally:
        decoder.close()
