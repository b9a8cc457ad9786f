"""An uploaded original becomes, to the last grey level, what the data set made of it."""

from pathlib import Path

import numpy as np
import pytest

from diagnosis.cases import Case, Selection
from diagnosis.core.errors import InputError
from diagnosis.datasets import load
from diagnosis.models.config import config_for
from diagnosis.scans import Scan, read_scan_file
from diagnosis.scans.reading_axis import along
from diagnosis.scans.series import read_series
from diagnosis.sequences import Encoder, RowEncoder, SliceEncoder
from tests.series_files import CORONAL, files, series

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


def test_a_volume_is_read_along_the_axis_that_is_stored_with_the_model() -> None:
    cube = np.random.default_rng(3).integers(0, 256, (1, 6, 6, 6), np.uint8)
    plain = SliceEncoder(size=6, standardise=False)
    first = plain.batch(cube).reshape(6, 6, 6)
    for axis, moved in (("2", (1, 0, 2)), ("3", (2, 0, 1))):
        encoder = plain.changed(axis=axis)
        np.testing.assert_array_equal(encoder.batch(cube).reshape(6, 6, 6), first.transpose(moved))
        assert (encoder.view(cube[0]).slices[..., 0] == cube[0].transpose(moved)).all()
    backwards = plain.changed(order="slices-reversed", axis="2")
    np.testing.assert_array_equal(
        backwards.batch(cube)[0], plain.changed(axis="2").batch(cube)[0, ::-1]
    )
    assert SliceEncoder.from_json(backwards.to_json()) == backwards


def test_a_model_of_axial_slices_turns_every_scan_to_them() -> None:
    heights = [float(height) for height in range(12)]
    coronal = read_series(
        files(series(heights, axes=CORONAL, shape=(12, 12), PixelSpacing=[1, 1]))
    ).scan
    axial = along(coronal, "axial")
    for scan in (coronal, axial):
        seen = framed(scan, SliceEncoder(size=12, axis="axial"))
        np.testing.assert_array_equal(seen, framed(axial, SliceEncoder(size=12)))
    with pytest.raises(InputError):
        framed(_scan(np.ones((3, 30, 30, 1), np.uint8)), SliceEncoder(axis="axial"))


def test_orders_of_slices_have_names_of_their_own() -> None:
    assert (
        SliceEncoder.from_json({"kind": "slices", "order": "rows-reversed"}).order
        == "slices-reversed"
    )
    assert SliceEncoder(order="rows").order == "slices"  # type: ignore[arg-type]
    for wrong in ("columns", "slice", 1):
        with pytest.raises(InputError):
            SliceEncoder(order=wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        RowEncoder(order="slices")  # type: ignore[arg-type]
