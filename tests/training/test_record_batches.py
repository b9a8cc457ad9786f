"""Batches of records: nothing but events is left out, and what is computed does not depend on the padding."""

from itertools import pairwise

import keras
import numpy as np
import pytest

from diagnosis.models.config import ModelConfig, config_for, learned_encoder
from diagnosis.records.examples import CODE, MINUTE
from diagnosis.training.record_batches import RecordBatches, left_after_thinning, moved_up
from diagnosis.training.replication import replicated
from tests.record_cases import LENGTH, toy


def _batches(thinning: float, size: int = 32) -> RecordBatches:
    encoder = learned_encoder(toy())
    assert encoder is not None
    batches = RecordBatches(
        toy().images["train"], toy().labels["train"], encoder,
        batch_size=size, augmentation=None, class_weights=None, seed=1,
    )  # fmt: skip
    return batches.thinned(thinning)


def _config(**options: object) -> ModelConfig:
    given = {"units": (6,), "embedding": 4, "dense": 0, "dropout": 0.0} | options
    return config_for("embedding_gru", toy().facts, encoder=learned_encoder(toy()), **given)  # type: ignore[arg-type]


def test_events_are_left_out_in_their_order_and_facts_stay() -> None:
    examples = toy().images["train"]
    stay = left_after_thinning(examples, 0.9, np.random.default_rng(1))
    moved = moved_up(examples, stay)
    there = examples[..., CODE] > 0
    assert 0.2 < 1 - stay.sum() / there.sum() < 0.6
    for before, after, chosen in zip(examples, moved, stay, strict=True):
        n = int(chosen.sum())
        np.testing.assert_array_equal(after[:n], before[chosen])
        assert not after[n:].any()
        facts = int((np.isnan(before[:, MINUTE]) & (before[:, CODE] > 0)).sum())
        assert np.isnan(after[:facts, MINUTE]).all()


def test_each_record_is_read_once_an_epoch_and_the_same_in_a_second_run() -> None:
    batches, again = _batches(0.5), _batches(0.5)
    assert sum(len(batches[k][0]) for k in range(len(batches))) == len(toy().images["train"])
    for k in range(len(batches)):
        np.testing.assert_array_equal(batches[k][0], again[k][0])
    first = batches[0][0]
    batches.on_epoch_end()
    assert first.shape != batches[0][0].shape or (first != batches[0][0]).any()


@pytest.mark.parametrize("size", [8, 32, 200])
def test_keras_sees_that_batches_differ_in_length(size: int) -> None:
    """Or it rejects the first one that does, be it epochs later."""
    batches = _batches(0.5, size=size)
    for _ in range(3):
        lengths = [batches[k][0].shape[1] for k in range(len(batches))]
        assert lengths == [LENGTH] if size == 200 else lengths[0] != lengths[1]
        batches.on_epoch_end()


def test_without_thinning_every_event_is_read() -> None:
    events = sum(int((_batches(0)[k][0][..., 0] > 0).sum()) for k in range(len(_batches(0))))
    assert events == int((toy().images["train"][..., CODE] > 0).sum())


def test_the_loss_is_a_mean_of_the_last_step_and_all() -> None:
    config, (x, y) = _config(), _batches(0)[0][:2]
    plain, half, whole = (replicated(config, share, dtype="float32") for share in (0.0, 0.5, 1.0))
    for model in (plain, half, whole):
        model.set_weights(plain.get_weights())
        model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True))
    losses = []
    for model in (plain, half, whole):
        predicted = model(x, training=False)
        losses.append(float(model.compute_loss(x, y, predicted, training=True)))
    assert losses[1] == pytest.approx((losses[0] + losses[2]) / 2, abs=1e-6)
    tested = [model.test_on_batch(x, y) for model in (plain, half)]
    assert tested[0] == pytest.approx(tested[1], abs=1e-6)
    assert all(a != b for a, b in pairwise(losses))
