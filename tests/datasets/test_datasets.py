"""The published data sets: the table of facts, finding, downloading and checking the files."""

import hashlib
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from diagnosis.datasets import SPLITS, DatasetError, catalogue, fetch, load, locate
from tests.file_server import serving

Arrays = dict[str, np.ndarray]
BREAST = "breastmnist.npz"


@pytest.fixture
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any data; returns its cache folder."""
    monkeypatch.delenv("SCANLINE_DATA", raising=False)
    monkeypatch.delenv("SCANLINE_MIRROR", raising=False)
    monkeypatch.setenv("SCANLINE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of an HTTP server on loopback and the folder that it serves."""
    folder = tmp_path / "served"
    folder.mkdir()
    with serving(folder) as running:
        yield running.address, folder


def _write(path: Path, arrays: Arrays) -> Path:
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]
    return path


# The table of facts


def test_the_catalogue_has_18_medmnist_sets_mnist_records_and_phantoms() -> None:
    facts = catalogue().values()
    medmnist = [row for row in facts if "MedMNIST v2" in row.citation]
    assert [sum(row.dimensions == d for row in medmnist) for d in (2, 3)] == [12, 6]
    assert {row.name for row in facts} - {row.name for row in medmnist} == {
        "mnist", "icu2012", "cleveland", "recordphantoms", "phantoms", "ham10000", "studyphantoms",
        "pneumoniakinds", "chestxray64",
        "scankinds",
    }  # fmt: skip
    assert all(row.sizes == (28, 64) for row in medmnist)


@pytest.mark.parametrize("name", list(catalogue()))
def test_each_entry_is_consistent(name: str) -> None:
    facts = catalogue()[name]
    assert facts.name == name and facts.sentence.endswith(".") and facts.licence and facts.citation
    assert facts.task in {"binary", "multi-class", "ordinal", "multi-label"}
    assert (facts.finding is not None) == (facts.task == "binary") == (len(facts.classes) == 2)
    assert tuple(facts.counts) == SPLITS and len(set(facts.classes)) == len(facts.classes)
    assert facts.synthetic == (not facts.files and not facts.get)
    for size, file in facts.files.items():
        assert len(bytes.fromhex(file.md5)) == 16 and file.filename in file.url
        assert file.filename == (f"{name}.npz" if size == 28 else f"{name}_{size}.npz")
    for split, counts in (facts.class_counts or {}).items():
        assert sum(counts) == facts.counts[split] and len(counts) == len(facts.classes)


def test_the_finding_is_the_disease_whatever_its_number() -> None:
    found = {
        row.name: row.classes[row.finding]
        for row in catalogue().values()
        if row.finding is not None
    }
    assert found == {
        "pneumoniamnist": "pneumonia",
        "breastmnist": "malignant",
        "nodulemnist3d": "malignant",
        "adrenalmnist3d": "hyperplasia",
        "vesselmnist3d": "aneurysm",
        "synapsemnist3d": "excitatory synapse",
        "icu2012": "died in hospital",
        "cleveland": "a vessel narrowed by more than half",
        "recordphantoms": "deterioration",
        "ham10000": "malignant",
        "studyphantoms": "ill",
        "phantoms": "opacity",
        "chestxray64": "pneumonia",
    }


def test_facts_can_be_sent_to_another_process() -> None:
    facts = catalogue()["pneumoniamnist"]
    assert pickle.loads(pickle.dumps(facts)) == facts


def test_importing_the_package_stays_light() -> None:
    heavy = "{'pooch', 'requests', 'tqdm', 'sklearn', 'keras', 'tensorflow', 'pandas'}"
    code = f"import sys, diagnosis.cli.data; print({heavy} & set(sys.modules))"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "set()"


# Real sets


@pytest.mark.parametrize(
    ("name", "shape", "published"),
    [
        ("breastmnist", (28, 28), True),
        ("adrenalmnist3d", (28, 28, 28), True),
        ("pneumoniamnist", (28, 28), False),  # the same images, in another order
        ("mnist", (28, 28), False),  # the same arrays, in another archive
    ],
)
def test_a_real_published_set(
    real_data: Path, name: str, shape: tuple[int, ...], published: bool
) -> None:
    path = locate(name)
    assert path == real_data / f"{name}.npz"
    dataset = load(name, download=False)
    assert dataset.facts is catalogue()[name] and dataset.size == 28
    assert dataset.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert any("is not the published file" in note for note in dataset.notes) == (not published)
    assert dataset.facts.class_counts
    for split in SPLITS:
        images, labels = dataset.images[split], dataset.labels[split]
        assert images.dtype == np.uint8 and labels.dtype == np.int64
        assert images.shape == (dataset.facts.counts[split], *shape)
        assert tuple(np.bincount(labels)) == dataset.facts.class_counts[split]
        with pytest.raises(ValueError, match="read-only"):
            images[0] = 0


def test_mnist_is_the_official_one_and_validation_is_a_tenth_of_each_digit(real_data: Path) -> None:
    dataset = load("mnist")
    images = dataset.images["test"]
    header = b"".join(number.to_bytes(4, "big") for number in (0x803, *images.shape))
    md5 = hashlib.md5(header + images.tobytes()).hexdigest()
    assert md5 == "2646ac647ad5339dbf082846283269ea"  # of the IDX file that its authors publish
    shares = np.bincount(dataset.labels["val"]) / (
        np.bincount(dataset.labels["train"]) + np.bincount(dataset.labels["val"])
    )
    np.testing.assert_allclose(shares, 0.1, atol=2e-4)
    assert any("no validation split" in note for note in dataset.notes)


@pytest.mark.parametrize(
    ("name", "classes", "shape"), [("mednist28", 6, (28, 28)), ("bccd28", 3, (28, 28, 3))]
)
def test_a_real_set_that_is_in_no_table(
    real_data: Path, name: str, classes: int, shape: tuple[int, ...]
) -> None:
    by_name, by_path = load(name), load(real_data / f"{name}.npz")
    assert by_name.sha256 == by_path.sha256 and by_name.facts == by_path.facts
    facts = by_name.facts
    assert (facts.name, facts.task, len(facts.classes)) == (name, "multi-class", classes)
    assert facts.channels == (3 if len(shape) == 3 else 1) and facts.dimensions == 2
    assert by_name.images["train"].shape[1:] == shape and not facts.flip


def test_a_published_set_is_recognised_under_any_name(real_data: Path, tmp_path: Path) -> None:
    """Its finding is class 0; as a set of one's own it would be taken for class 1."""
    copy = tmp_path / "renamed.npz"
    copy.write_bytes((real_data / BREAST).read_bytes())
    assert load(copy).facts is catalogue()["breastmnist"]
    assert load(str(real_data / BREAST)).facts is catalogue()["breastmnist"]


def test_a_changed_label_or_image_count_is_refused(real_data: Path, tmp_path: Path) -> None:
    with np.load(real_data / BREAST, allow_pickle=False) as archive:
        arrays = dict(archive)
    assert load(_write(tmp_path / BREAST, arrays)).notes  # another archive of the same arrays
    flipped = arrays | {"test_labels": 1 - arrays["test_labels"]}
    with pytest.raises(
        DatasetError, match=r"test classes have \(114, 42\) images, not \(42, 114\)"
    ):
        load(_write(tmp_path / BREAST, flipped))
    short = arrays | {key: arrays[key][:-1] for key in ("val_images", "val_labels")}
    with pytest.raises(DatasetError, match="val split has 77 images, published are 78"):
        load(_write(tmp_path / BREAST, short))
    with pytest.raises(DatasetError, match="28×28 grey, published are 64×64 grey"):
        load(_write(tmp_path / "breastmnist_64.npz", arrays))


# Finding and downloading


def test_the_data_folder_comes_before_the_cache(
    real_data: Path, empty_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty_machine.mkdir()
    (empty_machine / BREAST).write_bytes((real_data / BREAST).read_bytes())
    assert locate("BreastMNIST") == empty_machine / BREAST
    monkeypatch.setenv("SCANLINE_DATA", str(real_data))
    assert locate("breastmnist") == real_data / BREAST
    assert locate("breastmnist", size=64) is None and locate("nothing") is None


def test_a_download_from_a_mirror_is_checked_and_kept(
    real_data: Path,
    empty_machine: Path,
    server: tuple[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    address, served = server
    (served / BREAST).write_bytes((real_data / BREAST).read_bytes())
    monkeypatch.setenv("SCANLINE_DATA", "")
    monkeypatch.setenv("SCANLINE_MIRROR", address + "/")
    path = fetch("breastmnist", progress=True)
    output = capfd.readouterr()
    assert "100%" in output.err and not output.out
    assert path == empty_machine / BREAST == locate("breastmnist")
    (served / BREAST).unlink()
    dataset = load("breastmnist")  # from the cache
    assert len(dataset.notes) == 1 and len(dataset.labels["test"]) == 156


@pytest.mark.parametrize(
    ("folder", "content", "reason"),
    [
        ("", b"something else", "its MD5 differs"),
        ("cut", b"x" * 100_000, "the connection broke off"),
        ("elsewhere", b"", "the server answered 404"),
    ],
)
def test_a_failed_download_leaves_nothing_behind(
    *,
    empty_machine: Path,
    server: tuple[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    folder: str,
    content: bytes,
    reason: str,
) -> None:
    address, served = server
    (served / BREAST).write_bytes(content)
    monkeypatch.setenv("SCANLINE_MIRROR", f"{address}/{folder}")
    with pytest.raises(DatasetError, match=reason):
        fetch("breastmnist")
    assert list(empty_machine.iterdir()) == []


def test_offline_the_error_says_how_to_get_the_file(
    empty_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCANLINE_MIRROR", "http://127.0.0.1:9/sets")  # nobody listens there
    with pytest.raises(DatasetError) as unreachable:
        load("breastmnist")
    assert "the server cannot be reached" in str(unreachable.value)
    monkeypatch.delenv("SCANLINE_MIRROR")
    with pytest.raises(DatasetError) as absent:
        load("breastmnist", size=64, download=False)
    file = catalogue()["breastmnist"].files[64]
    for part in ("is not on this machine", file.filename, file.url, file.md5, str(empty_machine)):
        assert part in str(absent.value)


def test_a_cache_that_cannot_be_written_is_named(
    empty_machine: Path, server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    empty_machine.write_text("a file where the folder should be")
    monkeypatch.setenv("SCANLINE_MIRROR", server[0])
    with pytest.raises(DatasetError, match="could not be downloaded"):
        fetch("breastmnist")


def test_what_splits_share_is_known_and_found(
    real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCANLINE_DATA", str(real_data))
    from diagnosis.datasets.importing.splits_check import check_splits

    chest, breast = load("pneumoniamnist"), load("breastmnist")
    assert chest.known_from("val", "train").sum() == 225
    assert not chest.known_from("test", "train", "val").any()
    assert breast.known_from("test", "train").sum() == 60
    assert {finding.code for finding in check_splits(breast)} == {
        *("group-in-two-splits", "duplicates-across-splits", "two-labels"),
        "near-duplicates-across-splits",
    }


def test_kinds_of_scans_are_put_together_of_other_sets(real_data: Path) -> None:
    kinds, chest = load("scankinds"), load("pneumoniamnist")
    assert {split: len(each) for split, each in kinds.labels.items()} == kinds.facts.counts
    for split in SPLITS:
        assert set(kinds.labels[split]) == set(range(len(kinds.facts.classes)))
        assert kinds.patients is not None and chest.patients is not None
        own = kinds.patients[split][: len(chest.labels[split])]
        assert len(np.unique(own)) == len(np.unique(chest.patients[split]))
        # what was altered stays with its patient
        altered = kinds.patients[split][
            kinds.labels[split] == kinds.facts.classes.index("turned, cut or negative")
        ]
        assert np.isin(altered, kinds.patients[split][kinds.labels[split] < 2]).all()
