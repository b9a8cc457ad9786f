"""Train, calibrate, measure and save one model version."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from diagnosis.core.access import require_write
from diagnosis.core.errors import InputError
from diagnosis.datasets import Dataset
from diagnosis.datasets.folds import joined
from diagnosis.datasets.measurable import check_measurable
from diagnosis.evaluation.calibration import Calibration, calibrate, prevalence_weights
from diagnosis.evaluation.operating import operating_point
from diagnosis.inference.split_predictions import Predictions, predictions, to_arrays
from diagnosis.jobs.card_contents import card_contents
from diagnosis.jobs.cross_fit import CrossFitted, cross_fit, fit_on_all
from diagnosis.jobs.locks import FITTED
from diagnosis.jobs.ood_fit import fit_ood
from diagnosis.models import heads, store
from diagnosis.models.build import build_to_read
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import OOD, PREDICTIONS, Version
from diagnosis.training.config import TrainingConfig
from diagnosis.training.fit import Fit, fit


def train_version(
    config: ModelConfig,
    training: TrainingConfig,
    dataset: Dataset,
    *,
    root: Any = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    fold_callbacks: Callable[[int], Sequence[keras.callbacks.Callback]] = lambda number: (),
    checkpoint: Path | None = None,
    before_save: Callable[[], None] = lambda: None,
) -> Version:
    """Train a model, measure it, and save it as a version named ``data set/variant``.

    Calibration, threshold and the limits of abstention and of the out-of-distribution check are fitted to
    held-out predictions: of the validation split, which stops the training then, or with ``training.folds``
    to those of `jobs.cross_fit`. The test split is only measured.

    Args:
        config: what to train.
        training: how.
        dataset: on what.
        root: folder of the versions; the user's own by default.
        callbacks: passed on to the fit; with folds to the last one.
        fold_callbacks: passed on to the fit of each fold, by its number from 0.
        checkpoint: passed on to the fit; if it holds a fit whose measuring did not come to its end, that is
            measured, and nothing is trained.
        before_save: called when all is measured and nothing is saved yet; what it raises ends it there.

    Raises:
        InputError: what ``fit`` and ``check_measurable`` raise, or the model predicts one class only.
    """
    require_write("train")
    if not config.encoder.changeable:
        training = training.changed(augmentation=None)
    for split in ("val", "test"):
        check_measurable(dataset, split)
    crossed = None
    if training.folds > 1:
        crossed = cross_fit(
            config, training, dataset, callbacks=fold_callbacks, checkpoint=checkpoint
        )

    def fitted_now() -> Fit:
        if crossed is None:
            return fit(config, training, dataset, callbacks=callbacks, checkpoint=checkpoint)
        return fit_on_all(
            config, training, dataset, crossed, callbacks=callbacks, checkpoint=checkpoint
        )

    def measured(fitted: Fit) -> Version:
        return _measured(
            config, training, dataset, fitted, crossed, root=root, before_save=before_save
        )

    if checkpoint is None:
        return measured(fitted_now())
    return _resumed(checkpoint / FITTED, config, fitted_now, measured)


def _resumed(
    place: Path,
    config: ModelConfig,
    fitted_now: Callable[[], Fit],
    measured: Callable[[Fit], Version],
) -> Version:
    """Measure the fit that lies at ``place``, or a new one, which lies there until it is measured."""
    fitted = Fit.written(place, config) or fitted_now()
    fitted.write(place)
    try:
        version = measured(fitted)
    except InputError:  # measured again it would end so, too
        place.unlink()
        raise
    place.unlink()
    return version


def _measured(
    config: ModelConfig,
    training: TrainingConfig,
    dataset: Dataset,
    fitted: Fit,
    crossed: CrossFitted | None,
    *,
    root: Any,
    before_save: Callable[[], None],
) -> Version:
    """Calibrate, measure and save what was fitted.

    Raises:
        InputError: it predicts one class only.
    """
    # What is measured is what is saved: in float32, and never compiled, so that the file is without the
    # optimizer's state, and equal weights give equal bytes: the same seed gives the same version.
    plain = build_to_read(config)
    plain.set_weights(fitted.model.get_weights())
    logits = {"test": split_logits(plain, config, dataset, "test")}
    if crossed is None:
        logits["val"] = split_logits(plain, config, dataset, "val")
        held_logits, held_labels = logits["val"], dataset.labels["val"]
    else:
        held_logits, held_labels = crossed.logits, joined(dataset.labels)
        logits["train"], logits["val"] = np.split(held_logits, [len(dataset.labels["train"])])
    calibration, threshold = decision_rule(config, held_logits, held_labels, _prevalence(training))
    found = {
        split: predictions(each, dataset.labels[split], config, calibration, threshold)
        for split, each in logits.items()
    }
    held = predictions(held_logits, held_labels, config, calibration, threshold)
    _check_not_collapsed(held)
    detector = fit_ood(config, dataset, folds=None if crossed is None else crossed.folds)
    card = card_contents(
        config, training, dataset, fitted, calibration=calibration, found=found, held=held,
        detector=detector,
    )  # fmt: skip
    before_save()
    return store.save(
        f"{dataset.facts.name}/{config.variant}",
        config,
        plain,
        card,
        arrays={OOD: detector.arrays, PREDICTIONS: to_arrays(logits, dataset.labels)},
        root=root,
    )


def decision_rule(
    config: ModelConfig, logits: np.ndarray, labels: np.ndarray, prevalence: float | None
) -> tuple[Calibration, float | None]:
    """Calibration and threshold from held-out cases.

    Args:
        config: of the model.
        logits: of cases that what predicted them had not learned from, ``(n, logits)``.
        labels: theirs.
        prevalence: that is stated; None for that of the cases, with Youden's point. It counts for a finding.
    """
    if config.finding is None:
        return calibrate(logits, labels, config.task), None
    truth = labels == config.finding
    if prevalence is not None:
        weights = prevalence_weights(truth, prevalence)
        return calibrate(logits, labels, config.task, weights=weights), prevalence
    calibration = calibrate(logits, labels, config.task)
    of_finding = heads.probabilities(calibration(logits), "binary")[:, config.finding]
    return calibration, operating_point(of_finding, truth)


def _prevalence(training: TrainingConfig) -> float | None:
    return training.prevalence if training.folds > 1 else None


def _check_not_collapsed(val: Predictions) -> None:
    """See that the validation split has predictions of more than one class."""
    first = val.predicted[0]
    if val.config.task != "multi-label" and (val.predicted == first).all():
        raise InputError(
            f"It predicts {val.config.classes[first]!r} for every case, so no version was saved: "
            "give the other classes more cases, balance the classes, train for more epochs or choose "
            "another learning rate."
        )


def split_logits(model: Any, config: ModelConfig, dataset: Dataset, split: str) -> np.ndarray:
    """Logits ``(n, logits)`` of a whole split by a Keras model."""
    sequences = config.encoder.batch(dataset.images[split])
    return np.asarray(model.predict(sequences, batch_size=256, verbose=0))
