"""Training in halves: the same weights and figures as Keras' own step, but for rounding."""

import contextlib
from typing import Any

import keras
import numpy as np
import pytest

from diagnosis.datasets import load
from diagnosis.models import head_ops
from diagnosis.models.build import build
from diagnosis.models.config import ModelConfig, config_for
from diagnosis.training import tensorflow_cpu
from diagnosis.training.batches import Batches
from diagnosis.training.config import TrainingConfig
from diagnosis.training.metrics import metrics
from diagnosis.training.optimizer import optimizer

TRAINING = TrainingConfig(batch_size=64, epochs=2, clip_norm=0.5)


def _config(variant: str, *, units: int = 32, **options: Any) -> ModelConfig:
    return config_for(variant, load("phantoms").facts, units=(units,), **options)


@pytest.mark.parametrize("variant", ["lstm", pytest.param("gru", marks=pytest.mark.long)])
def test_the_weights_are_those_of_the_stock_step(variant: str) -> None:
    """193 images: three batches of 64 and one of a single image, two at a time."""
    config = _config(variant)
    dataset = load("phantoms")
    found = []
    for in_halves in (False, True):
        keras.utils.set_random_seed(1)
        trained = tensorflow_cpu.model(config, 64) if in_halves else build(config)
        batches = Batches(
            dataset.images["train"][:193],
            dataset.labels["train"][:193],
            config.encoder,
            batch_size=64,
            augmentation=TRAINING.augmentation,
            class_weights=np.array([0.5, 1.5]),
            seed=1,
            in_a_row=2 if in_halves else 1,
        )
        assert batches.batches == 4 and len(batches) == (2 if in_halves else 4)
        trained.compile(
            optimizer=optimizer(TRAINING, steps=4),
            loss=head_ops.loss(config.task, None),
            metrics=metrics(config.task, len(config.classes)),
        )
        history = trained.fit(batches, epochs=2, shuffle=False, verbose=0).history
        found.append((history, trained.get_weights()))
    (stock, expected), (ours, got) = found
    assert set(ours) == set(stock) and "auc" in ours
    for name, values in stock.items():
        np.testing.assert_allclose(ours[name], values, rtol=1e-4)
    for weight, same in zip(got, expected, strict=True):
        np.testing.assert_allclose(weight, same, atol=1e-5)


def test_only_what_gains_by_it_is_divided() -> None:
    assert tensorflow_cpu.fits(_config("lstm"), TRAINING)
    assert not tensorflow_cpu.fits(_config("lstm", units=16), TRAINING)
    assert not tensorflow_cpu.fits(_config("lstm", dropout=0.2), TRAINING)
    assert not tensorflow_cpu.fits(_config("lstm", recurrent_dropout=0.2), TRAINING)
    assert not tensorflow_cpu.fits(_config("lstm"), TrainingConfig(batch_size=32))


def test_one_switch_turns_all_of_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tensorflow_cpu.SWITCH, "1")
    assert not tensorflow_cpu.fits(_config("lstm"), TRAINING)
    assert isinstance(tensorflow_cpu.reused_memory(), contextlib.nullcontext)
