"""Fit a model to a data set: Keras' own loop, its own callbacks, and nothing about pages or tracking."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from diagnosis.core.errors import InputError
from diagnosis.datasets import Dataset
from diagnosis.models import head_ops
from diagnosis.models.build import build
from diagnosis.models.config import ModelConfig
from diagnosis.sequences import EventEncoder
from diagnosis.training import tensorflow_cpu
from diagnosis.training.averaging import swapping
from diagnosis.training.batches import Batches, balancing_weights, in_a_row, targets
from diagnosis.training.checkpoint import BestWeights, Checkpoint, replace_arrays
from diagnosis.training.config import TrainingConfig
from diagnosis.training.metrics import metrics
from diagnosis.training.optimizer import gradient_norm, learning_rate, optimizer
from diagnosis.training.record_batches import RecordBatches
from diagnosis.training.replication import replicated


@dataclass(frozen=True, eq=False)
class Fit:
    """A trained model and how it got there."""

    model: keras.Model
    history: dict[str, list[float]]  # per epoch: loss, val_loss, the task's metrics, learning rate
    best_epoch: int  # counted from 1: the one whose weights the model has
    seconds: float  # in this process

    def write(self, path: Path) -> None:
        """Write it down, so that it can be measured although its process ends before."""
        arrays = {f"weight_{n}": value for n, value in enumerate(self.model.get_weights())}
        facts = {"history": self.history, "best_epoch": self.best_epoch, "seconds": self.seconds}
        replace_arrays(path, {"facts": np.array(json.dumps(facts)), **arrays})

    @staticmethod
    def written(path: Path, config: ModelConfig) -> "Fit | None":
        """What was written down of a model of ``config``; None if nothing was."""
        if not path.is_file():
            return None
        model = build(config)
        with np.load(path, allow_pickle=False) as saved:
            model.set_weights([saved[f"weight_{n}"] for n in range(len(model.weights))])
            return Fit(model, **json.loads(str(saved["facts"])))


def fit(
    config: ModelConfig,
    training: TrainingConfig,
    dataset: Dataset,
    *,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    checkpoint: Path | None = None,
    only: int | None = None,
) -> Fit:
    """Train a model of ``config`` on the training split; the validation split decides when to stop.

    Without a validation split nothing does: the last epoch's weights are the result.

    Args:
        config: what to build.
        training: how to train it.
        dataset: its test split is not touched.
        callbacks: told of every batch and epoch; may set ``model.stop_training``.
        checkpoint: folder in which the state is kept after each epoch. If it holds one, the training goes
            on from there and ends with the same weights as if it had never been interrupted.
        only: so many epochs of the recipe's schedule; None for all.

    Raises:
        InputError: the data set does not fit the model, or the loss became NaN.
    """
    keras.utils.set_random_seed(training.seed)
    trained, batches = _prepared(config, training, dataset)
    validation = None
    if "val" in dataset.images:
        validation = config.encoder.batch(dataset.images["val"]), targets(dataset.labels["val"])
    best = BestWeights(training.patience, latest=validation is None)
    plateau = _plateau(training, "loss" if validation is None else "val_loss")
    epochs = training.epochs if only is None else only
    saving = [] if checkpoint is None else [Checkpoint(checkpoint, best, plateau)]
    done, history = saving[0].restore(trained) if saving else (0, {})
    batches.epoch = done
    started = time.perf_counter()
    if done < epochs and not _exhausted(best, done, training):
        averaged, back = swapping(training)
        watching = [
            keras.callbacks.TerminateOnNaN(), _Rates(), *plateau, *averaged, best, *callbacks, *back, *saving,
        ]  # fmt: skip
        with tensorflow_cpu.reused_memory():
            further = trained.fit(
                batches,
                validation_data=validation,
                validation_batch_size=1024,
                initial_epoch=done,
                epochs=epochs,
                shuffle=False,  # the batches do it, by seed and epoch; Keras would shuffle their order again
                verbose=0,
                callbacks=watching,
            ).history
        for name, values in further.items():
            history[name] = [*history.get(name, [])[:done], *map(float, values)]
    seconds = time.perf_counter() - started
    if best.weights is None:
        raise InputError(
            "The loss was not a number from the first epoch on: lower the learning rate or clip the gradient."
        )
    model = build(config, dtype=_dtype(training))
    model.set_weights(best.weights)
    return Fit(model, history, best.epoch, seconds)


def _dtype(training: TrainingConfig) -> str:
    return "mixed_float16" if training.mixed_precision else "float32"


def _prepared(
    config: ModelConfig, training: TrainingConfig, dataset: Dataset
) -> tuple[keras.Model, Batches]:
    """What is trained, compiled, and what on."""
    images, labels = dataset.images["train"], dataset.labels["train"]
    weights = balancing_weights(labels, len(config.classes)) if training.balanced else None
    multi_label = config.task == "multi-label"
    records = isinstance(config.encoder, EventEncoder)  # each batch has a length of its own
    faster = not records and tensorflow_cpu.fits(config, training)
    together = 1 if records else in_a_row(len(images), training.batch_size, config.encoder)
    batches = (RecordBatches if records else Batches)(
        images,
        labels,
        config.encoder,
        batch_size=training.batch_size,
        augmentation=training.augmentation if config.encoder.changeable else None,
        class_weights=None if multi_label else weights,
        seed=training.seed,
        in_a_row=together if faster else 1,
    )
    if isinstance(batches, RecordBatches):
        batches.thinned(training.thinning)
    if faster:
        trained = tensorflow_cpu.model(config, training.batch_size)
    elif records:
        trained = replicated(config, training.replication, dtype=_dtype(training))
    else:
        trained = build(config, dtype=_dtype(training))
    trained.compile(
        optimizer=optimizer(training, steps=batches.batches),
        loss=head_ops.loss(config.task, weights if multi_label else None),
        metrics=metrics(config.task, len(config.classes)),
        steps_per_execution=1 if faster else together,
    )
    return trained, batches


class _Rates(keras.callbacks.Callback):
    """Adds to what is known of an epoch: the gradient's norm at its last step, and the learning rate."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if logs is not None:
            logs["gradient_norm"] = gradient_norm(self.model.optimizer)
            logs["learning_rate"] = learning_rate(self.model.optimizer)


def _plateau(training: TrainingConfig, watched: str) -> list[keras.callbacks.Callback]:
    if training.schedule != "plateau":
        return []
    patience = max(1, training.patience // 3)
    return [keras.callbacks.ReduceLROnPlateau(watched, factor=0.3, patience=patience)]


def _exhausted(best: BestWeights, done: int, training: TrainingConfig) -> bool:
    """Whether a training that is taken up again had already stopped for want of a better epoch."""
    return bool(training.patience) and done - best.epoch >= training.patience
