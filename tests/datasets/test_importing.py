"""A person's own images become a data set: what is read, what is found, what is stored and what never is."""

import json
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from diagnosis.core.errors import InputError
from diagnosis.datasets import SPLITS, DatasetError, load, locate, own_files
from diagnosis.datasets.imported import imported_card, imported_facts, imports_folder
from diagnosis.datasets.importing import (
    Finding,
    Options,
    Prepared,
    import_roots,
    open_source,
    prepare,
    remove,
    store,
    within_roots,
)
from diagnosis.datasets.importing.fingerprints import near_pairs, perceptual_hash
from diagnosis.datasets.importing.opening import Given
from diagnosis.datasets.importing.splitting import connected, divide
from tests.import_sources import chest_pictures, folder_of, zip_of
from tests.scan_files import dicom, saved, written


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def chests(real_data: Path) -> dict[str, bytes]:
    """20 real chest X-rays of each class, PNG files by path."""
    return chest_pictures(real_data)


def _prepared(given: Given, manifest: Given | None = None, **options: Any) -> Prepared:
    with open_source(given, manifest) as source:
        return prepare(source, Options(**options))


def _csv(rows: list[str], header: str = "file,label,patient,split") -> BytesIO:
    return BytesIO("\n".join([header, *rows]).encode())


def _found(prepared: Prepared, code: str) -> Finding:
    (finding,) = [finding for finding in prepared.report.findings if finding.code == code]
    return finding


def _codes(prepared: Prepared, level: str) -> set[str]:
    return {finding.code for finding in prepared.report.findings if finding.level == level}


# Layouts


def test_class_folders_become_a_set_that_loads(chests: dict[str, bytes], tmp_path: Path) -> None:
    prepared = _prepared(folder_of(chests, tmp_path / "my chests"))
    report = prepared.report
    assert report.ok and report.usable == report.found == 40 and report.channels == 1
    assert report.classes == ("normal", "pneumonia") and report.finding == "pneumonia"
    assert report.counts == {"train": (14, 14), "val": (3, 3), "test": (3, 3)}
    folder = store(prepared, "chests", Options())
    assert sorted(path.name for path in folder.iterdir()) == ["chests.npz", "set.json"]
    dataset = load("chests")
    assert dataset.facts.name == "chests" and dataset.size == 28 and dataset.facts.finding == 1
    assert dataset.facts.class_counts == report.counts
    assert own_files()["chests"] == locate("chests") == folder / "chests.npz"
    # the pictures are 28 × 28 already, so they are stored as they were, under their own labels
    originals = {
        np.asarray(Image.open(BytesIO(data))).tobytes(): name for name, data in chests.items()
    }
    for split in SPLITS:
        for image, label in zip(dataset.images[split], dataset.labels[split], strict=True):
            assert originals.pop(image.tobytes()).startswith(report.classes[label])
    assert originals == {}


@pytest.mark.parametrize("around", ["", "data/", "a/b/"])
def test_a_zip_gives_the_same_set_as_the_folder(
    chests: dict[str, bytes], tmp_path: Path, around: str
) -> None:
    of_folder = _prepared(folder_of(chests, tmp_path / "x"))
    of_zip = _prepared(zip_of({around + name: data for name, data in chests.items()}))
    assert of_zip.report.classes == ("normal", "pneumonia")
    for split in SPLITS:
        assert np.array_equal(of_zip.images[split], of_folder.images[split])
        assert np.array_equal(of_zip.labels[split], of_folder.labels[split])
    again = _prepared(tmp_path / "x", seed=2)
    assert not np.array_equal(again.images["test"], of_folder.images["test"])


def test_folders_called_train_val_and_test_give_the_splits(chests: dict[str, bytes]) -> None:
    words = ["Training"] * 14 + ["valid"] * 3 + ["test"] * 3
    files = {}
    for index, (name, data) in enumerate(chests.items()):
        files[f"set/{words[index % 20]}/{name}"] = data
    prepared = _prepared(zip_of(files))
    assert prepared.report.split_rule == "Splits as given." and prepared.report.ok
    assert prepared.report.counts == {"train": (14, 14), "val": (3, 3), "test": (3, 3)}
    without = {name: data for name, data in files.items() if "/valid/" not in name}
    held_back = _prepared(zip_of(without), val=0.2)
    assert "20% of the training pictures are held back" in held_back.report.split_rule
    counts = held_back.report.counts
    assert counts["test"] == (3, 3) and sum(counts["val"]) + sum(counts["train"]) == 28
    assert 4 <= sum(counts["val"]) <= 8
    without = {name: data for name, data in files.items() if "/test/" not in name}
    assert (
        "No picture is in the split test"
        in _found(_prepared(zip_of(without)), "empty-split").sentence
    )


@pytest.mark.parametrize("kind", ["csv", "semicolons", "excel", "inside", "source"])
def test_a_list_of_labels_in_every_form(
    chests: dict[str, bytes], tmp_path: Path, kind: str
) -> None:
    """Files lie flat; columns in any order and case, and more of them; class names with an accent."""
    flat = {name.replace("/", "-"): data for name, data in chests.items()}
    table = pd.DataFrame(
        {
            "Label": ["späte" if name.startswith("p") else "frühe" for name in flat],
            "age": [7] * len(flat),
            "FILE": [f".\\sub\\{name}" if kind == "csv" else name for name in flat],
            " Patient ": [f"Doe, Jane {index // 2}" for index in range(len(flat))],
        }
    )
    given, manifest = BytesIO(), None
    if kind == "semicolons":
        manifest = BytesIO(table.to_csv(sep=";", index=False).encode("cp1252"))
    elif kind == "excel":
        table.to_excel(manifest := BytesIO(), index=False)
    else:
        manifest = BytesIO(table.to_csv(index=False).encode("utf-8-sig"))
    folder = folder_of(flat, tmp_path / "files")
    if kind == "inside":
        given = zip_of(
            {f"deep/{name}": data for name, data in flat.items()}
            | {"deep/manifest.csv": manifest.getvalue()}
        )
        prepared = _prepared(given)
    elif kind == "source":
        (folder / "labels.csv").write_bytes(manifest.getvalue())
        prepared = _prepared(folder / "labels.csv")
    else:
        prepared = _prepared(folder, manifest)
    report = prepared.report
    assert report.ok, report.findings
    assert report.classes == ("frühe", "späte") and report.usable == 40
    assert report.patients is not None and sum(report.patients.values()) == 20
    assert "by patient and class" in report.split_rule


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (b"", "cannot be read as CSV"),
        (b"path,label\na,b\n", "no column 'file', its columns are path, label"),
        (b"file,label,FILE\na,b,c\n", "two columns 'file'"),
        (b"file,label\n", "has no rows"),
        (b"file,label\n,\n", "has no rows"),
        (b"\x89PNG\r\n\x1a\n\0\0", "neither a list"),
        (b"PK\x03\x04 not a workbook", "damaged or cut short"),
    ],
)
def test_each_unusable_list_gets_its_sentence(
    chests: dict[str, bytes], manifest: bytes, said: str
) -> None:
    with pytest.raises(DatasetError, match=said):
        _prepared(zip_of(chests), BytesIO(manifest))


def test_what_is_odd_in_a_list_is_reported(chests: dict[str, bytes]) -> None:
    names = list(chests)
    rows = [f"{name},{name.split('/')[0]},," for name in names[:18] + names[20:38]]
    rows += [rows[0], f"{names[1]},pneumonia,,", "absent.png,normal,,", "../../etc/passwd,normal,,"]
    rows += [f"{names[18]},normal,,later", f"{names[38]},,,"]
    prepared = _prepared(zip_of(chests), _csv(rows))
    assert _codes(prepared, "error") == {"unreadable", "no-label", "odd-split", "listed-twice"}
    assert _found(prepared, "unreadable").groups == (("absent.png",), ("../../etc/passwd",))
    assert "no such file" in _found(prepared, "unreadable").sentence
    assert _found(prepared, "odd-split").groups == ((names[18],),)
    assert _found(prepared, "listed-twice").groups == ((names[1],),)
    assert "1 row of the list" in _found(prepared, "repeated").sentence
    assert "4 files of the ZIP" in _found(prepared, "not-listed").sentence
    with pytest.raises(DatasetError, match=r"Files: absent\.png, \.\./\.\./etc/passwd\."):
        store(prepared, "odd", Options())
    assert not imports_folder().exists()


def test_an_npz_keeps_its_splits_and_what_is_wrong_with_a_published_one_is_found(
    real_data: Path,
) -> None:
    """As published, one picture of BreastMNIST occurs in two splits with different labels."""
    with (real_data / "breastmnist.npz").open("rb") as file:
        prepared = _prepared(file)
    assert _codes(prepared, "error") == {"two-labels"}
    assert _found(prepared, "two-labels").groups == (("train image 116", "test image 77"),)
    with np.load(real_data / "breastmnist.npz") as arrays:
        twins = arrays["train_images"][115], arrays["test_images"][76]
        assert np.array_equal(*twins)
        assert arrays["train_labels"][115] != arrays["test_labels"][76]
    assert prepared.report.counts["test"] == (42, 114)
    assert prepared.report.split_rule == "Splits as given."
    volumes = real_data / "adrenalmnist3d.npz"
    with pytest.raises(DatasetError, match="Volumes and pictures with several labels"):
        _prepared(volumes)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: folder / "absent", "no file or folder"),
        (lambda folder: folder, "The folder is empty"),
        (lambda folder: folder_of({"a.png": b"x"}, folder), "no class folders"),
        (lambda folder: folder_of({"a.png": b"\0x"}, folder) / "a.png", "neither a list"),
        (lambda folder: folder_of({"a.zip": b"PK\x03\x04"}, folder) / "a.zip", "damaged or cut"),
        (lambda folder: Path("/dev/zero"), "neither a file nor a folder"),
    ],
)
def test_no_source_at_all(tmp_path: Path, make: Any, said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        _prepared(make(tmp_path))


def test_links_in_a_folder_are_not_followed(chests: dict[str, bytes], tmp_path: Path) -> None:
    elsewhere = folder_of(chests, tmp_path / "elsewhere")
    folder = folder_of(dict(list(chests.items())[:5]), tmp_path / "given")
    (folder / "normal" / "link.png").symlink_to(elsewhere / "normal" / "007.png")
    (folder / "pneumonia").symlink_to(elsewhere / "pneumonia")
    prepared = _prepared(folder)
    assert prepared.report.found == 5 and "2 files" in _found(prepared, "links").sentence
    assert "only one class, 'normal'" in _found(prepared, "one-class").sentence


# Checks


def test_unreadable_files_are_named_and_skipped_on_request(chests: dict[str, bytes]) -> None:
    files = chests | {
        "normal/notes.txt": b"text",
        "pneumonia/cut.png": chests["normal/000.png"][:60],
    }
    prepared = _prepared(zip_of(files))
    errors = prepared.report.of("error")
    assert {group for error in errors for group in error.groups} == {
        ("normal/notes.txt",),
        ("pneumonia/cut.png",),
    }
    assert "text file" in errors[0].sentence and not prepared.report.ok
    skipped = _prepared(zip_of(files), skip_unreadable=True).report
    assert skipped.ok and skipped.usable == 40 and len(skipped.of("warning")) >= 2


def test_files_that_alone_are_in_the_way_can_be_left_out_afterwards(
    chests: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path))
    files = chests | {"normal/broken.png": b"cut", "pneumonia/readme.txt": b"text"}
    prepared = _prepared(zip_of(files))
    assert not prepared.report.ok and prepared.report.in_the_way == 2
    without = prepared.leaving_out()
    assert without.report.ok and without.report.in_the_way == 0
    assert without.report == _prepared(zip_of(files), skip_unreadable=True).report
    assert store(without, "left-out", Options(skip_unreadable=True)).is_dir()
    unsplit = _prepared(zip_of(files | {"third/x.txt": b"text", "third/y.png": b"cut"}))
    assert unsplit.report.in_the_way == 0  # a class would be empty


def test_copies_are_left_out_and_contradictions_are_errors(chests: dict[str, bytes]) -> None:
    picture = Image.open(BytesIO(chests["normal/003.png"]))
    files = chests | {"normal/copy.bmp": saved(picture, "BMP")}
    prepared = _prepared(zip_of(files))
    assert prepared.report.ok and prepared.report.usable == 40
    assert _found(prepared, "duplicates").groups == (("normal/003.png", "normal/copy.bmp"),)
    prepared = _prepared(zip_of(files | {"pneumonia/copy.tif": saved(picture, "TIFF")}))
    assert _found(prepared, "two-labels").level == "error"
    assert len(_found(prepared, "two-labels").groups[0]) == 3


def test_of_copies_in_two_splits_the_one_in_test_is_kept(chests: dict[str, bytes]) -> None:
    rows = [
        f"{name},{name.split('/')[0]},,{('train', 'val', 'test', 'train', 'train')[index % 5]}"
        for index, name in enumerate(chests)
    ]
    files = chests | {
        "copy.png": chests["normal/002.png"],
        "normal/x.png": chests["normal/001.png"],
    }
    rows += ["copy.png,normal,,train", "normal/x.png,normal,,train"]
    prepared = _prepared(zip_of(files), _csv(rows))
    assert prepared.report.ok and prepared.report.usable == 40
    assert "the one in test" in _found(prepared, "duplicates").sentence
    assert prepared.report.counts == {"train": (12, 12), "val": (4, 4), "test": (4, 4)}


def test_near_duplicates_are_found_and_stay_in_one_split(chests: dict[str, bytes]) -> None:
    files = dict(chests)
    for index in range(6):
        picture = Image.open(BytesIO(chests[f"normal/{index:03d}.png"]))
        files[f"normal/again{index}.jpg"] = saved(picture.resize((56, 56)), "JPEG", quality=90)
    prepared = _prepared(zip_of(files))
    near = _found(prepared, "near-duplicates")
    assert set(near.groups) == {
        (f"normal/{index:03d}.png", f"normal/again{index}.jpg")
        if f"normal/{index:03d}.png" < f"normal/again{index}.jpg"
        else (f"normal/again{index}.jpg", f"normal/{index:03d}.png")
        for index in range(6)
    }
    of = {picture.name: split for split in SPLITS for picture in prepared.pictures[split]}
    assert all(of[first] == of[second] for first, second in near.groups)
    files["pneumonia/x.jpg"] = files["normal/again0.jpg"]
    prepared = _prepared(zip_of(files | {"pneumonia/x.jpg": saved(picture, "JPEG", quality=80)}))
    assert _found(prepared, "near-duplicates-two-labels").level == "warning"


def test_patients_stay_together_and_leave_nothing_but_numbers(
    chests: dict[str, bytes], home: Path
) -> None:
    """Twelve patients, some with pictures of both classes."""
    patient = {name: f"DOE^JANE^{(index * 7) % 12}" for index, name in enumerate(chests)}
    rows = [f"{name},{name.split('/')[0]},{who}," for name, who in patient.items()]
    prepared = _prepared(zip_of(chests), _csv(rows))
    assert prepared.report.ok and prepared.report.patients is not None
    assert sum(prepared.report.patients.values()) == 12
    split_of: dict[str | None, str] = {}
    for split in SPLITS:
        for picture, number in zip(prepared.pictures[split], prepared.patients[split], strict=True):
            assert split_of.setdefault(picture.patient, split) == split
            assert 0 <= number < 12
    folder = store(prepared, "people", Options())
    with np.load(folder / "people.npz") as arrays:
        assert {key for key in arrays if key.endswith("patients")} == {
            f"{s}_patients" for s in SPLITS
        }
        numbers = [set(arrays[f"{split}_patients"].tolist()) for split in SPLITS]
        assert not (numbers[0] & numbers[1] | numbers[1] & numbers[2] | numbers[0] & numbers[2])
    _nothing_of(["DOE", "JANE", ".png", "000"], folder / "set.json")
    assert load("people").facts.counts == {s: sum(prepared.report.counts[s]) for s in SPLITS}


def _nothing_of(words: list[str], *paths: Path) -> None:
    for path in paths:
        text = path.read_bytes().lower()
        assert [word for word in words if word.lower().encode() in text] == []


def test_a_patient_in_two_given_splits_is_an_error(chests: dict[str, bytes]) -> None:
    rows = [
        f"{name},{name.split('/')[0]},p{index % 10},{('train', 'val', 'test')[index % 3]}"
        for index, name in enumerate(list(chests)[:30])
    ]
    prepared = _prepared(zip_of(chests), _csv(rows))
    torn = _found(prepared, "patient-in-two-splits")
    assert torn.level == "error" and "10 patients" in torn.sentence
    assert torn.groups[0] == ("normal/000.png", "normal/010.png", "pneumonia/000.png")
    assert not prepared.report.ok and prepared.report.counts == {}


@pytest.mark.parametrize(
    ("n", "patients", "said"),
    [
        ((2, 20), None, r"Too few pictures to have every class in 3 splits: 'normal' \(2\)"),
        ((20, 20), 2, r"Too few patients .*: 'normal' \(2\), 'pneumonia' \(2\)"),
        ((20, 0), None, "only one class"),
    ],
)
def test_too_few_for_a_split(
    chests: dict[str, bytes], n: tuple[int, int], patients: int | None, said: str
) -> None:
    names = [f"normal/{i:03d}.png" for i in range(n[0])]
    names += [f"pneumonia/{i:03d}.png" for i in range(n[1])]
    rows = [
        f"{name},{name.split('/')[0]},{'' if patients is None else f'p{index % patients}'},"
        for index, name in enumerate(names)
    ]
    prepared = _prepared(zip_of(chests), _csv(rows))
    with pytest.raises(DatasetError, match=said):
        store(prepared, "few", Options())


def test_uneven_classes_and_a_small_test_split_are_warned_about(chests: dict[str, bytes]) -> None:
    files = {
        n: d
        for n, d in chests.items()
        if n.startswith("normal") or n[10:13] in ("000", "001", "002")
    }
    assert len(files) == 23
    prepared = _prepared(zip_of(files))
    assert prepared.report.ok and _found(prepared, "uneven").level == "note"
    assert "20 of 'normal', 3 of 'pneumonia'" in _found(prepared, "uneven").sentence
    assert "1 picture of 'pneumonia'" in _found(prepared, "few").sentence
    assert all(min(counts) == 1 for counts in prepared.report.counts.values())


def test_mixed_sizes_colours_kinds_and_what_gives_the_class_away(chests: dict[str, bytes]) -> None:
    files = {}
    for name, data in chests.items():
        picture = Image.open(BytesIO(data))
        if name.startswith("normal"):
            tinted = Image.merge("RGB", [picture, picture.point(lambda v: v // 2), picture])
            files[name] = saved(tinted.resize((20, 24)), "PNG")
        else:
            files[name] = saved(picture.resize((40, 30)), "JPEG", quality=95)
    grey = _prepared(zip_of(files), channels=1)
    assert grey.report.ok and grey.images["train"].shape[1:] == (28, 28)
    assert "20 of 40 pictures are in colour" in _found(grey, "colour").sentence
    assert "20 to 40 wide, 24 to 30 high" in _found(grey, "sizes").sentence
    assert "PNG 20, JPEG 20" in _found(grey, "formats").sentence
    assert len(_found(grey, "small").groups) == 20
    telling = [f.sentence for f in grey.report.findings if f.code == "telling"]
    assert [sentence.split(" alone")[0] for sentence in telling] == [
        "The kind of file",
        "The colour",
        "The size",
    ]
    colour = _prepared(zip_of(files), channels=3)
    assert colour.images["train"].shape[1:] == (28, 28, 3)
    normal, pneumonia = (colour.images["train"][colour.labels["train"] == k] for k in (0, 1))
    assert (normal[..., 1] < normal[..., 0]).mean() > 0.9  # green was halved
    assert np.array_equal(pneumonia[..., 0], pneumonia[..., 2])
    assert colour.report.channels == 3 and _prepared(zip_of(files)).report.channels == 1


def test_dicom_files_with_a_list_lose_all_that_is_personal(
    chests: dict[str, bytes], home: Path
) -> None:
    files = {}
    for index, (name, data) in enumerate(chests.items()):
        pixels = np.asarray(Image.open(BytesIO(data)))
        flat = name.replace("/", "_").replace(".png", ".dcm")
        files[flat] = written(
            dicom(
                pixels,
                PatientName="Mustermann^Erika",
                PatientID=f"MRN{index // 2}",
                PatientBirthDate="19700101",
                Modality="CR" if index % 2 else "DX",
                BurnedInAnnotation="YES" if index == 0 else "NO",
            )
        )
    rows = [f"{name},{name.split('_')[0]},MRN{index // 2}," for index, name in enumerate(files)]
    with open_source(zip_of(files), _csv(rows)) as source:
        prepared = prepare(source)
        folder = store(prepared, "rays", Options(), keep_originals=True)
    assert imported_facts(imported_card("rays")).population.modalities == ("CR", "DX")
    assert prepared.report.ok and "DX 20, CR 20" in _found(prepared, "modalities").sentence
    assert _found(prepared, "burned-in").groups == (("normal_000.dcm",),)
    originals = sorted((folder / "originals").glob("*/*.npz"))
    assert len(originals) == 40 and originals[0].name == "000000.npz"
    with np.load(originals[0]) as kept:
        assert set(kept) == {"pixels", "window"}
        assert np.array_equal(kept["pixels"][..., 0], prepared.images["test"][0])
    stored = [path for path in folder.rglob("*") if path.is_file()]
    _nothing_of(["Mustermann", "Erika", "MRN", "19700101", ".dcm"], *stored)
    for path in originals[:3]:
        with np.load(path) as kept:
            assert b"Mustermann" not in b"".join(array.tobytes() for array in kept.values())


def test_finding_and_order_of_classes(chests: dict[str, bytes]) -> None:
    assert _prepared(zip_of(chests), finding="normal").report.finding == "normal"
    with pytest.raises(DatasetError, match=r"no class 'pneumoni'\. Did you mean pneumonia"):
        _prepared(zip_of(chests), finding="pneumoni")
    renamed = {
        f"grade {(2, 10, 1)[index % 3]}/{index}.png": data
        for index, data in enumerate(chests.values())
    }
    several = _prepared(zip_of(renamed))
    assert (
        several.report.classes == ("grade 1", "grade 2", "grade 10")
        and several.report.finding is None
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"val": 0.0}, "share of the val split"),
        ({"test": 0.6}, "share of the test split"),
        ({"val": 0.5, "test": 0.4}, "together"),
        ({"channels": 2}, "1 channel"),
        ({"seed": -1}, "The seed must be"),
        ({"size": 2}, "number of pixels a side must be a whole number from 4 to 512"),
    ],
)
def test_options_out_of_range(
    chests: dict[str, bytes], options: Mapping[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        _prepared(zip_of(chests), **options)


# Methods


def test_near_pairs_are_those_of_a_plain_count(chests: dict[str, bytes]) -> None:
    shown = [np.asarray(Image.open(BytesIO(data)))[..., None] for data in chests.values()]
    hashes = np.stack([perceptual_hash(picture) for picture in shown])
    assert hashes.shape == (40, 32) and hashes.dtype == np.uint8
    assert (np.unpackbits(hashes, axis=1).sum(axis=1) == 128).all()  # half lie above the median
    for most in (16, 80, 100):
        counted = [
            (i, j)
            for i in range(40)
            for j in range(i + 1, 40)
            if np.unpackbits(hashes[i] ^ hashes[j]).sum() <= most
        ]
        assert [tuple(pair) for pair in near_pairs(hashes, most=most)] == counted
    assert counted  # at 100 there are some


def test_very_many_alike_are_paired_sparsely_and_still_connected() -> None:
    rng = np.random.default_rng(0)
    hashes = np.repeat(rng.integers(0, 256, (2, 32), np.uint8), 400, axis=0)[rng.permutation(800)]
    pairs = near_pairs(hashes)
    assert 800 < len(pairs) <= 800 * 20
    groups = connected(800, pairs)
    assert len(set(zip(groups, map(bytes, hashes), strict=True))) == 2


def test_division_meets_the_shares_and_keeps_groups_whole() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(150), rng.integers(1, 8, 150))
    labels = np.where(rng.random(len(groups)) < 0.8, groups % 3, rng.integers(0, 3, len(groups)))
    shares = {"val": 0.15, "test": 0.2}
    splits = divide(labels, groups, shares, seed=1)
    assert splits is not None
    assert all(len(set(splits[groups == group])) == 1 for group in range(150))
    for split, share in {**shares, "train": 0.65}.items():
        for label in range(3):
            assert np.mean(splits[labels == label] == split) == pytest.approx(share, abs=0.04)
    again = divide(labels, groups, shares, seed=1)
    assert again is not None and np.array_equal(splits, again)


def test_division_without_groups_is_exact_and_a_rare_class_is_everywhere() -> None:
    labels = np.array([0] * 1000 + [1] * 200 + [2] * 3)
    splits = divide(labels, np.arange(1203), {"val": 0.15, "test": 0.15}, seed=3)
    assert splits is not None
    counts = {
        split: np.bincount(labels[splits == split], minlength=3).tolist()
        for split in ("train", "val", "test")
    }
    assert counts == {"train": [700, 140, 1], "val": [150, 30, 1], "test": [150, 30, 1]}
    assert (
        divide(np.array([0, 0, 1, 1, 1]), np.arange(5), {"val": 0.2, "test": 0.2}, seed=1) is None
    )
    assert (
        divide(np.array([0, 0, 0, 1, 1, 1]), np.array([0, 1, 2] * 2), {"val": 0.2, "test": 0.2}, 1)
        is not None
    )


# Storing


def test_stopping_at_any_moment_leaves_nothing_behind(
    chests: dict[str, bytes], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(done: int, total: int) -> None:
        if done == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), open_source(zip_of(chests)) as source:
        prepare(source, progress=stop)
    assert not home.exists()
    prepared = _prepared(zip_of(chests))

    def full(*args: Any, **arrays: Any) -> None:
        Path(args[0]).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez_compressed", full)
        with pytest.raises(DatasetError, match="no space left on device"):
            store(prepared, "chests", Options())
    assert list(imports_folder().iterdir()) == [] and own_files().get("chests") is None
    with monkeypatch.context() as patch:
        patch.setattr(Path, "chmod", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            store(prepared, "chests", Options())
    assert list(imports_folder().iterdir()) == []


def test_names_removal_and_a_file_that_was_changed(
    chests: dict[str, bytes], tmp_path: Path
) -> None:
    prepared = _prepared(zip_of(chests))
    for name, said in [
        ("My Chests", "such as my-chests"),
        ("../x", "such as x"),
        ("", "such as my-scans|such as unnamed"),
        ("pneumoniamnist", "name of a published set"),
        ("breastmnist_64", "name of a published set"),
    ]:
        with pytest.raises(DatasetError, match=said):
            store(prepared, name, Options())
    folder = store(prepared, "chests", Options())
    with pytest.raises(DatasetError, match="already"):
        store(prepared, "chests", Options())
    (folder / "chests.npz").write_bytes((folder / "chests.npz").read_bytes() + b"\0")
    with pytest.raises(DatasetError, match="SHA-256 differs"):
        load("chests")
    card = json.loads((folder / "set.json").read_text())
    (folder / "set.json").write_text(json.dumps(card | {"schema": 99}))
    with pytest.raises(DatasetError, match=r"no readable set\.json"):
        load("chests")
    assert remove("chests") == folder and list(imports_folder().iterdir()) == []
    with pytest.raises(DatasetError, match="no imported set 'chests'"):
        remove("chests")
    store(prepared, "chests", Options())
    assert load("chests").facts.classes == ("normal", "pneumonia")


def test_only_what_lies_below_a_root_can_be_imported_from_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SCANLINE_IMPORT_ROOTS", raising=False)
    assert import_roots() == ()
    with pytest.raises(InputError, match="no such folder or file"):
        within_roots("/etc")
    root, other, secret = tmp_path / "root", tmp_path / "other", tmp_path / "rootless"
    for folder in (root / "in", other, secret):
        folder.mkdir(parents=True)
    (root / "out").symlink_to(secret)
    monkeypatch.setenv("SCANLINE_IMPORT_ROOTS", f"{root}:{other}:{tmp_path / 'absent'}")
    assert import_roots() == (root, other)
    assert within_roots("in") == root / "in" and within_roots(str(other)) == other
    for text in ("out", "..", "../rootless", str(secret), "absent", "in/../../rootless", "a\0b"):
        with pytest.raises(InputError, match="no such folder or file"):
            within_roots(text)
