"""What a model of several parts reaches without some of them, and what their presence tells."""

import numpy as np
import pytest

from diagnosis.evaluation.availability import availability, patterns, without
from diagnosis.sequences.sequence import Part

PARTS = (Part("record", 0, 2, 2), Part("image", 2, 5, 2))


def cases(n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Sequences whose label each part tells by half, and whose record is missing only without the finding."""
    rng = np.random.default_rng(3)
    truth = rng.random(n) < 0.5
    sequences = np.ones((n, 5, 2))
    sequences[:, :, 1] = truth[:, None] + rng.normal(0, 1, (n, 5))
    sequences[np.flatnonzero(~truth)[:40], :2] = 0
    return sequences, truth


def test_each_pattern_leaves_out_the_others() -> None:
    assert patterns(("record", "image")) == {
        "both": (), "record": ("image",), "image": ("record",), "neither": ("record", "image"),
    }  # fmt: skip
    sequences, _ = cases(3)
    left = without(sequences, PARTS, ("image",))
    assert not left[:, 2:].any() and np.array_equal(left[:, :2], sequences[:, :2])


def test_patterns_are_measured_and_presence_is_told() -> None:
    sequences, truth = cases()
    found = availability(sequences, PARTS, truth, lambda given: given[..., 1].sum(axis=1))
    auc = {name: figure.estimate for name, figure in found.patterns.items()}
    assert auc["both"] > auc["image"] > 0.6 and auc["both"] > auc["record"]
    assert auc["neither"] == 0.5
    assert found.there == {"record": pytest.approx(0.8), "image": 1.0}
    assert found.presence["record"].estimate > 0.6 and found.presence["image"].estimate == 0.5
