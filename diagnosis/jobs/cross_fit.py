"""Cross-fitting: held-out logits of all training and validation cases, and one model that learned from all.

Each case is predicted by a model that saw neither it nor its patient (or its group of near copies).
Calibration, operating point and limits are fitted to such predictions: those of a validation split of the
same patients as the training split are too good. The final model is another one, trained on everything; that
its logits are distributed like those of the folds' models is assumed, as in scikit-learn's
``CalibratedClassifierCV(ensemble=False)``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from diagnosis.core.errors import InputError
from diagnosis.datasets import Dataset
from diagnosis.datasets.folds import fold_numbers, held_out, joined
from diagnosis.evaluation.calibration import (
    calibrate,
    negative_log_likelihood,
    prevalence_weights,
)
from diagnosis.models.build import build_to_read
from diagnosis.models.config import ModelConfig
from diagnosis.training.config import TrainingConfig
from diagnosis.training.fit import Fit, fit

FOLD_SEED = 1  # of the folds: the same for all seeds of a training, so that these can be compared
HELD, DONE = "held.npy", "done"


@dataclass(frozen=True, eq=False)
class CrossFitted:
    """What the folds found, for the cases of training and validation split in that order."""

    folds: np.ndarray  # int (n,), of each case
    logits: np.ndarray  # float32 (n, logits), held out, at the best epoch
    losses: np.ndarray  # float64 (epochs,), held out, calibrated, at the stated prevalence
    epochs: int  # the best one, counted from 1
    seconds: float  # of the folds that were trained now


def cross_fit(
    config: ModelConfig,
    training: TrainingConfig,
    dataset: Dataset,
    *,
    callbacks: Callable[[int], Sequence[keras.callbacks.Callback]] = lambda number: (),
    checkpoint: Path | None = None,
) -> CrossFitted:
    """Train a model for each fold of training and validation split, for all epochs.

    Args:
        config: what to train.
        training: how, with the number of folds; its patience does not count.
        dataset: its test split is not touched.
        callbacks: for the model of a fold, by its number from 0.
        checkpoint: folder in which a fold's state is kept; a fold that is done is not trained again.

    Raises:
        InputError: there are too few patients or cases, the loss became NaN, or a fold was stopped.
    """
    whole_schedule = training.changed(patience=0)
    folds = fold_numbers(dataset, training.folds, FOLD_SEED)
    labels = joined(dataset.labels)
    found, seconds = [], 0.0
    for number in range(training.folds):
        folder = None if checkpoint is None else checkpoint / f"fold-{number + 1}"
        if folder is not None and (folder / DONE).exists():
            found.append(np.load(folder / HELD))
            continue
        part = held_out(dataset, training.folds, number, FOLD_SEED)
        held = _HeldOut(config, part.images["val"], training.epochs, folder)
        fitted = fit(
            config,
            whole_schedule,
            part,
            callbacks=[held, *callbacks(number)],
            checkpoint=folder,
        )
        seconds += fitted.seconds
        if len(fitted.history["loss"]) < training.epochs:
            raise InputError(
                f"Fold {number + 1} of {training.folds} ended before its last epoch: it was stopped, or its "
                "loss was no number. No version was saved."
            )
        found.append(held.logits)
        if folder is not None:
            (folder / DONE).touch()
        keras.utils.clear_session(free_memory=True)
    logits = np.empty((training.epochs, len(labels), found[0].shape[2]), np.float32)
    for number, each in enumerate(found):
        logits[:, folds == number] = each
    losses = np.array([_calibrated_loss(config, training, each, labels) for each in logits])
    best = int(losses.argmin())
    return CrossFitted(folds, logits[best], losses, best + 1, seconds)


def fit_on_all(
    config: ModelConfig,
    training: TrainingConfig,
    dataset: Dataset,
    crossed: CrossFitted,
    *,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    checkpoint: Path | None = None,
) -> Fit:
    """The model that is saved: of training and validation split, for as many epochs as the folds found best.

    Its history has, as ``val_loss``, the held-out loss of the folds.
    """
    everything = replace(
        dataset,
        images={"train": joined(dataset.images)},
        labels={"train": joined(dataset.labels)},
        patients=None,
    )
    fitted = fit(
        config,
        training.changed(patience=0),
        everything,
        callbacks=callbacks,
        checkpoint=checkpoint,
        only=crossed.epochs,
    )
    history = fitted.history | {"val_loss": crossed.losses[: len(fitted.history["loss"])].tolist()}
    return replace(fitted, history=history, seconds=fitted.seconds + crossed.seconds)


def _calibrated_loss(
    config: ModelConfig, training: TrainingConfig, logits: np.ndarray, labels: np.ndarray
) -> float:
    """What is left once the logits are calibrated: before, an epoch is judged by a shift that goes away."""
    weights = None
    if config.finding is not None:
        weights = prevalence_weights(labels == config.finding, training.prevalence)
    calibration = calibrate(logits, labels, config.task, weights=weights)
    return negative_log_likelihood(calibration(logits), labels, config.task, weights)


class _HeldOut(keras.callbacks.Callback):
    """The logits of the held-out cases after each epoch."""

    def __init__(
        self, config: ModelConfig, images: np.ndarray, epochs: int, folder: Path | None
    ) -> None:
        super().__init__()
        self._plain = build_to_read(config)
        self._sequences = config.encoder.batch(images)
        self._folder = folder
        width = self._plain.output_shape[-1]
        self.logits = np.full((epochs, len(images), width), np.nan, np.float32)
        if folder is not None and (folder / HELD).exists():
            self.logits = np.load(folder / HELD)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Predict with what is trained: in float32, and never compiled for training."""
        self._plain.set_weights(self.model.get_weights())
        self.logits[epoch] = self._plain.predict(self._sequences, batch_size=1024, verbose=0)
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            np.save(self._folder / HELD, self.logits)
