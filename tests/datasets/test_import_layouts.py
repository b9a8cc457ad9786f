"""What a set's classes, splits and files are, whatever lies beside them and however names are written."""

import codecs
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal
from unicodedata import normalize

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from diagnosis.datasets import DatasetError
from diagnosis.datasets.importing import ImportReport, open_source, prepare
from diagnosis.datasets.importing.labelled import Source
from tests.import_sources import folder_of, zip_of
from tests.scan_files import saved

NAMES = ("normal", "sick")
Form = Literal["NFC", "NFD"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))


def _picture(number: int) -> bytes:
    pixels = np.random.default_rng(number).integers(0, 256, (8, 8), np.uint8)
    return saved(Image.fromarray(pixels).resize((32, 32), Image.Resampling.BICUBIC), "PNG")


def _pictures(
    around: str = "", names: Sequence[str] = NAMES, n: int = 4, start: int = 0
) -> dict[str, bytes]:
    """Class folders of PNGs, no two alike."""
    return {
        f"{around}{name}/{k:02d}.png": _picture(start + 50 * c + k)
        for c, name in enumerate(names)
        for k in range(n)
    }


def _splits(train: str = "train", val: str = "val", test: str = "test") -> dict[str, bytes]:
    """Class folders within a folder for each split."""
    words = (train, val, test)
    return {
        name: data
        for s, word in enumerate(words)
        for name, data in _pictures(f"{word}/", start=1000 * s).items()
    }


def _report(given: io.BytesIO | Path, manifest: io.BytesIO | None = None) -> ImportReport:
    with open_source(given, manifest) as source:
        return prepare(source).report


def _source(given: io.BytesIO | Path, manifest: io.BytesIO | None = None) -> Source:
    with open_source(given, manifest) as source:
        return source


def _left_out(report: ImportReport, code: str) -> set[str]:
    (finding,) = [finding for finding in report.findings if finding.code == code]
    return {name for group in finding.groups for name in group}


# Class folders


BESIDE: dict[str, bytes] = {
    "README.md": b"# About",
    "LICENSE": b"Free.",
    "labels.csv": b"a,b\n",
    "meta.json": b"{}",
    "docs/how.pdf": b"%PDF-1.7",
    "notes/a.txt": b"text",
    "model.bin": b"\1\2\3\4\5",
}


@pytest.mark.parametrize("around", ["", "set/", "a/b/"])
@pytest.mark.parametrize("beside", list(BESIDE))
def test_a_file_beside_the_class_folders_changes_no_class(around: str, beside: str) -> None:
    for place in {"", around}:
        files = _pictures(around) | {place + beside: BESIDE[beside]}
        report = _report(zip_of(files))
        assert report.ok and report.classes == NAMES and report.usable == 8, report.findings
        code = "outside" if "/" not in beside or place != around else "no-pictures"
        assert _left_out(report, code) == {place + beside}


@pytest.mark.parametrize("around", ["", "set/"])
@pytest.mark.parametrize(
    "words",
    [
        ("train", "val", "test"),
        ("Training", "VALIDATION", "Test"),
        ("training_set", "valid", "test_set"),
        ("TRAIN", "Validation set", "testing data"),
    ],
)
@pytest.mark.parametrize("beside", ["", "{train}/labels.csv", "README", "extra/{train}.png"])
def test_splits_are_those_of_the_folders(
    around: str, words: tuple[str, str, str], beside: str
) -> None:
    files = _splits(*words)
    if beside:
        files[beside.format(train=words[0])] = _picture(9999) if "png" in beside else b"a,b\n"
    report = _report(zip_of({around + name: data for name, data in files.items()}))
    assert report.ok and report.classes == NAMES, report.findings
    assert report.counts == {"train": (4, 4), "val": (4, 4), "test": (4, 4)}
    if beside:
        assert _left_out(report, "outside") == {around + beside.format(train=words[0])}


def test_splits_may_lie_in_the_class_folders() -> None:
    files = {}
    for name, data in _splits().items():
        split, label, file = name.split("/")
        files[f"set/{label}/{split}/{file}"] = data
    report = _report(zip_of(files))
    assert report.ok and report.classes == NAMES
    assert report.counts == {"train": (4, 4), "val": (4, 4), "test": (4, 4)}
    report = _report(zip_of(files | {"set/sick/later.png": _picture(7)}))
    assert {finding.code for finding in report.of("error")} == {"no-split"}


def test_a_test_split_without_classes_is_not_mixed_into_another_set() -> None:
    files = {name.replace("test/sick/", "test/sick-") for name in _splits()}
    flat = {name: data for name, data in _splits().items() if not name.startswith("test/")}
    flat |= {f"test/{k}.png": _picture(500 + k) for k in range(4)}
    report = _report(zip_of(flat))
    assert report.classes == NAMES and not report.ok and files
    assert {finding.code for finding in report.of("error")} == {"empty-split"}
    assert _left_out(report, "outside") == {f"test/{k}.png" for k in range(4)}


def test_folders_for_splits_alone_are_no_classes() -> None:
    files = {f"{split}/{k}.png": _picture(k) for k in range(4) for split in ("train", "test")}
    with pytest.raises(DatasetError, match="hold no class folders"):
        _report(zip_of(files))


def test_pictures_beside_the_class_folders_are_left_out_and_named() -> None:
    files = _pictures("set/") | {"set/overview.png": _picture(70), "docs/figure.jpg": _picture(71)}
    report = _report(zip_of(files))
    assert report.ok and report.classes == NAMES
    assert _left_out(report, "outside") == {"set/overview.png", "docs/figure.jpg"}


def test_a_class_whose_pictures_cannot_be_read_is_missed() -> None:
    """A kind that is not read here, a cut one and an empty one are pictures all the same."""
    for name, data in (("1.svs", b"\1\2\3"), ("1.png", b""), ("1", _picture(1)[:40])):
        report = _report(zip_of(_pictures() | {f"rare/{name}": data}))
        assert report.classes == ("normal", "rare", "sick") and not report.ok
        assert _left_out(report, "unreadable") == {f"rare/{name}"}


def test_folders_of_patients_within_classes_are_no_classes() -> None:
    files = {
        name.replace("/", f"/patient {k}/"): data
        for k, (name, data) in enumerate(_pictures().items())
    }
    assert _report(zip_of(files)).classes == NAMES


def test_a_folder_gives_what_its_zip_gives(tmp_path: Path) -> None:
    files = {f"set/{name}": data for name, data in _splits().items()} | {"set/README": b"about"}
    files |= {"set/.git/config": b"x", "set/train/normal/Thumbs.db": b"x"}
    of_folder, of_zip = _report(folder_of(files, tmp_path / "x")), _report(zip_of(files))
    assert of_folder.counts == of_zip.counts and of_folder.ok
    assert [f.groups for f in of_folder.findings] == [f.groups for f in of_zip.findings]
    passed_over = {"set/.git/config", "set/train/normal/Thumbs.db"}
    assert _left_out(of_zip, "passed-over") == passed_over


@pytest.mark.parametrize(
    "left",
    [
        "sick/@eaDir/1.png/SYNOFILE_THUMB_M.jpg",
        "sick/@EADIR/1.png",
        "sick/.AppleDouble/1.png",
        "sick/THUMBS.DB",
        "sick/Desktop.ini",
        "sick/ehthumbs.db",
        ".Trashes/1.png",
        "#recycle/1.png",
        "#Recycle/sick/1.png",
        "@Recycle/1.png",
        "lost+found/1.png",
        "$RECYCLE.BIN/1.png",
        "System Volume Information/1.png",
        "__macosx/sick/1.png",
        "sick/~$list.xlsx",
        "sick/1.png:Zone.Identifier",
        "sick/.@__thumb/1.png",
    ],
)
def test_what_systems_leave_is_passed_over(left: str) -> None:
    report = _report(zip_of(_pictures() | {left: _picture(77)}))
    assert report.ok and report.classes == NAMES and report.found == 8
    assert _left_out(report, "passed-over") == {left}


# Names


def _raw_zip(entries: Sequence[tuple[bytes, bytes, bytes]], *, attributes: int = 0) -> io.BytesIO:
    """A ZIP of names as they are, extra fields and data; the flag that says UTF-8 is not set."""
    local, directory, at = b"", b"", 0
    for name, extra, data in entries:
        crc, size = zlib.crc32(data), len(data)
        sizes = struct.pack("<III", crc, size, size)
        head = b"\0" * 6 + b"\x21\0" + sizes + struct.pack("<HH", len(name), len(extra))
        part = b"PK\3\4\x14\0" + head + name + extra + data
        external = attributes if not data else 0
        directory += b"PK\1\2\x14\0\x14\0" + head + struct.pack("<HHHII", 0, 0, 0, external, at)
        directory += name + extra
        local += part
        at += len(part)
    n = len(entries)
    end = struct.pack("<HHHHIIH", 0, 0, n, n, len(directory), at, 0)
    return io.BytesIO(local + directory + b"PK\5\6" + end)


def _unicode_field(raw: bytes, name: str, *, crc: int | None = None) -> bytes:
    field = b"\1" + struct.pack("<I", zlib.crc32(raw) if crc is None else crc) + name.encode()
    return struct.pack("<HH", 0x7075, len(field)) + field


@pytest.mark.parametrize(
    ("encode", "name", "certain"),
    [
        (lambda name: (name.encode("utf-8"), b""), "Lungenentzündung", True),
        (lambda name: (name.encode("utf-8"), b""), "肺炎", True),
        (lambda name: (name.encode("cp437"), b""), "Lungenentzündung", False),
        (lambda name: (b"Lungen?", _unicode_field(b"Lungen?", name)), "Lungen?", True),
        (lambda name: (b"\x8e\xfe", _unicode_field(b"\x8e\xfe", name)), "Łódź", True),
    ],
)
def test_names_without_the_flag(
    encode: Callable[[str], tuple[bytes, bytes]], name: str, certain: bool
) -> None:
    entries = []
    for path, data in _pictures(names=("gesund", "X")).items():
        folder, file = path.split("/")
        raw, _ = encode(name) if folder == "X" else (folder.encode(), b"")
        full = raw + b"/" + file.encode()
        _, extra = encode(name)
        field = _unicode_field(full, f"{name}/{file}") if folder == "X" and extra else b""
        entries.append((full, field, data))
    report = _report(_raw_zip(entries))
    assert set(report.classes) == {"gesund", name} and report.ok
    assert ("names" in {finding.code for finding in report.findings}) is not certain


def test_a_unicode_field_of_another_name_is_not_believed() -> None:
    entries = [(name.encode(), b"", data) for name, data in _pictures().items()]
    wrong = _unicode_field(b"", "../../x", crc=1)
    entries += [("sick/ü.png".encode("cp437"), wrong, _picture(90))]
    assert "sick/ü.png" in {picture.name for picture in _source(_raw_zip(entries)).pictures}


@pytest.mark.parametrize(
    ("folders", "attributes"), [(("set\\", "set\\sick\\"), 0), (("set", "set\\sick"), 0x10)]
)
def test_folder_entries_of_windows(folders: tuple[str, ...], attributes: int) -> None:
    entries = [(folder.encode(), b"", b"") for folder in folders]
    entries += [
        (name.replace("/", "\\").encode(), b"", data) for name, data in _pictures("set/").items()
    ]
    report = _report(_raw_zip(entries, attributes=attributes))
    assert report.ok and report.classes == NAMES and report.found == 8


def test_two_forms_of_a_class_are_one_and_two_cases_are_said() -> None:
    files = {
        **_pictures(names=(normalize("NFC", "lésion"), "normal")),
        **_pictures(names=(normalize("NFD", "lésion"), "normal"), start=300, n=3),
        **_pictures(names=("le\u0301sion ",), start=600, n=2),
    }
    report = _report(zip_of(files))
    assert report.classes == ("lésion", "normal")
    assert sum(map(sum, report.counts.values())) == 4 + 3 + 2 + 4
    report = _report(zip_of(_pictures(names=("Normal", "normal", "sick"))))
    assert "class-case" in {finding.code for finding in report.findings}


# Lists


def _flat() -> dict[str, bytes]:
    return {name.replace("/", "-"): data for name, data in _pictures().items()}


def _rows(header: str = "file,label") -> list[str]:
    return [header, *(f"{name},{name.split('-')[0]}" for name in _flat())]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_list_in_any_encoding_line_end_and_delimiter(end: str, mark: str, encoding: str) -> None:
    text = end.join(_rows('"File" , LABEL')).replace("sick", "späte Läsion").replace(",", mark)
    files = {name.replace("sick", "späte Läsion"): data for name, data in _flat().items()}
    source = _source(zip_of(files), io.BytesIO(text.encode(encoding)))
    labels = {picture.name: picture.label for picture in source.pictures}
    assert labels == {name: name.split("-")[0] for name in files}
    assert not source.findings


def test_a_utf_16_list_with_the_larger_byte_first() -> None:
    data = codecs.BOM_UTF16_BE + "\n".join(_rows()).encode("utf-16-be")
    assert _report(zip_of(_flat()), io.BytesIO(data)).ok


@pytest.mark.parametrize(
    ("encoding", "end", "read_as"), [("cp1252", "\r\n", "cp1252"), ("mac_roman", "\r", "mac_roman")]
)
def test_a_list_of_excel_in_western_europe(encoding: str, end: str, read_as: str) -> None:
    data = end.join(_rows()).replace(",sick", ",Läsion").encode(encoding)
    report = _report(zip_of(_flat()), io.BytesIO(data))
    assert report.ok and report.classes == ("Läsion", "normal")
    assert any(read_as in finding.sentence for finding in report.of("note"))


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\n" + "\n".join(_rows()).replace(",", ";"),
        "\n\n" + "\n".join(_rows()),
        "\n".join(f'"{row}"'.replace(",", '","') for row in _rows()),
        "\n".join(_rows("File Name,Class")),
        "\n".join(f"{row},,," for row in _rows()),
        "\n".join(f"{row}{',' * 80}" for row in _rows()),
        "\n".join(['file,label,"what; said, in; two\nlines"', *_rows()[1:]]),
        "\n".join(f"{row},a b c" for row in _rows()),
    ],
)
def test_a_list_as_programs_write_it(text: str) -> None:
    report = _report(zip_of(_flat()), io.BytesIO(text.encode()))
    assert report.ok and report.usable == 8 and report.classes == NAMES, report.findings


def test_what_of_a_list_is_not_read_is_said() -> None:
    rows = _rows("file,label,age,Patient ID")
    rows[1:] = [f"{row},7,p{k}" for k, row in enumerate(rows[1:])]
    report = _report(zip_of(_flat()), io.BytesIO("\n".join(rows).encode()))
    assert report.ok and report.patients is not None and sum(report.patients.values()) == 8
    (columns,) = [finding for finding in report.findings if finding.code == "columns"]
    assert "age" in columns.sentence and "Patient" not in columns.sentence
    rows = [_rows("file,label,patient")[0], *(f"{row},Doe, Jane" for row in _rows()[1:])]
    report = _report(zip_of(_flat()), io.BytesIO("\n".join(rows).encode()))
    assert {finding.code for finding in report.of("error")} >= {"cells"}


def test_a_row_that_is_short_has_no_label_rather_than_one_called_nan() -> None:
    rows = [*_rows()[:-1], _rows()[-1].split(",")[0]]
    report = _report(zip_of(_flat()), io.BytesIO("\n".join(rows).encode()))
    assert {finding.code for finding in report.of("error")} == {"no-label"}
    assert "nan" not in report.classes


def test_a_workbook_of_several_sheets_and_an_old_one() -> None:
    table = pd.DataFrame([row.split(",") for row in _rows()[1:]], columns=["file", "label"])
    with pd.ExcelWriter(file := io.BytesIO()) as writer:
        table.to_excel(writer, sheet_name="first", index=False)
        table.to_excel(writer, sheet_name="second", index=False)
    report = _report(zip_of(_flat()), io.BytesIO(file.getvalue()))
    assert report.ok and "sheets" in {finding.code for finding in report.findings}
    with pytest.raises(DatasetError, match="save it as XLSX"):
        _report(zip_of(_flat()), io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)))


@pytest.mark.parametrize(("in_list", "in_zip"), [("NFC", "NFD"), ("NFD", "NFC")])
@pytest.mark.parametrize("name", ["manifest.csv", "Manifest.CSV"])
def test_listed_names_are_found_in_either_form(in_list: Form, in_zip: Form, name: str) -> None:
    files = {f"Müller/{k}-{name}": data for k, (name, data) in enumerate(_flat().items())}
    rows = ["file,label", *(f"{file},{file.split('-')[1]}" for file in files)]
    packed = {normalize(in_zip, file): data for file, data in files.items()}
    packed[name] = normalize(in_list, "\n".join(rows)).encode()
    report = _report(zip_of(packed))
    assert report.ok and report.usable == 8 and report.classes == NAMES


def test_listed_names_that_differ_by_case_and_the_exact_one_first() -> None:
    files = {name.replace(".png", ".PNG"): data for name, data in _flat().items()}
    report = _report(zip_of(files), io.BytesIO("\n".join(_rows()).encode()))
    assert report.ok and report.usable == 8
    both = files | {name: _picture(400 + k) for k, name in enumerate(_flat())}
    source = _source(zip_of(both), io.BytesIO("\n".join(_rows()).encode()))
    (left,) = [finding for finding in source.findings if finding.code == "not-listed"]
    assert {name for group in left.groups for name in group} == set(files)


def test_a_name_that_several_files_have_is_found_by_its_folders_or_is_an_error() -> None:
    files = {f"data/{c}/{k}.png": _picture(10 * c + k) for c in range(2) for k in range(4)}
    rows = ["file,label", *(f"{c}/{k}.png,{NAMES[c]}" for c in range(2) for k in range(4))]
    report = _report(zip_of(files), io.BytesIO("\n".join(rows).encode()))
    assert report.ok and report.usable == 8
    rows = ["file,label", *(f"{k}.png,{NAMES[k % 2]}" for k in range(4))]
    report = _report(zip_of(files), io.BytesIO("\n".join(rows).encode()))
    assert {finding.code for finding in report.of("error")} >= {"several"}
    assert _left_out(report, "several") == {
        *(f"{k}.png" for k in range(4)),
        *files,
    }


def test_a_file_that_lies_elsewhere_than_listed_is_said() -> None:
    rows = ["file,label", *(f"C:\\scans\\{row}" for row in _rows()[1:])]
    report = _report(zip_of(_flat()), io.BytesIO("\n".join(rows).encode()))
    assert report.ok and report.usable == 8
    assert len(_left_out(report, "elsewhere")) == 16


def test_no_finding_that_is_stored_names_a_file() -> None:
    files = _pictures("set/") | {"set/Jane Doe.txt": b"x", "set/Jane Doe/notes.md": b"x"}
    report = _report(zip_of(files | {"set/.Jane Doe": b"x"}))
    assert "Jane" in json.dumps(report.to_json()) and report.ok
    assert "Jane" not in json.dumps(report.to_json(names=False))


def test_a_zip_that_is_flagged_utf_8_is_read_as_before() -> None:
    with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
        for name, data in _pictures(names=("肺炎", "normal")).items():
            archive.writestr(name, data)
    assert _report(io.BytesIO(file.getvalue())).classes == ("normal", "肺炎")


def test_a_zip_that_says_utf_8_and_is_not() -> None:
    packed = zip_of({"späte/1.png": _picture(1)}).getvalue()
    broken = packed.replace("spät".encode(), b"sp\xe4\xe4t")
    with pytest.raises(DatasetError, match="says that its names are in UTF-8"):
        _report(io.BytesIO(broken))
