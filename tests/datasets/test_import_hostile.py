"""Arrays and lists that ask for more than they bring are refused before anything is made of them.

`BOUND` is far below what each of these took: 100 s or 6 GB, for a file of a kilobyte to two megabytes.
"""

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from diagnosis.datasets import SPLITS, DatasetError, load
from diagnosis.datasets.importing import Options, open_source, prepare
from diagnosis.datasets.importing.opening import MAX_UPLOADED
from tests.import_sources import zip_of

BOUND = 48 * 2**20  # bytes that are ever allocated, the file itself apart


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))


def _header(descr: str, shape: str, *, version: int = 1) -> bytes:
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (63 - (12 + len(text)) % 64) + b"\n"
    length = struct.pack("<H", len(text)) if version == 1 else struct.pack("<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text


def _npy(array: np.ndarray) -> bytes:
    np.save(file := io.BytesIO(), array, allow_pickle=True)
    return file.getvalue()


def _members() -> dict[str, bytes]:
    images = np.random.default_rng(0).integers(0, 256, (12, 8, 8), np.uint8)
    labels = np.arange(12, dtype=np.uint8) % 2
    return {
        f"{s}_{what}": _npy(a)
        for s in SPLITS
        for what, a in (("images", images), ("labels", labels))
    }


def _npz(changed: dict[str, bytes], zeros: dict[str, int] | None = None) -> io.BytesIO:
    """A valid archive with some members changed, and followed by so many bytes of zeros."""
    with zipfile.ZipFile(
        file := io.BytesIO(), "w", zipfile.ZIP_DEFLATED, compresslevel=1
    ) as archive:
        for key, data in (_members() | changed).items():
            with archive.open(f"{key}.npy", "w", force_zip64=True) as member:
                member.write(data)
                left = (zeros or {}).get(key, 0)
                while left:
                    n = min(left, 2**22)
                    member.write(bytes(n))
                    left -= n
    file.seek(0)
    return file


def _refusal(act: Callable[[], object]) -> str:
    tracemalloc.start()
    try:
        with pytest.raises(DatasetError) as refused:
            act()
        assert tracemalloc.get_traced_memory()[1] < BOUND
    finally:
        tracemalloc.stop()
    assert str(refused.value).endswith(".")
    return str(refused.value)


@pytest.mark.parametrize(
    ("changed", "zeros", "said"),
    [
        ({"class_names": _header("<U0", "(3000000000,)")}, {}, "class_names declares"),
        ({"class_names": _header("<U0", "(0,)")}, {}, "class_names declares"),
        ({"class_names": _header("<U1", "(50000000,)")}, {"class_names": 200_000_000}, "200 times"),
        ({"class_names": _header("<U1", "(2000,)") + bytes(8000)}, {}, "class_names must be"),
        ({"class_names": _header("<U9999", "(2,)") + bytes(8 * 9999)}, {}, "class_names must be"),
        ({"class_names": _npy(np.array(["a", None]))}, {}, "never read"),
        ({"class_names": _npy(np.array([b"a", b"b"]))}, {}, "class_names must be"),
        (
            {"train_images": _header("|u1", "(250000, 28, 28)")},
            {"train_images": 250_000 * 784},
            "train_images unpacks to more than 200 times its packed size",
        ),
        (
            {"train_images": _header("<f8", "(10000, 28, 28)")},
            {"train_images": 10_000 * 784 * 8},
            "images are float64",
        ),
        (
            {f"{s}_images": _header("|u1", "(40000, 8, 8)") for s in SPLITS},
            {f"{s}_images": 40_000 * 64 for s in SPLITS},
            "120,000 pictures",
        ),
        ({"train_images": _header("|u1", "(-3, -4, 1)") + bytes(12)}, {}, "declares"),
        ({"train_images": _header("|u1", "(-3, 4, 1)") + bytes(12)}, {}, "declares"),
        ({"train_images": _header("|u1", "(0, 8, 8)")}, {}, "split is empty"),
        ({"train_images": _header("|O", "(3, 8, 8)")}, {}, "never read"),
        (
            {"train_images": b"\x93NUMPY\2\0" + struct.pack("<I", 60_000_000)},
            {"train_images": 60_000_000},
            "header of 60,000,000",
        ),
        ({"train_images": b"\x93NUMPY\1\0" + struct.pack("<H", 9000) + b"(" * 9000}, {}, "damaged"),
        ({"train_images": b"\x93NUMPY"}, {}, "damaged"),
        ({"train_labels": _header("|u1", "(12, 1001)") + bytes(12 * 1001)}, {}, "at most 1,000"),
        ({"train_labels": _header("|V0", "(12,)")}, {}, "train_labels declares"),
        (
            {"train_labels": _header("|u1", "(60000, 1000)")},
            {"train_labels": 60_000_000},
            "of an upload at most",
        ),
        (
            {f"{s}_patients": _header("<i4", "(12, 3)") + bytes(144) for s in SPLITS},
            {},
            "one whole number for each image",
        ),
    ],
)
def test_an_array_is_judged_by_its_header(
    changed: dict[str, bytes], zeros: dict[str, int], said: str
) -> None:
    file = _npz(changed, zeros)

    def act() -> None:
        with open_source(file) as source:
            prepare(source)

    assert said in _refusal(act)


def test_a_set_in_the_data_folder_is_judged_as_well(tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    path.write_bytes(_npz({"class_names": _header("<U0", "(3000000000,)")}).getvalue())
    assert "class_names declares" in _refusal(lambda: load(path))


@pytest.mark.parametrize(
    "text",
    [
        b'"fi\nle"' + b",x" * 200_000 + b"\na,b\n",
        b"file,label\n" + b"x," * 1_000_000 + b"\n",
        b"file,label\n" + b"x," * 8_000_000,
        b"file,label\n" + b'"\n",' * 2_000_000,
        b'file,label\n"' + b"x" * 8_000_000,
        b'file,label\n"' + b"x\n" * 4_000_000,
        b"file,label\na," + b"x" * 10_001 + b"\n",
        b"file,label\na,b" + b",c" * 50 + b"\n",
    ],
)
def test_a_list_that_is_too_wide_or_too_long(text: bytes) -> None:
    given = zip_of({"a/1.png": b"x"})
    manifest = io.BytesIO(text)

    def act() -> None:
        with open_source(given, manifest):
            pass

    assert _refusal(act).startswith(("The list has more than", "A cell of the list has more than"))


def test_a_list_of_too_many_rows() -> None:
    manifest = io.BytesIO(b"file,label\n" + b"a,b\n" * 100_001)
    with (
        pytest.raises(DatasetError, match="more than 100,000 rows"),
        open_source(zip_of({"a/1.png": b"x"}), manifest),
    ):
        pass


def _workbook(sheet: bytes) -> io.BytesIO:
    """A workbook of one sheet, the XML of which is given."""
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["file", "label"])
    book.save(plain := io.BytesIO())
    with (
        zipfile.ZipFile(plain) as old,
        zipfile.ZipFile(file := io.BytesIO(), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                data = data.replace(b"</sheetData>", sheet + b"</sheetData>")
            new.writestr(name, data)
    file.seek(0)
    return file


def _cells(n: int) -> bytes:
    values = np.random.default_rng(0).integers(0, 10**6, n)
    return b"".join(b"<c><v>%d</v></c>" % value for value in values)


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        (b"<row>" + _cells(51) + b"</row>", "more than 50 columns"),
        (b"<row>" + _cells(20_000) + b"</row>", "more than 50 columns"),
        (b"<row>" + _cells(600_000) + b"</row>", "save it as CSV"),
        (
            b'<row><c t="inlineStr"><is><t>' + b"x" * 10_001 + b"</t></is></c></row>",
            "more than 10,000 characters",
        ),
    ],
)
def test_a_workbook_is_held_to_the_limits_of_a_list(sheet: bytes, said: str) -> None:
    given, manifest = zip_of({"a/1.png": b"x"}), _workbook(sheet)

    def act() -> None:
        with open_source(given, manifest):
            pass

    assert said in _refusal(act)


def test_a_workbook_has_the_limits_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    workbook = _workbook(b"<row>" + _cells(2_000) + b"</row>")
    monkeypatch.setenv("SCANLINE_MAX_BYTES", str(len(workbook.getvalue()) + 100))
    with (
        pytest.raises(DatasetError, match="save it as CSV"),
        open_source(zip_of({"a/1.png": b"x"}), workbook),
    ):
        pass


# ZIPs


def _patched(file: io.BytesIO, offset: int, form: str, value: int) -> io.BytesIO:
    """The last entry of the directory with another value in a field."""
    data = bytearray(file.getvalue())
    struct.pack_into(form, data, data.rindex(b"PK\1\2") + offset, value)
    return io.BytesIO(data)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (_patched(zip_of({"a/1.png": b"x" * 99}), 20, "<I", 2**31), "overlap"),
        (zip_of({"a/1.png": b"x", "a/bomb.png": bytes(2**21)}), "a/bomb.png unpacks to more"),
        (zip_of({"/".join("abcdefghijklmnopqrstu"): b"x"}), "too deep"),
        (zip_of({"a" * 5000 + "/1.png": b"x"}), "too long"),
    ],
)
def test_a_zip_that_lies_or_is_made_to_cost(file: io.BytesIO, said: str) -> None:
    def act() -> None:
        with open_source(file):
            pass

    refusal = _refusal(act)
    assert refusal.startswith("The ZIP archive cannot be imported") and said in refusal


def test_an_upload_unpacks_to_less_than_a_file_on_the_server(tmp_path: Path) -> None:
    """Thirty-five files of 62 MB, packed 100 to 1, declared but not there."""
    packed = bytes(620_000)
    with zipfile.ZipFile(file := io.BytesIO(), "w", zipfile.ZIP_STORED) as archive:
        for number in range(35):
            archive.writestr(f"{number % 2}/{number}.png", packed)
    data = file.getvalue()
    parts = data.split(b"PK\1\2")
    declared = struct.pack("<I", 62_000_000)
    data = b"PK\1\2".join([parts[0], *(part[:20] + declared + part[24:] for part in parts[1:])])
    with (
        pytest.raises(DatasetError, match=r"unpacks to more than 0\.5 GiB"),
        open_source(io.BytesIO(data)),
    ):
        pass
    (tmp_path / "large.zip").write_bytes(data)
    with open_source(tmp_path / "large.zip") as source:
        assert len(source.pictures) == 35


def test_words_that_a_pattern_would_take_long_for_and_100_000_classes_are_only_named() -> None:
    names = ["_" * 4000 + str(k) for k in range(3)]
    with open_source(zip_of({f"{name}/1.txt": b"x" for name in names})) as source:
        assert len({picture.label for picture in source.pictures}) == 3
    many = {f"{k}/1": b"text" for k in range(2_000)}
    with open_source(zip_of(many)) as source:
        report = prepare(source).report
    assert {"classes", "unreadable"} <= {finding.code for finding in report.of("error")}


def test_reduced_pictures_of_an_upload_are_counted_before_they_are_kept() -> None:
    with open_source(zip_of({f"{k % 2}/{k}.png": b"x" for k in range(900)})) as source:
        assert source.most == MAX_UPLOADED
        with pytest.raises(DatasetError, match="choose a smaller size"):
            prepare(source, Options(size=512))
