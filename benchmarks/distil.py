"""What an LSTM learns from others that learned before it, instead of from the labels.

    python -m benchmarks.distil pneumoniamnist lstm --units 128

Distillation (Hinton, Vinyals & Dean, 2015, arXiv:1503.02531; with augmented pictures shown to teachers and
student alike: Beyer et al., CVPR 2022): CNNs and LSTMs are trained as shipped; the student gets the mean of
their predictions for each augmented picture as its target. On the folds of `benchmarks.recipes`, which hold
out whole groups: AUC and accuracy of each teacher, of their mean, and of the student.
``--test`` measures the same once on the data set's own splits instead; nothing may be chosen by that.
"""

import argparse
from collections.abc import Sequence

import keras
import numpy as np
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from benchmarks.recipes import BASE, FOLDS, fold_as_test, folds
from diagnosis.datasets import Dataset, load
from diagnosis.evaluation.calibration import calibrate
from diagnosis.evaluation.operating import operating_point
from diagnosis.inference.split_predictions import predictions
from diagnosis.jobs.experiment import split_logits
from diagnosis.models.build import build
from diagnosis.models.config import ModelConfig, config_for
from diagnosis.models.variants import VARIANTS
from diagnosis.training.batches import Batches
from diagnosis.training.checkpoint import BestWeights
from diagnosis.training.fit import fit
from diagnosis.training.optimizer import optimizer

Logits = dict[str, np.ndarray]


class Taught(keras.utils.PyDataset):
    """Batches whose targets are the teachers' mean prediction."""

    def __init__(self, batches: Batches, teachers: Sequence[keras.Model]) -> None:
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=8)
        self.batches, self.teachers = batches, teachers

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Sequences, and the probability of the second class, ``(b, 1)``."""
        sequences = self.batches[index][0]
        logits = [np.asarray(each(sequences, training=False)) for each in self.teachers]
        return sequences, expit(np.mean(logits, axis=0))

    def on_epoch_end(self) -> None:
        """Shuffle anew."""
        self.batches.on_epoch_end()


def taught(
    config: ModelConfig, dataset: Dataset, teachers: Sequence[keras.Model], seed: int
) -> keras.Model:
    """A student: as shipped, but for its targets, and for weights of classes: the teachers had them.

    Validation labels choose its epoch.
    """
    from diagnosis.training.batches import targets

    keras.utils.set_random_seed(seed)
    batches = Batches(
        dataset.images["train"], dataset.labels["train"], config.encoder, class_weights=None,
        batch_size=BASE.batch_size, augmentation=BASE.augmentation, seed=seed,
    )  # fmt: skip
    student = build(config)
    student.compile(
        optimizer=optimizer(BASE.changed(seed=seed), steps=batches.batches),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
    )
    best = BestWeights(0)
    validation = config.encoder.batch(dataset.images["val"])
    student.fit(
        Taught(batches, teachers), validation_data=(validation, targets(dataset.labels["val"])),
        epochs=BASE.epochs, shuffle=False, verbose=0, callbacks=[best],
    )  # fmt: skip
    student.set_weights(best.weights)
    return student


def logits(model: keras.Model, config: ModelConfig, dataset: Dataset) -> Logits:
    """Of validation and test split."""
    return {split: split_logits(model, config, dataset, split) for split in ("val", "test")}


def scores(found: Sequence[Logits], config: ModelConfig, dataset: Dataset) -> tuple[float, float]:
    """AUC and accuracy of the mean logits on the test split; the validation split calibrates them."""
    mean = {split: np.mean([each[split] for each in found], axis=0) for split in ("val", "test")}
    calibration = calibrate(mean["val"], dataset.labels["val"], "binary")
    assert config.finding is not None
    val, test = (
        predictions(mean[split], dataset.labels[split], config, calibration, 0.5)
        for split in ("val", "test")
    )
    threshold = operating_point(val.probabilities[:, config.finding], val.truth(config.finding))
    truth = test.truth(config.finding)
    area = roc_auc_score(truth, test.probabilities[:, config.finding])
    return float(area), float(1 - test.at(threshold).wrong.mean())


def main() -> None:
    """Print a line for each teacher, their mean, and each student, of every fold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", help="a binary one")
    parser.add_argument("variant", choices=list(VARIANTS))
    parser.add_argument("--units", type=int, nargs="+", help="the variant's by default")
    parser.add_argument("--seeds", type=int, nargs="+", default=[7], help="of the students")
    parser.add_argument("--groups", type=int, default=8, help="of similar pictures")
    parser.add_argument("--test", action="store_true", help="on the data set's own splits, once")
    arguments = parser.parse_args()
    dataset = load(arguments.dataset)
    units = tuple(arguments.units) if arguments.units else None
    config = config_for(arguments.variant, dataset.facts, size=dataset.size, units=units)
    cnn = config_for("cnn", dataset.facts, size=dataset.size)
    if arguments.test:
        parts = {"test": dataset}
    else:
        held = folds(dataset, arguments.groups)
        parts = {f"fold {k}": fold_as_test(dataset, held == k, 1) for k in range(FOLDS)}
    for name, part in parts.items():
        teachers = [(kind, seed) for kind in (config, cnn) for seed in (1, 2)]
        models = [fit(kind, BASE.changed(seed=seed), part).model for kind, seed in teachers]
        found = [
            logits(model, kind, part) for model, (kind, _) in zip(models, teachers, strict=True)
        ]
        for (kind, seed), each in zip(teachers, found, strict=True):
            _line(name, f"{kind.variant}, seed {seed}", scores([each], kind, part))
        _line(name, "their mean", scores(found, config, part))
        for seed in arguments.seeds:
            student = taught(config, part, models, seed)
            _line(
                name, f"student, seed {seed}", scores([logits(student, config, part)], config, part)
            )


def _line(part: str, who: str, found: tuple[float, float]) -> None:
    print(f"{part:7} {who:16} AUC {found[0]:.4f}  accuracy {found[1]:.4f}", flush=True)


if __name__ == "__main__":
    main()
