"""Sets made of what is here: other labels for known pictures, and a file that has no publisher."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diagnosis.datasets import DatasetError, catalogue, load, loading, locate
from diagnosis.datasets.groups import groups

LAYOUT = {"train": 6, "val": 3, "test": 3}


def test_kinds_of_pneumonia_are_known_by_content(real_data: Path) -> None:
    whole, kinds = load("pneumoniamnist"), load("pneumoniakinds")
    assert {split: len(labels) for split, labels in kinds.labels.items()} == kinds.facts.counts
    known = groups("pneumoniamnist")
    assert known is not None and whole.patients is not None and kinds.patients is not None
    series = known.series_of(kinds.images["test"])
    for name, index in (("normal1", 0), ("bacteria", 1), ("virus", 2)):
        assert set(kinds.labels["test"][series == name]) == {index}
    np.testing.assert_array_equal(kinds.labels["test"] > 0, whole.labels["test"] == 1)
    assert all(len(kinds.patients[split]) == len(kinds.images[split]) for split in LAYOUT)
    assert locate("pneumoniakinds") == locate("pneumoniamnist")


def test_the_larger_chest_x_rays_have_patients(real_data: Path) -> None:
    dataset = load("chestxray64", size=64)
    assert dataset.facts.population == catalogue()["pneumoniamnist"].population
    assert int(dataset.known_from("val", "train").sum()) == 225
    assert not dataset.known_from("test", "train", "val").any()
    assert "chestxray_64" not in loading.own_files()


def test_patients_may_have_names(tmp_path: Path) -> None:
    named = {"train": ["a", "b", "b", "", "c", "c"], "val": ["b", "d", ""], "test": ["e"] * 3}
    arrays: Any = {}
    for split, n in LAYOUT.items():
        arrays[f"{split}_images"] = np.random.default_rng(n).integers(0, 256, (n, 8, 8), np.uint8)
        arrays[f"{split}_labels"] = np.arange(n) % 2
        arrays[f"{split}_patients"] = np.array(named[split])
    np.savez(tmp_path / "own.npz", **arrays)
    patients = load(tmp_path / "own.npz").patients
    assert patients is not None
    assert patients["train"][1] == patients["train"][2] == patients["val"][0] >= 0
    assert patients["train"][3] == patients["val"][2] == -1
    assert len(np.unique(np.concatenate(list(patients.values())))) == 6


def test_a_file_that_is_another_set_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCANLINE_DATA", str(tmp_path))
    with pytest.raises(DatasetError, match=r"chestxray_64\.npz"):
        load("chestxray64", size=64)
    arrays: Any = {
        f"{split}_images": np.zeros((n, 64, 64), np.uint8) for split, n in LAYOUT.items()
    } | {f"{split}_labels": np.arange(n) % 2 for split, n in LAYOUT.items()}
    np.savez(tmp_path / "chestxray_64.npz", **arrays)
    with pytest.raises(DatasetError, match="train split has 6 images"):
        load("chestxray64", size=64)
