"""Any NPZ in MedMNIST's layout is a data set; one that cannot be used gets a sentence why not."""

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from diagnosis.datasets import SPLITS, DatasetError, fetch, load
from diagnosis.datasets.archive import MAX_BYTES

Arrays = dict[str, np.ndarray]


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty ``$SCANLINE_DATA``."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("SCANLINE_DATA", str(folder))
    return folder


def _arrays(shape: tuple[int, ...] = (8, 8), classes: int = 3, n: int = 9) -> Arrays:
    """Random images with labels 0, 1, … in turn, in MedMNIST's layout."""
    rng = np.random.default_rng(0)
    arrays = {}
    for split in SPLITS:
        arrays[f"{split}_images"] = rng.integers(0, 256, (n, *shape), dtype=np.uint8)
        arrays[f"{split}_labels"] = (np.arange(n, dtype=np.uint8) % classes)[:, None]
    return arrays


def _write(path: Path, arrays: Arrays) -> Path:
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]
    return path


# Names


def test_wrong_names_and_sizes(data_folder: Path) -> None:
    _write(data_folder / "My scans.npz", _arrays())
    with pytest.raises(DatasetError, match="Did you mean pneumoniamnist"):
        load("pneumonia_mnist")
    with pytest.raises(DatasetError, match="Did you mean my-scans"):
        fetch("my-scan")
    with pytest.raises(DatasetError, match="not available at size 128, only at 28 and 64"):
        load("breastmnist", size=128)
    with pytest.raises(DatasetError, match="nothing to fetch"):
        fetch("phantoms")
    assert load("my-scans").facts.title == "My scans"
    assert fetch("my-scans") == data_folder / "My scans.npz"


@pytest.mark.parametrize("filename", ["breastmnist_128.npz", "phantoms.npz", "mnist_64.npz"])
def test_a_set_of_ones_own_may_not_pass_for_a_published_one(tmp_path: Path, filename: str) -> None:
    with pytest.raises(DatasetError, match="rename it if it is another set"):
        load(_write(tmp_path / filename, _arrays()))


# Sets of one's own


@pytest.mark.parametrize(
    ("arrays", "task", "channels", "dimensions", "classes"),
    [
        (_arrays(classes=2), "binary", 1, 2, ("class 0", "class 1")),
        (_arrays((8, 8, 3)), "multi-class", 3, 2, ("class 0", "class 1", "class 2")),
        (_arrays((8, 8, 8), classes=2), "binary", 1, 3, ("class 0", "class 1")),
        (_arrays((8, 8, 1), classes=2), "binary", 1, 2, ("class 0", "class 1")),
        (
            _arrays() | {"class_names": np.array(["a", "b", "ç"])},
            "multi-class",
            1,
            2,
            ("a", "b", "ç"),
        ),
    ],
)
def test_what_is_inferred(
    *,
    tmp_path: Path,
    arrays: Arrays,
    task: str,
    channels: int,
    dimensions: int,
    classes: tuple[str, ...],
) -> None:
    dataset = load(_write(tmp_path / "own.npz", arrays))
    facts = dataset.facts
    assert (facts.task, facts.channels, facts.dimensions) == (task, channels, dimensions)
    assert facts.classes == classes and facts.finding == (1 if task == "binary" else None)
    assert dataset.size == 8 and facts.sizes == (8,) and dataset.labels["val"].shape == (9,)
    assert dataset.images["test"].shape == (9, *(8,) * dimensions, *((3,) if channels == 3 else ()))


def test_several_columns_of_labels_are_findings(tmp_path: Path) -> None:
    arrays = _arrays()
    for split in SPLITS:
        arrays[f"{split}_labels"] = np.eye(9, 4, dtype=bool)
    dataset = load(_write(tmp_path / "findings.npz", arrays))
    assert dataset.facts.task == "multi-label" and len(dataset.facts.classes) == 4
    assert dataset.labels["train"].shape == (9, 4) and dataset.labels["train"].dtype == np.int64


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int64, np.float32, np.float64])
@pytest.mark.parametrize("classes", [2, 3])
def test_one_hot_labels_are_classes(tmp_path: Path, kind: type, classes: int) -> None:
    """As Keras' ``to_categorical`` writes them, in either layout."""
    arrays = _arrays(classes=classes)
    one_hot: np.ndarray = np.eye(classes)[np.arange(9) % classes].astype(kind)
    hot: Arrays = dict.fromkeys(SPLITS, one_hot)
    dataset = load(_write(tmp_path / "a.npz", arrays | {f"{s}_labels": hot[s] for s in SPLITS}))
    assert dataset.facts.task == ("binary" if classes == 2 else "multi-class")
    assert dataset.labels["test"].tolist() == [k % classes for k in range(9)]
    assert any("a single 1" in note for note in dataset.notes)
    keras = {
        **{"x_train": np.tile(arrays["train_images"], (4, 1, 1)), "x_test": arrays["test_images"]},
        **{"y_train": np.tile(hot["train"], (4, 1)), "y_test": hot["test"]},
    }
    dataset = load(_write(tmp_path / "b.npz", keras))
    held = np.bincount(dataset.labels["val"], minlength=classes)
    assert held.min() >= 1 and dataset.facts.classes == tuple(f"class {k}" for k in range(classes))
    column = keras | {
        "y_train": keras["y_train"].argmax(1)[:, None],
        "y_test": hot["test"].argmax(1),
    }
    again = load(_write(tmp_path / "c.npz", column))
    assert np.array_equal(again.labels["val"], dataset.labels["val"])
    assert np.array_equal(again.images["val"], dataset.images["val"])


def test_rows_without_a_label_or_with_two_are_findings(tmp_path: Path) -> None:
    """Of pictures that have at most one finding each, a note asks whether a label is missing."""
    hot = np.eye(3, dtype=np.uint8)[np.arange(9) % 3]
    for change, asks in ((0, True), (1, False)):
        changed = hot.copy()
        changed[8] = change
        arrays = _arrays() | {f"{split}_labels": hot for split in SPLITS} | {"val_labels": changed}
        dataset = load(_write(tmp_path / "own.npz", arrays))
        assert dataset.facts.task == "multi-label"
        assert any("1 of them have none" in note for note in dataset.notes) is asks


def test_names_of_classes_in_two_unicode_forms_are_one_name(tmp_path: Path) -> None:
    names = np.array(["le\u0301sion", "normal", "x"])
    dataset = load(_write(tmp_path / "own.npz", _arrays() | {"class_names": names}))
    assert dataset.facts.classes == ("l\u00e9sion", "normal", "x")
    names[1] = "l\u00e9sion"
    with pytest.raises(DatasetError, match="one different, printable name"):
        load(_write(tmp_path / "own.npz", _arrays() | {"class_names": names}))


def test_flat_labels_and_wide_types_are_fine(tmp_path: Path) -> None:
    arrays = _arrays()
    arrays |= {
        f"{split}_labels": arrays[f"{split}_labels"][:, 0].astype(np.int32) for split in SPLITS
    }
    assert load(str(_write(tmp_path / "own.npz", arrays))).labels["train"].tolist() == [0, 1, 2] * 3


def _with(key: str, change: Callable[[np.ndarray], np.ndarray]) -> Arrays:
    arrays = _arrays()
    return arrays | {key: change(arrays[key])}


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"train_images": np.zeros(3)}, "lacks train_labels, val_images"),
        ({"x_train": np.zeros(3)}, "lacks y_train, x_test, y_test: an NPZ in Keras' layout"),
        (_with("train_images", lambda a: a / 255), "images are float64; expected uint8"),
        (_with("val_images", lambda a: a[:-1]), "val has 8 images but 9 labels"),
        (_with("val_images", lambda a: a[:0]), "the val split is empty"),
        (_with("test_images", lambda a: a[:, :4, :4]), r"shapes differ .*test 4×4"),
        (_with("test_images", lambda a: a[:, 0]), r"have shape \(9, 8\)"),
        ({k: a[:, :4] if "images" in k else a for k, a in _arrays().items()}, "images are 4×8"),
        (_with("test_labels", lambda a: a.astype(np.int8) - 1), "test label is -1"),
        (_with("test_labels", lambda a: a + np.uint64(2**63)), "test label is 92233720"),
        (
            _with("test_labels", lambda a: a + 1),
            "test label is 3, but the highest training label is 2",
        ),
        (_with("test_labels", lambda a: a * 1.0), "labels are float64"),
        (_with("test_labels", lambda a: a.astype(str)), "labels are <U3"),
        (
            {k: np.eye(9) / 2 if "labels" in k else a for k, a in _arrays().items()},
            "labels are float64; expected whole numbers from 0, or in several columns 0 and 1",
        ),
        (
            {k: np.full((9, 3), np.nan) if "labels" in k else a for k, a in _arrays().items()},
            "labels are float64",
        ),
        (_with("test_labels", lambda a: a[:, :, None]), r"labels have shape \(9, 1, 1\)"),
        (_with("test_labels", lambda a: np.hstack([a, a])), "numbers of label columns differ"),
        (_with("train_labels", lambda a: a * 0), "highest training label is 0"),
        (_with("train_labels", lambda a: a * 2), "no training image has label 1"),
        (
            _with("train_labels", lambda a: a + np.uint64(10**6)),
            "highest training label is 1000002",
        ),
        (_arrays() | {"class_names": np.array(["a", "b"])}, "class_names must be a text array"),
        (_arrays() | {"class_names": np.array(["a", "b", "b"])}, "class_names must be"),
        (_arrays() | {"class_names": np.array(["a", "b", "c\x1b[2J"])}, "class_names must be"),
        (_arrays() | {"class_names": np.arange(3)}, "class_names must be a text array"),
        (
            {k: np.repeat(a, 2, 1) if "labels" in k else a for k, a in _arrays().items()},
            "must be 0 or 1, found 2",
        ),
        (
            {k: np.repeat(a, 2, 1) * 0 if "labels" in k else a for k, a in _arrays().items()},
            "a finding never occurs",
        ),
        (
            _with("train_images", lambda a: np.array([None] * 9)),
            "Python objects, which are never read",
        ),
    ],
)
def test_each_unusable_archive_gets_its_sentence(
    tmp_path: Path, arrays: Arrays, sentence: str
) -> None:
    with pytest.raises(DatasetError, match=sentence) as problem:
        load(_write(tmp_path / "own.npz", arrays))
    assert str(tmp_path / "own.npz") in str(problem.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "damaged or not an NPZ"),
        (b"just text", "damaged or not an NPZ"),
        (pickle.dumps([1, 2]), "damaged or not an NPZ"),
    ],
)
def test_a_file_that_is_no_npz(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "own.npz").write_bytes(content)
    with pytest.raises(DatasetError, match=sentence):
        load(tmp_path / "own.npz")


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no file .*absent\.npz"):
        load(str(tmp_path / "absent.npz"))
    with pytest.raises(DatasetError, match="is not a file"):
        load(tmp_path)


def test_no_damage_to_an_archive_raises_anything_but_a_dataset_error(tmp_path: Path) -> None:
    """Cut it anywhere or overwrite any few bytes: it is read in full, or refused in a sentence."""
    whole = _write(tmp_path / "own.npz", _arrays()).read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for trial in range(400):
        damaged = bytearray(whole)
        if trial % 4 == 0:
            damaged = damaged[: rng.integers(len(whole))]
        else:
            for place in rng.integers(0, len(whole), 3):
                damaged[place] = rng.integers(256)
        (tmp_path / "own.npz").write_bytes(damaged)
        try:
            load(tmp_path / "own.npz")
        except DatasetError:
            refused += 1
    assert refused > 300


def _npy(shape: str, body: bytes) -> bytes:
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + body


def test_a_header_that_asks_for_more_than_there_is(tmp_path: Path) -> None:
    """NumPy would allocate a terabyte for it."""
    path = _write(tmp_path / "own.npz", _arrays())
    contents = {}
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    contents["train_images.npy"] = _npy("(1000000, 1000, 1000)", b"12345")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    with pytest.raises(DatasetError, match="train_images declares"):
        load(path)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    side = int((MAX_BYTES // 40) ** 0.5) + 1
    path = tmp_path / "own.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in _arrays().items():
            content = io.BytesIO()
            np.save(content, array)
            archive.writestr(f"{name}.npy", content.getvalue())
        # Declared in the ZIP directory alone; nothing is unpacked to find out.
        archive.getinfo("train_images.npy").file_size = 41 * side * side
    with pytest.raises(DatasetError, match=r"declares 2\.\d GB of arrays; at most 2\.1 GB"):
        load(path)
