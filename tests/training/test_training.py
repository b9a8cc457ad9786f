"""Training: every head learns, seeds repeat, schedules fall, classes are balanced, callbacks may stop it."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import keras
import numpy as np
import pytest

from diagnosis.core.errors import InputError
from diagnosis.datasets import Dataset, Task, catalogue, load
from diagnosis.jobs.experiment import split_logits
from diagnosis.models.config import config_for
from diagnosis.sequences import Augmentation, RowEncoder, augment
from diagnosis.training.batches import Batches, balancing_weights
from diagnosis.training.config import TrainingConfig
from diagnosis.training.fit import fit

QUICK = TrainingConfig(
    epochs=6, batch_size=64, learning_rate=1e-2, schedule="constant", augmentation=None
)


def _bars(task: Task, n: int = 256) -> Dataset:
    """Pictures with a bright bar whose height is the label: every head can learn it."""
    rng = np.random.default_rng(1)
    levels = rng.integers(0, 2 if task == "binary" else 4, n)
    images = rng.integers(0, 60, (n, 28, 28), np.uint8)
    for image, level in zip(images, levels, strict=True):
        image[4 + 6 * level : 8 + 6 * level] = 220
    labels = np.eye(4, dtype=int)[levels] if task == "multi-label" else levels
    facts = replace(
        catalogue()["phantoms"], task=task, classes=tuple("abcd"[: 2 if task == "binary" else 4])
    )

    def every_split(array: np.ndarray) -> Mapping[str, np.ndarray]:
        return MappingProxyType({"train": array.copy(), "val": array.copy(), "test": array.copy()})

    return Dataset(facts, 28, every_split(images), every_split(labels), "0" * 64)


@pytest.mark.parametrize("task", ["binary", "multi-class", "ordinal", "multi-label"])
def test_every_head_learns(task: Task) -> None:
    dataset = _bars(task)
    config = config_for("gru", dataset.facts, units=(16,))
    fitted = fit(config, QUICK.changed(epochs=12), dataset)
    assert fitted.history["val_loss"][-1] < 0.6 * fitted.history["val_loss"][0]
    assert fitted.best_epoch == 1 + int(np.argmin(fitted.history["val_loss"]))


def test_the_same_seed_gives_the_same_weights_and_another_one_others() -> None:
    dataset = _bars("binary", 128)
    config = config_for("simple_rnn", dataset.facts, units=(4,), dropout=0.2)
    recipe = QUICK.changed(epochs=2, augmentation=Augmentation())
    logits = [
        split_logits(fit(config, recipe.changed(seed=seed), dataset).model, config, dataset, "test")
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(logits[0], logits[1])
    assert not np.allclose(logits[0], logits[2])


@pytest.mark.parametrize(
    ("schedule", "optimizer"),
    [("constant", "adam"), ("cosine", "adamw"), ("step", "adam"), ("plateau", "adamw")],
)
def test_every_schedule_and_optimizer_runs(schedule: str, optimizer: str) -> None:
    dataset = _bars("binary", 128)
    recipe = QUICK.changed(epochs=3, schedule=schedule, optimizer=optimizer)
    rates: list[float] = []

    class Rates(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            rates.append(float(self.model.optimizer.learning_rate))

    fit(config_for("simple_rnn", dataset.facts, units=(4,)), recipe, dataset, callbacks=[Rates()])
    assert len(rates) == 3
    assert (rates[-1] < rates[0]) == (schedule in ("cosine", "step"))


def test_a_callback_stops_it_and_the_best_epoch_is_kept() -> None:
    """The third epoch begins with a bias of 10 at the output, which two steps cannot take back."""
    after: list[list[np.ndarray]] = []

    class SpoilThenStop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
            if epoch == 2:
                *others, bias = self.model.get_weights()
                self.model.set_weights([*others, bias + 10])

        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            after.append(self.model.get_weights())
            self.model.stop_training = epoch == 2

    dataset = _bars("binary", 128)
    config = config_for("lstm", dataset.facts, units=(4,))
    fitted = fit(config, QUICK.changed(learning_rate=1e-3), dataset, callbacks=[SpoilThenStop()])
    losses = fitted.history["val_loss"]
    assert len(losses) == 3 < QUICK.epochs
    best = int(np.argmin(losses))
    assert best < 2  # the last epoch is not the best
    assert fitted.best_epoch == best + 1
    for kept, then in zip(fitted.model.get_weights(), after[best], strict=True):
        np.testing.assert_array_equal(kept, then)


def test_early_stopping_watches_the_validation_split() -> None:
    dataset = _bars("binary", 128)
    recipe = QUICK.changed(epochs=30, learning_rate=5.0, clip_norm=0.0, patience=2)
    fitted = fit(config_for("simple_rnn", dataset.facts, units=(4,)), recipe, dataset)
    assert len(fitted.history["loss"]) == fitted.best_epoch + 2


def test_classes_are_balanced() -> None:
    labels = np.array([0] * 90 + [1] * 10)
    weights = balancing_weights(labels, 2)
    assert (weights[labels][labels == 0].sum(), weights[labels][labels == 1].sum()) == (
        pytest.approx((50, 50))
    )
    several = np.array([[1, 0], [0, 0], [0, 0], [0, 1]])
    np.testing.assert_allclose(balancing_weights(several, 2), [3, 3])


def test_every_image_is_seen_once_an_epoch() -> None:
    images = np.arange(10, dtype=np.uint8)[:, None, None] * np.ones((1, 28, 28), np.uint8)
    batches = Batches(
        images,
        np.arange(10),
        RowEncoder(standardise=False),
        batch_size=4,
        augmentation=None,
        class_weights=None,
        seed=1,
    )
    seen = np.concatenate([batches[index][1][:, 0] for index in range(len(batches))])
    assert sorted(seen) == list(range(10))
    batches.on_epoch_end()
    again = np.concatenate([batches[index][1][:, 0] for index in range(len(batches))])
    assert sorted(again) == list(range(10)) and list(again) != list(seen)


@pytest.mark.parametrize(
    ("field", "value"),
    [("epochs", 0), ("learning_rate", 0), ("clip_norm", -1), ("schedule", "linear"), ("seed", -1)],
)
def test_a_bad_field_is_named(field: str, value: object) -> None:
    with pytest.raises(InputError, match=field.replace("_", " ")):
        TrainingConfig(**{field: value})  # type: ignore[arg-type]


def test_mixed_precision_keeps_weights_and_logits_in_float32() -> None:
    dataset = _bars("binary", 64)
    config = config_for("lstm", dataset.facts, units=(4,))
    model = fit(config, QUICK.changed(epochs=1, mixed_precision=True), dataset).model
    assert {weight.dtype for weight in model.trainable_weights} == {"float32"}
    assert model.output.dtype == "float32"


@pytest.mark.parametrize("volume", [False, True])
def test_augmentation_moves_slices_and_channels_together(volume: bool) -> None:
    rng = np.random.default_rng(1)
    plane = rng.integers(0, 255, (5, 20, 20), np.uint8)
    axis = 1 if volume else -1
    images = np.repeat(np.expand_dims(plane, axis), 3, axis=axis)
    strong = Augmentation(shift=0.2, rotate=30, scale=0.2, flip=True, intensity=0.2, noise=0)
    changed = augment(images, strong, volume=volume, rng=np.random.default_rng(2))
    assert changed.shape == images.shape
    parts = np.moveaxis(changed, axis, 0)
    np.testing.assert_allclose(parts[0], parts[1], atol=1e-3)
    assert np.abs(parts[0] - plane).mean() > 10


def test_no_augmentation_changes_nothing() -> None:
    images = load("phantoms").images["train"][:8]
    still = Augmentation(shift=0, rotate=0, scale=0, flip=False, intensity=0, noise=0)
    changed = augment(images, still, volume=False, rng=np.random.default_rng(1))
    np.testing.assert_allclose(changed, images, atol=1e-3)
