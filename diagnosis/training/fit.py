"""Fit a model to a data set: Keras' own loop, its own callbacks, and nothing about pages or tracking."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from diagnosis.datasets import Dataset
from diagnosis.errors import InputError
from diagnosis.models import heads
from diagnosis.models.build import build
from diagnosis.models.config import ModelConfig
from diagnosis.sequences import as_sequences
from diagnosis.training.batches import Batches, balancing_weights, targets
from diagnosis.training.config import TrainingConfig

WARM_UP = 0.05  # part of all steps in which a cosine schedule rises to its learning rate
STEP_FACTOR, STEP_PARTS = (
    0.3,
    3,
)  # a step schedule falls by this factor, this many times at even distances


@dataclass(frozen=True, eq=False)
class Fit:
    """A trained model and how it got there."""

    model: keras.Model
    history: dict[str, list[float]]  # per epoch: loss, val_loss and the task's metrics
    best_epoch: int  # counted from 1: the one whose weights the model has
    seconds: float


def fit(
    config: ModelConfig,
    training: TrainingConfig,
    dataset: Dataset,
    *,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Fit:
    """Train a model of ``config`` on the training split; the validation split decides when to stop.

    Args:
        config: what to build.
        training: how to train it.
        dataset: its test split is not touched.
        callbacks: told of every batch and epoch; may set ``model.stop_training``.

    Raises:
        InputError: the data set does not fit the model, or the loss became NaN.
    """
    keras.utils.set_random_seed(training.seed)
    model = build(config, dtype="mixed_float16" if training.mixed_precision else "float32")
    images, labels = dataset.images["train"], dataset.labels["train"]
    weights = balancing_weights(labels, len(config.classes)) if training.balanced else None
    multi_label = config.task == "multi-label"
    batches = Batches(
        images,
        labels,
        config.preparation,
        batch_size=training.batch_size,
        augmentation=training.augmentation,
        class_weights=None if multi_label else weights,
        seed=training.seed,
    )
    model.compile(
        optimizer=_optimizer(training, steps=len(batches)),
        loss=heads.loss(config.task, weights if multi_label else None),
        metrics=_metrics(config),
    )
    validation = (
        as_sequences(dataset.images["val"], config.preparation),
        targets(dataset.labels["val"]),
    )
    best = _BestWeights()
    started = time.perf_counter()
    history = model.fit(
        batches,
        validation_data=validation,
        validation_batch_size=1024,
        epochs=training.epochs,
        verbose=0,
        callbacks=[*_own_callbacks(training), best, *callbacks],
    ).history
    seconds = time.perf_counter() - started
    if best.weights is None:
        raise InputError(
            "The loss was not a number from the first epoch on: lower the learning rate or clip the gradient."
        )
    model.set_weights(best.weights)
    return Fit(
        model, {k: [float(v) for v in values] for k, values in history.items()}, best.epoch, seconds
    )


class _BestWeights(keras.callbacks.Callback):
    """Keeps the weights of the epoch with the lowest validation loss, whoever ends the training."""

    def __init__(self) -> None:
        super().__init__()
        self.weights: list[np.ndarray] | None = None
        self.epoch = 0
        self._loss = np.inf

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        loss = (logs or {}).get("val_loss", np.nan)
        if loss < self._loss:
            self._loss, self.epoch, self.weights = loss, epoch + 1, self.model.get_weights()


def _own_callbacks(training: TrainingConfig) -> list[keras.callbacks.Callback]:
    own: list[keras.callbacks.Callback] = [keras.callbacks.TerminateOnNaN()]
    if training.patience:
        own.append(keras.callbacks.EarlyStopping("val_loss", patience=training.patience))
    if training.schedule == "plateau":
        patience = max(1, training.patience // 3)
        own.append(keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.3, patience=patience))
    return own


def _optimizer(training: TrainingConfig, *, steps: int) -> keras.optimizers.Optimizer:
    """The optimizer with its schedule; ``steps`` is the number of batches an epoch."""
    total = steps * training.epochs
    rate: Any = training.learning_rate
    if training.schedule == "cosine":
        warm_up = int(total * WARM_UP)
        rate = keras.optimizers.schedules.CosineDecay(
            training.learning_rate / 10,
            max(1, total - warm_up),
            alpha=0.1,
            warmup_target=training.learning_rate,
            warmup_steps=warm_up,
        )
    elif training.schedule == "step":
        parts = STEP_PARTS + 1
        rate = keras.optimizers.schedules.PiecewiseConstantDecay(
            [total * part // parts for part in range(1, parts)],
            [training.learning_rate * STEP_FACTOR**part for part in range(parts)],
        )
    clip = training.clip_norm or None
    optimizer: keras.optimizers.Optimizer
    if training.optimizer == "adamw":
        decay = training.weight_decay
        optimizer = keras.optimizers.AdamW(rate, weight_decay=decay, global_clipnorm=clip)
    else:
        optimizer = keras.optimizers.Adam(rate, global_clipnorm=clip)
    # float16 gradients would underflow; Keras scales the loss by itself only under a global policy
    return keras.optimizers.LossScaleOptimizer(optimizer) if training.mixed_precision else optimizer


def _metrics(config: ModelConfig) -> list[keras.metrics.Metric]:
    """What is watched while training; the measured figures come from ``evaluation`` afterwards."""
    if config.task == "binary":
        return [
            keras.metrics.BinaryAccuracy("accuracy", threshold=0.0),
            keras.metrics.AUC(name="auc", from_logits=True),
        ]
    if config.task == "multi-class":
        return [keras.metrics.SparseCategoricalAccuracy("accuracy")]
    if config.task == "multi-label":
        return [keras.metrics.BinaryAccuracy("accuracy", threshold=0.0)]
    return []
