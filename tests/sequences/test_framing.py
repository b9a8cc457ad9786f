"""An uploaded original becomes, to the last grey level, what the data set made of it."""

from pathlib import Path

import numpy as np
import pytest

from diagnosis.cases import Case, Selection
from diagnosis.core.errors import InputError
from diagnosis.datasets import load
from diagnosis.models.config import config_for
from diagnosis.scans import Scan, read_scan_file
from diagnosis.sequences import Encoder, RowEncoder, SliceEncoder

TWINS = [
    ("pneumoniamnist", "chest_normal_1.jpeg", "normal"),
    ("pneumoniamnist", "chest_normal_2.jpeg", "normal"),
    ("pneumoniamnist", "chest_pneumonia_1.jpeg", "pneumonia"),
    ("breastmnist", "breast_us_benign_2.png", "normal, benign"),
    ("breastmnist", "breast_us_malignant_1.png", "malignant"),
    ("breastmnist", "breast_us_malignant_117.png", "malignant"),
]


@pytest.mark.parametrize(("name", "file", "label"), TWINS)
def test_an_original_becomes_its_published_twin(
    real_data: Path, name: str, file: str, label: str
) -> None:
    dataset = load(name)
    encoder = config_for("lstm", dataset.facts).encoder
    seen = framed(read_scan_file(real_data / "scans" / file), encoder)
    images = np.concatenate(list(dataset.images.values()))
    labels = np.concatenate(list(dataset.labels.values()))
    same = (images == seen).all(axis=(1, 2))
    assert same.sum() == 1
    assert dataset.facts.classes[labels[same][0]] == label


def framed(scan: Scan, encoder: Encoder, frame: int = 0) -> np.ndarray:
    return encoder.example(Case(scan, Selection(frame)))


def _scan(pixels: np.ndarray) -> Scan:
    kind = "picture" if len(pixels) == 1 else "volume"
    return Scan(pixels, kind, "PNG", 8, (0, 255), None, "0" * 64, {}, ())  # type: ignore[arg-type]


def test_the_middle_is_kept_and_the_sides_are_cut() -> None:
    pixels = np.zeros((1, 30, 90, 1), np.uint8)
    pixels[:, :, 30:60] = 200
    assert (framed(_scan(pixels), RowEncoder()) == 200).all()


def test_a_volume_is_resampled_along_its_slices() -> None:
    ramp = np.repeat(np.arange(56, dtype=np.uint8), 40 * 40).reshape(56, 40, 40, 1)
    seen = framed(_scan(ramp), SliceEncoder())
    assert seen.shape == (28, 28, 28)
    assert (seen == seen[:, :1, :1]).all()
    assert (
        np.abs(seen[:, 0, 0] - (np.arange(28) * 2 + 0.5)).max() <= 0.5
    )  # every second slice, averaged


def test_a_picture_is_no_volume() -> None:
    with pytest.raises(InputError, match="volume"):
        framed(_scan(np.ones((1, 30, 30, 1), np.uint8)), SliceEncoder())


def test_a_frame_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match=r"no frame 3.*2"):
        framed(_scan(np.ones((2, 30, 30, 1), np.uint8)), RowEncoder(), frame=2)
