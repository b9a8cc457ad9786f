"""The phantoms: the same for everybody, as many as stated, and neither trivial nor hopeless."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from diagnosis.datasets import SPLITS, DatasetError, load, phantoms


@pytest.mark.parametrize("size", [28, pytest.param(64, marks=pytest.mark.long)])
def test_shapes_types_and_counts_are_those_of_the_catalogue(size: int) -> None:
    drawn = load("phantoms", size=size)
    facts = drawn.facts
    assert facts.synthetic and facts.class_counts and "Synthetic" in drawn.notes[0]
    for split in SPLITS:
        images, labels = drawn.images[split], drawn.labels[split]
        assert images.shape == (facts.counts[split], size, size) and images.dtype == np.uint8
        assert labels.dtype == np.int64
        assert tuple(np.bincount(labels)) == facts.class_counts[split]


def test_same_seed_same_arrays_other_seed_other_arrays() -> None:
    first, other = phantoms(seed=0), phantoms(seed=4)
    phantoms.cache_clear()
    again = phantoms(seed=0)
    assert first.sha256 == again.sha256 != other.sha256
    for split in SPLITS:
        np.testing.assert_array_equal(first.images[split], again.images[split])
        np.testing.assert_array_equal(first.labels[split], again.labels[split])
    assert not np.array_equal(first.images["test"], other.images["test"])


def test_the_phantoms_are_those_that_the_shipped_models_were_trained_on() -> None:
    """Whoever changes the generator changes this hash, and trains the phantom models again."""
    assert phantoms().sha256 == "735b7f2b46389fa5ab9e2e5592bcc4265e0c2d8e38f089f1cc5182f7f42ea66f"


def test_no_picture_occurs_twice() -> None:
    drawn = phantoms()
    pictures = np.concatenate([drawn.images[split] for split in SPLITS])
    assert len({picture.tobytes() for picture in pictures}) == len(pictures)


def test_pictures_use_the_grey_scale_and_differ_in_exposure() -> None:
    pictures = phantoms().images["train"].astype(float)
    means, spreads = pictures.mean(axis=(1, 2)), pictures.std(axis=(1, 2))
    assert spreads.min() > 15, "a phantom is nearly blank"
    assert means.std() > 10, "all phantoms have the same exposure"


def test_a_linear_model_on_pixels_finds_something_but_not_all() -> None:
    drawn = phantoms()
    flat = {split: drawn.images[split].reshape(-1, 28 * 28) / 255 for split in SPLITS}
    model = LogisticRegression(C=0.1, max_iter=200).fit(flat["train"], drawn.labels["train"])
    auc = roc_auc_score(drawn.labels["test"], model.decision_function(flat["test"]))
    assert 0.6 < auc < 0.8


def test_brightness_alone_hardly_tells_the_classes_apart() -> None:
    drawn = phantoms()
    auc = roc_auc_score(drawn.labels["train"], drawn.images["train"].mean(axis=(1, 2)))
    assert 0.4 < auc < 0.6


def test_opacities_lie_in_the_lung_fields() -> None:
    """The classes differ in the two lung fields, not in the corners or along the midline."""
    drawn = phantoms()
    pictures, labels = drawn.images["train"].astype(float), drawn.labels["train"]
    difference = pictures[labels == 1].mean(axis=0) - pictures[labels == 0].mean(axis=0)
    left, right = difference[8:18, 6:11].mean(), difference[8:18, 17:22].mean()
    outside = abs(difference[:, [0, 1, 26, 27]]).mean()
    assert min(left, right) > 5
    assert outside < 3


def test_another_size_is_refused() -> None:
    with pytest.raises(DatasetError, match="size 32, only at 28 and 64"):
        phantoms(size=32)
    with pytest.raises(DatasetError, match="size 128, only at 28 and 64"):
        load("phantoms", size=128)
