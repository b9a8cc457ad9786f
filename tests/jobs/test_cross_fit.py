"""A version calibrated on cross-fitted predictions: what is held out, what its card says, how it goes on."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from diagnosis.core.errors import InputError
from diagnosis.datasets import Dataset, load
from diagnosis.datasets.folds import fold_numbers, joined
from diagnosis.inference.probability_basis import known_prevalence, probability_basis
from diagnosis.inference.split_predictions import predict, stored
from diagnosis.jobs.cross_fit import HELD, cross_fit
from diagnosis.jobs.experiment import train_version
from diagnosis.models.config import ModelConfig, config_for
from diagnosis.models.forward import Forward
from diagnosis.models.store import PREDICTIONS, Version
from diagnosis.text.probability import basis_sentence, fitted_on
from diagnosis.training.config import TrainingConfig

RECIPE = TrainingConfig(
    epochs=2, batch_size=64, augmentation=None, folds=2, prevalence=0.2, learning_rate=0.01
)


def _few() -> Dataset:
    """Phantoms, three in a row of one patient; a test case shares one with the training split."""
    whole = load("phantoms")
    counts = {"train": 180, "val": 60, "test": 90}
    first = {"train": 0, "val": 60, "test": 100}
    patients = {
        split: first[split] + np.arange(counts[split], dtype=np.int64) // 3 for split in counts
    }
    patients["test"][0] = 0
    return replace(
        whole,
        images={split: whole.images[split][:n] for split, n in counts.items()},
        labels={split: whole.labels[split][:n] for split, n in counts.items()},
        patients=patients,
    )


def _config(dataset: Dataset) -> ModelConfig:
    return config_for("simple_rnn", dataset.facts, size=dataset.size, units=(8,))


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    data = _few()
    return train_version(_config(data), RECIPE, data, root=tmp_path_factory.mktemp("models"))


def test_a_patient_is_in_one_fold_as_a_whole() -> None:
    data = _few()
    assert data.patients is not None
    folds, patients = fold_numbers(data, 2, seed=1), joined(data.patients)
    assert all(len(set(folds[patients == patient])) == 1 for patient in np.unique(patients))


def test_the_card_says_what_everything_was_fitted_to(version: Version) -> None:
    card = version.card
    assert card.cross_fit is not None
    assert (card.cross_fit.folds, card.cross_fit.n, card.cross_fit.groups) == (2, 240, 80)
    assert card.threshold == known_prevalence(version) == 0.2
    assert card.abstention is not None and card.abstention.val.n == 240
    assert card.ood is not None and card.ood.validation == 240
    assert card.training.epochs_run == card.training.best_epoch <= 2
    assert len(card.training.history["val_loss"]) == card.training.epochs_run
    assert card.metrics.test_apart is not None and card.metrics.test_apart.n == 89
    basis = probability_basis(version)
    assert basis.folds == 2 and "20 %" in basis_sentence(basis) and "20 %" in fitted_on(card)
    assert type(basis).from_json(basis.to_json()) == basis or np.isnan(basis.error)


def test_the_calibrated_probabilities_have_the_stated_prevalence(version: Version) -> None:
    held = [stored(version, split) for split in ("train", "val")]
    truth = np.concatenate([each.truth(1) for each in held if each])
    probability = np.concatenate([each.probabilities[:, 1] for each in held if each])
    weights = np.where(truth, 0.2 / truth.mean(), 0.8 / (1 - truth.mean()))
    assert np.average(probability, weights=weights) == pytest.approx(0.2, abs=0.01)


def test_what_it_learned_from_is_never_measured_with_it(version: Version) -> None:
    held = predict(Forward(version), _few(), "val")
    kept = stored(version, "val")
    assert kept is not None
    np.testing.assert_array_equal(held.probabilities, kept.probabilities)


@pytest.mark.long
def test_it_goes_on_where_it_was_interrupted(version: Version, tmp_path: Path) -> None:
    data = _few()

    def broken(number: int) -> list[keras.callbacks.Callback]:
        if number == 1:
            raise KeyboardInterrupt
        return []

    with pytest.raises(KeyboardInterrupt):
        cross_fit(_config(data), RECIPE, data, callbacks=broken, checkpoint=tmp_path)
    before = np.load(tmp_path / "fold-1" / HELD)
    again = cross_fit(_config(data), RECIPE, data, checkpoint=tmp_path)
    np.testing.assert_array_equal(again.logits[again.folds == 0], before[again.epochs - 1])
    arrays = version.arrays(PREDICTIONS, "train_logits", "val_logits")
    assert arrays is not None
    np.testing.assert_allclose(again.logits, np.concatenate(arrays), atol=1e-4)


def test_too_few_patients_for_the_folds_are_refused() -> None:
    data = _few()
    one = {split: np.zeros(len(labels), np.int64) for split, labels in data.labels.items()}
    with pytest.raises(InputError):
        cross_fit(_config(data), RECIPE, replace(data, patients=one))
