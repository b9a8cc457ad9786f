"""A ZIP is hostile until proved otherwise: each trick gets its sentence, and nothing is written anywhere."""

import io
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diagnosis.datasets import DatasetError
from diagnosis.datasets.importing import open_source, prepare
from diagnosis.datasets.importing.guarded_zip import MAX_TOTAL, GuardedZip
from diagnosis.datasets.importing.labelled import MAX_FILES
from diagnosis.datasets.importing.opening import MAX_UPLOADED_FILES
from diagnosis.scans import Limits, ScanError
from tests.scan_files import grey_picture, saved

Fill = Callable[[zipfile.ZipFile], None]
PICTURE = saved(Image.fromarray(grey_picture()), "PNG")


def _zip(fill: Fill, *, compression: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr("normal/1.png", PICTURE)
        fill(archive)
    file.seek(0)
    return file


def _refusal(file: io.BytesIO, manifest: io.BytesIO | None = None) -> str:
    with (
        pytest.raises(DatasetError, match=r"^The ZIP archive [^\n]+\.$") as refused,
        open_source(file, manifest) as source,
    ):
        prepare(source)
    return str(refused.value)


def _entry(name: str, *, mode: int = 0, data: bytes = b"x") -> Fill:
    def fill(archive: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo("placeholder")
        info.filename = name  # the constructor would tidy it
        info.external_attr = mode << 16
        archive.writestr(info, data)

    return fill


def _packed(format: str) -> bytes:
    if format == "tar":
        import tarfile

        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w") as archive:
            archive.addfile(tarfile.TarInfo("1.png"))
        return file.getvalue()
    return _zip(lambda archive: None).getvalue()


@pytest.mark.parametrize(
    ("fill", "said"),
    [
        (_entry("/etc/passwd"), "/etc/passwd is an absolute path"),
        (_entry("C:\\Users\\x.png"), "is an absolute path"),
        (_entry("\\\\server\\x.png"), "is an absolute path"),
        (_entry("normal/../../x.png"), "leads out of the archive"),
        (_entry("normal\\..\\..\\x.png"), "leads out of the archive"),
        (_entry("..", data=b""), "leads out of the archive"),
        (_entry("normal/2.png", mode=stat.S_IFLNK | 0o777, data=b"/etc/passwd"), "is a link"),
        (_entry("normal/2.png", mode=stat.S_IFIFO | 0o644), "neither a file nor a folder"),
        (_entry("normal/more.zip"), "normal/more.zip is an archive inside it"),
        (_entry("normal/more.tar.gz"), "is an archive inside it"),
        (_entry("normal/a.png", data=_packed("zip")), "normal/a.png is an archive inside it"),
        (_entry("normal/b.png", data=_packed("tar")), "normal/b.png is an archive inside it"),
        (_entry("normal/1.png"), "two files normal/1.png"),
        (_entry("normal//./1.png"), "two files normal/1.png"),
        (_entry("sick/\x1b[2J.7z"), "sick/\N{REPLACEMENT CHARACTER}[2J.7z is an archive"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_each_trick_is_refused_in_a_sentence(fill: Fill, said: str) -> None:
    assert said in _refusal(_zip(fill))


def test_a_bomb_is_refused_by_what_its_directory_says() -> None:
    bomb = _zip(lambda archive: archive.writestr("sick/1.png", bytes(2 * 2**20)))
    info = zipfile.ZipFile(bomb).getinfo("sick/1.png")
    assert info.file_size > 200 * info.compress_size
    assert "more than 200 times its packed size" in _refusal(bomb)


def test_a_bomb_whose_directory_lies_is_refused_while_it_unpacks() -> None:
    """The directory says 1,000 bytes; what is unpacked is counted all the same."""
    bomb = _zip(lambda archive: archive.writestr("sick/1.png", bytes(8 * 2**20)))
    data = bytearray(bomb.getvalue())
    directory = data.rindex(b"PK\x01\x02")
    assert data[directory + 46 :][:10] == b"sick/1.png"
    struct.pack_into("<I", data, directory + 24, 1000)
    guarded = GuardedZip(io.BytesIO(data))
    with pytest.raises(ScanError, match="damaged in the archive"):  # no more than 1,000 bytes came
        guarded.read("sick/1.png", Limits())
    # and with a directory that says neither the size nor how tightly it is packed
    guarded = GuardedZip(io.BytesIO(data))
    guarded._infos["sick/1.png"].file_size = 8 * 2**20
    with pytest.raises(DatasetError, match="more than 200 times"):
        guarded.read("sick/1.png", Limits())


def test_too_much_in_all_is_refused_before_and_while_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, 3000, np.uint8).tobytes()

    def fill(archive: zipfile.ZipFile) -> None:
        for index in range(9):
            archive.writestr(f"sick/{index}.png", noise)

    file = _zip(fill)
    monkeypatch.setattr("diagnosis.datasets.importing.guarded_zip.MAX_TOTAL", 20_000)
    with pytest.raises(DatasetError, match="unpacks to more than"):
        GuardedZip(file)
    monkeypatch.setattr("diagnosis.datasets.importing.guarded_zip.MAX_TOTAL", MAX_TOTAL)
    guarded = GuardedZip(file)
    monkeypatch.setattr("diagnosis.datasets.importing.guarded_zip.MAX_TOTAL", 20_000)
    for index in range(6):
        assert guarded.read(f"sick/{index}.png", Limits()) == noise
    with pytest.raises(DatasetError, match="unpacks to more than"):
        guarded.read("sick/6.png", Limits())


def test_a_file_larger_than_a_scan_may_be_is_not_unpacked() -> None:
    guarded = GuardedZip(_zip(lambda archive: None))
    with pytest.raises(ScanError, match="and the limit is"):
        guarded.read("normal/1.png", Limits(bytes=10))


def test_too_many_files_are_refused_before_they_are_listed(tmp_path: Path) -> None:
    """100,000 on the server, 20,000 in an upload."""
    with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
        archive.writestr("normal/1.png", PICTURE)
    data = file.getvalue()
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry = data[start:end]

    def holding(count: int) -> bytes:
        tail = bytearray(data[end:])
        struct.pack_into("<HHI", tail, 8, 0xFFFF, 0xFFFF, len(entry) * count)
        return data[:start] + entry * count + tail

    assert "more than 20,000 files" in _refusal(io.BytesIO(holding(MAX_UPLOADED_FILES + 1)))
    (tmp_path / "many.zip").write_bytes(holding(MAX_FILES + 1))
    with (
        pytest.raises(DatasetError, match="more than 100,000 files"),
        open_source(tmp_path / "many.zip"),
    ):
        pass


def test_entries_that_share_their_bytes_are_refused() -> None:
    file = _zip(lambda archive: archive.writestr("sick/1.png", PICTURE))
    data = bytearray(file.getvalue())
    second = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, second + 42, 0)  # the second entry begins where the first does
    assert "overlap" in _refusal(io.BytesIO(data))


def test_an_encrypted_and_an_unusually_packed_archive_are_refused() -> None:
    data = bytearray(_zip(lambda archive: None).getvalue())
    struct.pack_into("<H", data, data.rindex(b"PK\x01\x02") + 8, 1)
    assert "encrypted" in _refusal(io.BytesIO(data))
    assert "unusual way" in _refusal(_zip(lambda archive: None, compression=zipfile.ZIP_LZMA))


def test_a_workbook_is_held_to_the_same_rules() -> None:
    def fill(archive: zipfile.ZipFile) -> None:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 3 * 2**20)

    assert "200 times" in _refusal(_zip(lambda archive: None), _zip(fill))
    with (
        pytest.raises(DatasetError, match="cannot be read as an Excel workbook"),
        open_source(_zip(lambda archive: None), _zip(_entry("xl/x.xml"))),
    ):
        pass


def test_no_damage_raises_anything_but_a_sentence(tmp_path: Path) -> None:
    """Cut anywhere or with any few bytes overwritten: read, or refused."""
    whole = _zip(lambda archive: archive.writestr("sick/1.png", PICTURE)).getvalue()
    rng = np.random.default_rng(0)
    refused = unreadable = 0
    for trial in range(200):
        damaged = bytearray(whole)
        if trial % 4 == 0:
            damaged = damaged[: rng.integers(4, len(whole))]
        else:
            for place in rng.integers(4, len(whole), 3):
                damaged[place] = rng.integers(256)
        try:
            with open_source(io.BytesIO(damaged)) as source:
                unreadable += not prepare(source).report.ok
        except DatasetError:
            refused += 1
    assert refused > 50 and unreadable > 20
    assert list(tmp_path.iterdir()) == []


def test_a_good_archive_is_read_without_its_junk() -> None:
    def fill(archive: zipfile.ZipFile) -> None:
        archive.mkdir("sick")
        archive.writestr("sick/1.png", PICTURE)
        for junk in ("__MACOSX/sick/._1.png", "sick/.DS_Store", "sick/Thumbs.db"):
            archive.writestr(junk, b"\0")

    with open_source(_zip(fill)) as source:
        assert [(picture.name, picture.label) for picture in source.pictures] == [
            ("normal/1.png", "normal"),
            ("sick/1.png", "sick"),
        ]
        assert source.pictures[1].read(Limits()).pixels.shape == (1, 48, 64, 1)
    assert [finding.sentence for finding in source.findings] == [
        "Passed over, as hidden or left by the system: 3 files."
    ]
