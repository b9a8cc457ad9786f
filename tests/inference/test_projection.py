"""Final states of a split in a plane."""

import numpy as np

from diagnosis.datasets import load
from diagnosis.explanations.states import StateReader
from diagnosis.inference.projection import project, projection
from diagnosis.models import store
from diagnosis.models.forward import Forward


def test_the_plane_is_that_of_the_largest_variance() -> None:
    rng = np.random.default_rng(4)
    axes = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    along = rng.normal(size=(300, 6)) * (8, 4, 0.1, 0.1, 0.1, 0.1)
    found = project((along @ axes.T + 5).astype(np.float32))
    assert np.abs(np.corrcoef(found.points.T, along[:, :2].T))[:2, 2:].diagonal().min() > 0.99
    assert 0.99 < sum(found.shares) < 1 and found.shares[0] > found.shares[1]
    assert found.units == 6 and np.allclose(found.points.mean(axis=0), 0, atol=1e-5)


def test_states_that_do_not_differ_or_have_one_unit_are_still_points() -> None:
    for states in (np.ones((5, 4), np.float32), np.arange(5, dtype=np.float32)[:, None]):
        found = project(states)
        assert found.points.shape == (5, 2) and np.isfinite(found.points).all()
        assert np.isfinite(found.shares).all() and 0 <= sum(found.shares) <= 1 + 1e-9


def test_a_split_is_projected_from_what_the_output_layer_reads() -> None:
    version, dataset = store.find("phantoms/gru"), load("phantoms")
    forward = Forward(version)
    found = projection(forward, dataset, "test")
    finals = StateReader(forward.model, version.config)(
        version.config.encoder.batch(dataset.images["test"])
    ).finals
    assert found.units == finals.shape[1] == 64 and len(found.points) == 600
    between = np.linalg.norm(finals[0] - finals[1])
    assert np.linalg.norm(found.points[0] - found.points[1]) <= between + 1e-4
    finding = dataset.labels["test"] == version.config.finding
    apart = found.points[finding, 0].mean() - found.points[~finding, 0].mean()
    assert abs(apart) > found.points[:, 0].std()  # the classes lie apart along the first component
