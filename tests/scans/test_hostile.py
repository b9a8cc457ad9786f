"""Bad files: each is refused in one sentence, without noise, without filling the memory."""

import gzip
import re
import struct
import tracemalloc
import warnings
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    MPEG2MPML,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    RLELossless,
)

from diagnosis.scans import Limits, Scan, ScanError, read_scan, read_scan_file
from tests.scan_files import RAMP, dicom, grey_picture, nifti, png, saved, tiff, written

GREY = Image.fromarray(grey_picture())
PNG = saved(GREY, "PNG")
JARGON = re.compile(
    r"pillow|pydicom|nibabel|numpy|libtiff|python|errno|exception|0x|\w/\w|\\", re.I
)


def one_sentence(message: str) -> None:
    """One sentence, ending in what to do, without the names of libraries or a path."""
    assert re.fullmatch(r"[A-Z][^\n]*[^.]\.", message), message
    assert not re.search(r"[.!?]\s", message), message
    assert re.search(
        r"[:,] (export|copy|give|save|unpack|convert|decrypt|install|check|raise)\b|: ", message
    ), message
    assert not JARGON.search(message), message


def refusal(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(ScanError) as caught:
        read_scan(data, limits=limits)
    one_sentence(str(caught.value))
    return str(caught.value)


def zipped() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("scan.png", PNG)
    return file.getvalue()


NOT_SCANS = {
    "empty": (b"", "empty"),
    "text": (b"patient,age\n1,42\n", "text file"),
    "text in UTF-8": ("Röntgen – Thorax\n".encode() * 300, "text file"),
    "text in UTF-16": ("Thorax".encode("utf-16"), "text file"),
    "text that begins like a bitmap": (b"BMI and age of all patients", "text file"),
    "HTML": (b"<!doctype html><title>Scan</title>", "text file"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF"),
    "ZIP": (zipped(), "ZIP"),
    "film": (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2mp41", "film"),
    "HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "phone"),
    "noise": (bytes(range(128, 256)) * 8, "not a kind of file"),
    "zeros": (bytes(1000), "not a kind of file"),
    "gzip of text": (gzip.compress(b"nothing" * 100), "without a NIfTI"),
    "cut gzip": (gzip.compress(nifti(RAMP.astype(np.int16)))[:40], "damaged"),
    "half of a pair": (b"\x5c\1\0\0" + bytes(340) + b"ni1\0" + bytes(8), "second file"),
    "encrypted envelope": (b"\x30\x80\x06\x09" + bytes.fromhex("2a864886f70d010703"), "encrypted"),
}


@pytest.mark.parametrize("name", NOT_SCANS)
def test_what_is_not_a_scan_is_named(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    data, reason = NOT_SCANS[name]
    assert reason in refusal(data)
    assert capfd.readouterr() == ("", "")


def picture_files() -> dict[str, bytes]:
    """One file of every kind that Pillow reads, with different compressions."""
    frames = [Image.fromarray(np.roll(grey_picture(), 8 * shift, 1)) for shift in range(3)]
    exif = Image.Exif()
    exif[274] = 6
    colour = Image.merge("RGB", [*frames])
    return {
        "PNG": PNG,
        "PNG 16": saved(Image.fromarray(RAMP), "PNG"),
        "PNG palette": saved(colour.quantize(16), "PNG"),
        "JPEG": saved(colour, "JPEG", exif=exif),
        "JPEG progressive": saved(GREY, "JPEG", progressive=True),
        "JPEG CMYK": saved(colour.convert("CMYK"), "JPEG"),
        "TIFF": saved(Image.fromarray(RAMP), "TIFF"),
        "TIFF LZW": saved(colour, "TIFF", compression="tiff_lzw"),
        "TIFF deflate": saved(GREY, "TIFF", compression="tiff_deflate"),
        "TIFF JPEG": saved(colour, "TIFF", compression="jpeg"),
        "TIFF fax": saved(GREY.convert("1"), "TIFF", compression="group4"),
        "TIFF pages": saved(frames[0], "TIFF", save_all=True, append_images=frames[1:]),
        "BMP": saved(GREY, "BMP"),
        "WebP": saved(colour, "WebP"),
        "WebP film": saved(frames[0], "WebP", save_all=True, append_images=frames[1:]),
        "GIF": saved(frames[0], "GIF", save_all=True, append_images=frames[1:]),
    }


def other_files() -> dict[str, bytes]:
    """DICOM in every compression that can be read, and NIfTI."""
    volume = np.arange(5 * 6 * 7, dtype=np.int16).reshape(5, 6, 7)
    files = {
        "NIfTI": nifti(volume),
        "NIfTI gzip": gzip.compress(nifti(volume.astype(np.float32))),
        "DICOM": written(dicom(RAMP, PatientName="Doe^Jane", WindowCenter=9, WindowWidth=40)),
        "DICOM deflated": written(dicom(RAMP, syntax=DeflatedExplicitVRLittleEndian)),
        "DICOM JPEG": written(jpeg_dicom(saved(GREY, "JPEG"))),
    }
    for name, syntax in (("DICOM RLE", RLELossless), ("DICOM JPEG 2000", JPEG2000Lossless)):
        dataset = dicom(np.stack([RAMP, RAMP[::-1]]))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset.compress(syntax)
        files[name] = written(dataset)
    return files


def jpeg_dicom(frame: bytes, **elements: object) -> Dataset:
    dataset = dicom(grey_picture(), syntax=JPEGBaseline8Bit, **elements)
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].VR = "OB"
    return dataset


@pytest.mark.parametrize("name", [*picture_files(), *other_files()])
def test_truncated_files_are_refused(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    data = (picture_files() | other_files())[name]
    read_scan(data)
    for share in (0.3, 0.6, 0.9):
        refusal(data[: int(len(data) * share)])
    assert capfd.readouterr() == ("", "")


def resized_png(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">II", width, height) + PNG[24:29]
    return PNG[:12] + header + struct.pack(">I", zlib.crc32(header)) + PNG[33:]


def test_pictures_without_pixels_are_refused() -> None:
    assert "no pixels (it is 0 × 48)" in refusal(resized_png(0, 48))
    assert "no pixels" in refusal(resized_png(64, 0))
    assert "no pixels" in refusal(written(dicom(RAMP, Rows=0)))
    assert "no pixels" in refusal(b"GIF89a" + bytes(4) + saved(GREY, "GIF")[10:])
    bitmap = saved(GREY, "BMP")
    assert "no pixels" in refusal(bitmap[:18] + bytes(4) + bitmap[22:])
    volume = bytearray(nifti(np.zeros((4, 4, 4), np.uint8)))
    volume[42:44] = b"\0\0"
    assert "no voxels" in refusal(bytes(volume))


@pytest.mark.parametrize("side", [12_000, 60_000])  # below and above Pillow's own bound
def test_a_decompression_bomb_is_refused_on_what_it_declares(side: int) -> None:
    assert "100,000,000" in refusal(resized_png(side, side))


def peak_memory(data: bytes) -> int:
    """Bytes allocated at most while the file is read or refused."""
    tracemalloc.start()
    try:
        read_scan(data)
    except ScanError as error:
        one_sentence(str(error))
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


def test_a_gzip_bomb_behind_a_small_volume_is_never_inflated() -> None:
    small = nifti(np.ones((4, 4, 4), np.uint8))
    bomb = gzip.compress(small + bytes(200_000_000), compresslevel=1)
    assert peak_memory(bomb) < 20_000_000


def test_a_volume_that_declares_too_much_is_refused_before_it_is_inflated() -> None:
    volume = bytearray(nifti(np.ones((4, 4, 4), np.uint8)))
    volume[42:48] = struct.pack("<3h", 2000, 2000, 2000)
    assert "100,000,000" in refusal(gzip.compress(bytes(volume)))
    volume[40:50] = struct.pack("<5h", 4, 4, 4, 4, 32000)
    volume[42:48] = struct.pack("<3h", 64, 64, 64)
    assert "100,000,000" in refusal(bytes(volume))


def test_a_deflated_dicom_bomb_is_stopped() -> None:
    deflated = written(
        dicom(np.zeros((1000, 1000), np.uint8), syntax=DeflatedExplicitVRLittleEndian)
    )
    assert "unpacks to more than the limit" in refusal(deflated, Limits(pixels=200_000))
    assert read_scan(deflated, limits=Limits(pixels=1_000_000)).frames == 1


def test_dicom_frames_of_another_size_than_declared_are_refused() -> None:
    """The compressed frame, not the header, decides what a decoder allocates."""
    big = Image.new("L", (9000, 9000))
    assert "contradicts itself" in refusal(written(jpeg_dicom(saved(big, "JPEG"))))
    dataset = dicom(grey_picture(), syntax=JPEG2000Lossless)
    dataset.PixelData = encapsulate([saved(big.resize((900, 900)), "JPEG2000", no_jp2=True)])
    dataset["PixelData"].VR = "OB"
    assert "contradicts itself" in refusal(written(dataset))
    dataset.file_meta.TransferSyntaxUID = RLELossless
    dataset.PixelData = encapsulate([struct.pack("<16I", 1, 64, *[0] * 14) + b"\x81\0" * 100_000])
    assert "contradicts itself" in refusal(written(dataset))


def progressive(passes: int) -> bytes:
    """A JPEG whose last pass is there again and again."""
    jpeg = saved(GREY, "JPEG", progressive=True)
    last = jpeg.rindex(b"\xff\xc4")
    return jpeg[:-2] + jpeg[last:-2] * (passes - jpeg.count(b"\xff\xda")) + jpeg[-2:]


def test_a_jpeg_of_very_many_passes_is_refused_before_it_is_decoded() -> None:
    """Each pass goes over the whole picture and takes 160 bytes (libjpeg-turbo, LJT-01-003)."""
    assert read_scan(progressive(64)).frames == 1
    assert "more than 64 passes" in refusal(progressive(65))
    assert read_scan(written(jpeg_dicom(progressive(64)))).frames == 1
    assert "more than 64 passes" in refusal(written(jpeg_dicom(progressive(65))))
    second = saved(GREY, "JPEG") + progressive(65)  # which is not looked at
    assert read_scan(second).frames == 1
    application = b"\xff\xe1" + struct.pack(">H", 202) + b"\xff\xda" * 100
    hidden = progressive(20)
    assert read_scan(hidden[:2] + application + hidden[2:]).frames == 1


def directories(pages: int, *, loop: bool) -> bytes:
    """A TIFF whose every page is one pixel; the last one may be followed by the first."""
    one = tiff(np.zeros((1, 1), np.uint8))
    (first,) = struct.unpack_from("<I", one, 4)
    data = bytearray(one[:first])
    for number in range(pages):
        beyond = len(data) + len(one) - first
        following = beyond if number + 1 < pages else first * loop
        data += one[first:-4] + struct.pack("<I", following)
    return bytes(data)


@pytest.mark.parametrize("loop", [False, True])
def test_the_pages_of_a_tiff_are_counted_before_one_is_read(loop: bool) -> None:
    assert read_scan(directories(30, loop=loop)).frames == 30
    assert "2,001 frames or more" in refusal(directories(100_000, loop=loop))
    assert "SCANLINE_MAX_FRAMES" in refusal(directories(4, loop=loop), Limits(frames=3))


def test_a_tiff_page_of_very_many_tags_is_refused() -> None:
    data = bytearray(tiff(np.zeros((8, 8), np.uint8)))
    (first,) = struct.unpack_from("<I", data, 4)
    struct.pack_into("<H", data, first, 60_000)
    assert "more than 1,000 tags" in refusal(bytes(data) + bytes(720_000))


def test_memory_is_bounded_before_anything_is_decoded() -> None:
    """A picture of few pixels may take many bytes for each."""
    side = np.zeros((300, 300), np.uint8)
    deep = np.zeros((300, 300, 3), np.uint16)
    few = Limits(pixels=90_000)
    for data in (
        png(deep),
        png(np.zeros((300, 300, 4), np.uint16)),
        tiff(deep, photometric=2),
        tiff(deep, photometric=2, planar=True),
        tiff(side.astype(np.float64)),
        saved(Image.fromarray(side), "WebP"),
        saved(Image.new("CMYK", (300, 300)), "JPEG", progressive=True),
    ):
        assert "MB of memory" in refusal(data, few)
        assert read_scan(data).frames == 1


def test_frames_are_written_into_one_array() -> None:
    frames = [Image.new("L", (300, 300), n) for n in range(40)]
    for format in ("GIF", "PNG", "TIFF"):
        film = saved(frames[0], format, save_all=True, append_images=frames[1:])
        scan = read_scan(film)
        assert scan.frames == 40
        assert (
            peak_memory(film) < 5 * scan.pixels.nbytes
        )  # grey from three channels, and a comparison


def test_dicom_that_declares_too_much_is_refused() -> None:
    assert "100,000,000" in refusal(written(dicom(RAMP, Rows=60_000, Columns=60_000)))
    assert "2,000" in refusal(written(dicom(RAMP, NumberOfFrames=2_000_000)))


def test_limits_hold_for_every_kind_of_file() -> None:
    assert "0.0 MB" in refusal(PNG, Limits(bytes=100))
    for data in (picture_files() | other_files()).values():
        assert "SCANLINE_MAX_PIXELS" in refusal(data, Limits(pixels=100)) or "limit" in refusal(
            data, Limits(pixels=100)
        )
    for name in ("TIFF pages", "GIF", "WebP film"):
        assert "SCANLINE_MAX_FRAMES" in refusal(picture_files()[name], Limits(frames=2))
    assert "SCANLINE_MAX_FRAMES" in refusal(other_files()["NIfTI"], Limits(frames=6))


def test_dicom_without_a_picture_or_with_an_encrypted_one() -> None:
    bare = dicom(RAMP)
    del bare.PixelData
    assert "pixels are missing" in refusal(written(bare))
    del bare.Rows
    assert "holds no picture (its modality is CT)" in refusal(written(bare))
    bare.Modality = "JANE DOE"
    assert "JANE" not in refusal(written(bare))

    secret = Dataset()
    secret.EncryptedContentTransferSyntaxUID = "1.2.840.10008.1.2"
    secret.EncryptedContent = bytes(64)
    bare.EncryptedAttributesSequence = Sequence([secret])
    assert "encrypted" in refusal(written(bare))
    readable = read_scan(written(dicom(RAMP, EncryptedAttributesSequence=Sequence([secret]))))
    assert "its picture is not" in readable.notes[0]


def test_transfer_syntaxes_that_cannot_be_read() -> None:
    data = written(dicom(RAMP))
    for unknown in (b"1.2.3.4", b"1.2.840.10008.1.2.7", b"1.2.840.10008.1.1", b"Jane Doe"):
        renamed = data.replace(ExplicitVRLittleEndian.encode(), unknown.ljust(19, b"\0"), 1)
        assert "not known" in refusal(renamed)
    film = jpeg_dicom(b"\0" * 100)
    film.file_meta.TransferSyntaxUID = MPEG2MPML
    assert "MPEG2" in refusal(written(film))
    deep = jpeg_dicom(b"\0" * 100, BitsStored=12)
    deep.file_meta.TransferSyntaxUID = JPEGExtended12Bit
    assert "JPEG Extended" in refusal(written(deep))
    odd = dicom(grey_picture(), PhotometricInterpretation="HSV")
    assert "colours" in refusal(written(odd))


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(65 * 2**20)
    (tmp_path / "empty").touch()
    reasons = {
        tmp_path / "none": "no such file",
        tmp_path: "folder",
        Path("/dev/null"): "device",
        tmp_path / "bad\0name": "no such file",
        tmp_path / "empty": "empty",
        large: "65.0 MB",
    }
    for path, reason in reasons.items():
        with pytest.raises(ScanError, match=reason) as caught:
            read_scan_file(path)
        one_sentence(str(caught.value))


def read_or_refuse(data: bytes) -> None:
    """The only two things that may happen to any bytes."""
    try:
        scan = read_scan(data)
    except ScanError as error:
        one_sentence(str(error))
    else:
        assert isinstance(scan, Scan)
        assert scan.display().dtype == np.uint8


def damage(data: bytes, *, tries: int, seed: int) -> None:
    """Read the file cut at evenly spread places, then with bytes changed, most in its header."""
    for step in range(tries):
        read_or_refuse(data[: len(data) * step // tries])
    random = np.random.default_rng(seed)
    for _ in range(tries):
        changed = bytearray(data)
        reach = len(data) if random.random() < 0.3 else min(len(data), 1024)
        for place in random.integers(0, reach, size=random.integers(1, 9)):
            changed[place] = random.integers(0, 256)
        read_or_refuse(bytes(changed))


@pytest.mark.parametrize("name", [*picture_files(), *other_files()])
def test_damage_to_made_files_never_escapes(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    damage((picture_files() | other_files())[name], tries=60, seed=7)
    assert capfd.readouterr() == ("", "")


def test_damage_to_sample_scans_never_escapes(
    real_data: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    files = sorted(file for file in (real_data / "scans").glob("*") if file.is_file())
    assert len(files) > 15
    for seed, file in enumerate(files):
        data = file.read_bytes()
        damage(data, tries=25 if len(data) < 200_000 else 8, seed=seed)
    assert capfd.readouterr() == ("", "")


def element(tag: int, vr: bytes, body: bytes = b"", *, open_ended: bool = False) -> bytes:
    """A DICOM element, explicit and little-endian."""
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr)
    if vr != b"SQ":
        return head + struct.pack("<H", len(body)) + body
    return head + struct.pack("<xxI", 0xFFFFFFFF if open_ended else len(body)) + body


ITEM = struct.pack("<HHI", 0xFFFE, 0xE000, 0)
OPEN_ITEM = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)


@pytest.mark.parametrize(
    ("added", "reason"),
    [
        (b"".join(element(0x00110000 + number, b"LO") for number in range(30_000)), "elements"),
        (element(0x00081140, b"SQ", ITEM * 300_000), "items"),
        (element(0x00081140, b"SQ", OPEN_ITEM, open_ended=True) * 20_000, "header is damaged"),
        (element(0x00081140, b"SQ", bytes(17 * 2**20)), "16 MB"),
    ],
    ids=["elements", "items", "depth", "size"],
)
def test_dicom_headers_that_would_fill_the_memory_are_refused(added: bytes, reason: str) -> None:
    data = written(dicom(RAMP))
    at = data.index(b"\x28\0\x02\0US")
    assert read_scan(data[:at] + element(0x00081140, b"SQ", ITEM * 50) + data[at:]).frames == 1
    assert reason in refusal(data[:at] + added + data[at:])
    assert peak_memory(data[:at] + added + data[at:]) < 60_000_000


def test_pictures_in_very_many_pieces_are_refused() -> None:
    dataset = dicom(RAMP, syntax=RLELossless)
    dataset.PixelData = ITEM * 150_000
    dataset["PixelData"].VR = "OB"
    assert "pieces" in refusal(written(dataset))
    volume = gzip.compress(nifti(np.zeros((4, 4, 4), np.uint8))[:200])
    assert "pieces" in refusal(volume + gzip.compress(b"") * 60_000)
