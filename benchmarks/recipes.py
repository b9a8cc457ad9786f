"""Compare training recipes on groups of pictures that were not trained on. Test splits are not looked at.

    python -m benchmarks.recipes pneumoniamnist lstm --units 128 --recipes "as shipped" plain

A data set's own validation pictures can be so much like its training pictures that every recipe is almost
perfect on them. Here training and validation split are put together, similar pictures are grouped (k-means of
their principal components), and whole groups are held out, a fifth of the pictures at a time. Each training
has a validation split of its own, drawn from the rest, which stops it, calibrates it and sets its threshold
as that of the data set would.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from diagnosis.datasets import Dataset, load
from diagnosis.datasets.folds import fold_numbers, joined
from diagnosis.jobs.experiment import train_version
from diagnosis.jobs.shipped import RECIPE
from diagnosis.models.config import ModelConfig, config_for
from diagnosis.models.variants import VARIANTS
from diagnosis.sequences import Augmentation
from diagnosis.training.config import TrainingConfig

FOLDS, GROUPS, VALIDATION = 5, 50, 0.1  # fewer groups: what is held out is less like the rest
BASE = RECIPE.changed(epochs=40, patience=0)  # of the LSTM of 128 units
GREYS = Augmentation(intensity=0.3, noise=0.05)
ALL = Augmentation(shift=0.07, rotate=7.0, scale=0.07, intensity=0.3, noise=0.05)
STRONGER = Augmentation(shift=0.07, rotate=7.0, scale=0.07, intensity=0.15, noise=0.02)

# name: what differs from BASE, and from the variant's configuration
RECIPES: dict[str, tuple[TrainingConfig, dict[str, Any]]] = {
    "as shipped": (BASE, {}),
    "plain": (BASE.changed(augmentation=None), {}),
    "stronger augmentation": (BASE.changed(augmentation=STRONGER), {}),
    "mirrored, too": (BASE.changed(augmentation=Augmentation(flip=True)), {}),
    "intensity 0.3": (BASE.changed(augmentation=Augmentation(intensity=0.3)), {}),
    "noise 0.05": (BASE.changed(augmentation=Augmentation(noise=0.05)), {}),
    "dropout 0.3": (BASE, {"dropout": 0.3}),
    "recurrent dropout 0.2": (BASE, {"recurrent_dropout": 0.2}),
    "weight decay 0.01": (BASE.changed(optimizer="adamw", weight_decay=0.01), {}),
    "weight decay 0.1": (BASE.changed(optimizer="adamw", weight_decay=0.1), {}),
    "batches of 32": (BASE.changed(batch_size=32), {}),
    "batches of 512": (BASE.changed(batch_size=512), {}),
    "rate 1e-3": (BASE.changed(learning_rate=1e-3), {}),
    "rate 5e-3": (BASE.changed(learning_rate=5e-3), {}),
    "not balanced": (BASE.changed(balanced=False), {}),
    "15 epochs": (BASE.changed(epochs=15), {}),
    "100 epochs": (BASE.changed(epochs=100), {}),
    "100, noise, intensity": (BASE.changed(epochs=100, augmentation=GREYS), {}),
    "100, noise, intensity, moved": (BASE.changed(epochs=100, augmentation=ALL), {}),
}


def main() -> None:
    """Print each recipe's means over the folds, and their ranges."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("variant", choices=list(VARIANTS))
    parser.add_argument("--units", type=int, nargs="+", help="the variant's by default")
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES), choices=list(RECIPES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--groups", type=int, default=GROUPS, help="of similar pictures")
    arguments = parser.parse_args()
    dataset = load(arguments.dataset)
    held = folds(dataset, arguments.groups)
    units = tuple(arguments.units) if arguments.units else None
    print(f"{'recipe':29} {'AUC':>6} {'range':>13} {'acc.':>6} {'range':>13} {'Brier':>6} {'s':>4}")
    for name in arguments.recipes:
        recipe, changes = RECIPES[name]
        config = config_for(
            arguments.variant, dataset.facts, size=dataset.size, units=units, **changes
        )
        found = [
            measured(config, recipe.changed(seed=seed), fold_as_test(dataset, held == number, seed))
            for seed in arguments.seeds
            for number in range(FOLDS)
        ]
        auc, accuracy, brier, seconds = (np.array(values) for values in zip(*found, strict=True))
        print(
            f"{name:29} {auc.mean():6.4f} {auc.min():6.4f}–{auc.max():6.4f} "
            f"{accuracy.mean():6.4f} {accuracy.min():6.4f}–{accuracy.max():6.4f} "
            f"{brier.mean():6.4f} {seconds.mean():4.0f}",
            flush=True,
        )


def folds(dataset: Dataset, count: int) -> np.ndarray:
    """The fold of each picture of training and validation split, int ``(n,)``: similar ones are in one."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA

    images = joined(dataset.images)
    rows = images.reshape(len(images), -1).astype(np.float32)
    rows = (rows - rows.mean(axis=1, keepdims=True)) / (rows.std(axis=1, keepdims=True) + 1e-6)
    components = PCA(30, random_state=1).fit_transform(rows)
    groups = KMeans(count, n_init=4, random_state=1).fit_predict(components)
    known = np.split(groups, [len(dataset.labels["train"])])
    patients = dict(zip(("train", "val"), known, strict=True))
    return fold_numbers(replace(dataset, patients=patients), FOLDS, seed=1)


def fold_as_test(dataset: Dataset, held: np.ndarray, seed: int) -> Dataset:
    """A data set whose test split is what is held out, and whose validation split is drawn from the rest."""
    from sklearn.model_selection import train_test_split

    images, labels = joined(dataset.images), joined(dataset.labels)
    train, val = train_test_split(
        np.flatnonzero(~held), test_size=VALIDATION, stratify=labels[~held], random_state=seed
    )
    parts = {"train": train, "val": val, "test": np.flatnonzero(held)}
    return replace(
        dataset,
        images={split: images[chosen] for split, chosen in parts.items()},
        labels={split: labels[chosen] for split, chosen in parts.items()},
        patients=None,
    )


def measured(
    config: ModelConfig, recipe: TrainingConfig, dataset: Dataset
) -> tuple[float, float, float, float]:
    """AUC, accuracy and Brier score on what was held out, and the seconds of training."""
    import keras

    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        card = train_version(config, recipe, dataset, root=Path(folder)).card
    keras.utils.clear_session(free_memory=True)
    figures = card.metrics.test.estimates
    auc, accuracy, brier = (figures[name].estimate for name in ("auc", "accuracy", "brier"))
    return auc, accuracy, brier, time.perf_counter() - started


if __name__ == "__main__":
    main()
