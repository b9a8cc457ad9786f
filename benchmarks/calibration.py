"""Calibration from the validation split and from cross-fitted predictions, before and after.

    python -m benchmarks.calibration train pneumoniamnist lstm strong --seeds 1 2 3 4 5 --folder FOLDER
    python -m benchmarks.calibration table pneumoniamnist lstm --folder FOLDER

``train`` makes the held-out and the test logits of one recipe and goes on where it was interrupted; ``table``
calibrates them in three ways and prints what the test split says of each, a mean over the seeds. Nothing is
chosen by it: augmentation by `benchmarks.shift`, epochs and calibration by the folds.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
from sklearn.metrics import roc_auc_score

from diagnosis.datasets import load
from diagnosis.datasets.folds import joined
from diagnosis.evaluation.operating import at_prevalence
from diagnosis.evaluation.reliability import calibration_curve, expected_calibration_error
from diagnosis.inference.split_predictions import predictions
from diagnosis.jobs.cross_fit import cross_fit, fit_on_all
from diagnosis.jobs.experiment import decision_rule, split_logits
from diagnosis.models import store
from diagnosis.models.config import ModelConfig, config_for
from diagnosis.models.variants import VARIANTS
from diagnosis.sequences import STRONG, Augmentation
from diagnosis.training.config import TrainingConfig

AUGMENTATIONS = {"moderate": Augmentation(), "strong": STRONG}
FIGURES = ("AUC", "accuracy", "Brier", "ECE", "worst tenth")
Held = tuple[np.ndarray, np.ndarray]  # logits (n, 1) and labels (n,)


def main() -> None:
    """Train, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("train", "table"))
    parser.add_argument("dataset", help="a binary one")
    parser.add_argument("variant", choices=list(VARIANTS))
    parser.add_argument("augmentation", nargs="?", choices=list(AUGMENTATIONS), default="strong")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    if arguments.action == "train":
        for seed in arguments.seeds:
            train(arguments, seed)
    else:
        table(arguments)


def train(arguments: argparse.Namespace, seed: int) -> None:
    """Make the logits of one seed, unless they are there."""
    name = f"{arguments.dataset}-{arguments.variant}-{arguments.augmentation}-{seed}"
    done = arguments.folder / f"{name}.npz"
    if done.exists():
        return
    dataset = load(arguments.dataset)
    config = config_for(arguments.variant, dataset.facts, size=dataset.size)
    augmentation = AUGMENTATIONS[arguments.augmentation]
    recipe = TrainingConfig(epochs=arguments.epochs, augmentation=augmentation, folds=5, seed=seed)
    scratch = arguments.folder / name
    crossed = cross_fit(config, recipe, dataset, checkpoint=scratch)
    model = fit_on_all(config, recipe, dataset, crossed, checkpoint=scratch).model
    np.savez(
        done,
        logits=crossed.logits, labels=joined(dataset.labels), losses=crossed.losses,
        test_logits=split_logits(model, config, dataset, "test"), test_labels=dataset.labels["test"],
    )  # fmt: skip
    keras.utils.clear_session(free_memory=True)
    print(f"{name}: {crossed.epochs} epochs, {crossed.seconds:.0f} s for the folds", flush=True)


def table(arguments: argparse.Namespace) -> None:
    """Print a row for each way to calibrate: mean and range over the seeds."""
    dataset = load(arguments.dataset)
    config = config_for(arguments.variant, dataset.facts, size=dataset.size)
    rows: dict[str, list[tuple[float, ...]]] = {}
    for held, test in _validated(config, f"{arguments.dataset}/{arguments.variant}"):
        rows.setdefault("moderate, validation split, its prevalence", []).append(
            figures(config, held, test, None)
        )
    for augmentation in AUGMENTATIONS:
        pattern = f"{arguments.dataset}-{arguments.variant}-{augmentation}-*.npz"
        for path in sorted(arguments.folder.glob(pattern)):
            with np.load(path) as arrays:
                held = arrays["logits"], arrays["labels"]
                test = arrays["test_logits"], arrays["test_labels"]
            own = float((held[1] == config.finding).mean())
            for words, prevalence in ((f"{own:.0%}, as in the folds", None), ("50 %", 0.5)):
                rows.setdefault(f"{augmentation}, cross-fitted, {words}", []).append(
                    figures(config, held, test, prevalence)
                )
            there = float((test[1] == config.finding).mean())
            rows.setdefault(
                f"{augmentation}, … shifted to the test split's {there:.1%}", []
            ).append(figures(config, held, test, 0.5, there=there))
    print("| fitted to | seeds | " + " | ".join(FIGURES) + " |")
    print("| --- | ---: |" + " ---: |" * len(FIGURES))
    for name, found in rows.items():
        values = np.array(found)
        shown = [
            f"{mean:.3f} ({low:.3f}–{high:.3f})"
            for mean, low, high in zip(values.mean(0), values.min(0), values.max(0), strict=True)
        ]
        print(f"| {name} | {len(found)} | " + " | ".join(shown) + " |")


def _validated(config: ModelConfig, model: str) -> Iterator[tuple[Held, Held]]:
    """Validation and test logits of the versions here that were calibrated on the validation split."""
    for version in store.versions(model):
        if version.config != config or version.card.cross_fit is not None:
            continue
        val, test = (
            version.arrays(store.PREDICTIONS, f"{split}_logits", f"{split}_labels")
            for split in ("val", "test")
        )
        if val and test:
            yield (val[0], val[1]), (test[0], test[1])


def figures(
    config: ModelConfig,
    held: Held,
    test: Held,
    prevalence: float | None,
    there: float | None = None,
) -> tuple[float, ...]:
    """`FIGURES` of the test split, calibrated and decided as ``held`` says at a prevalence."""
    calibration, threshold = decision_rule(config, *held, prevalence)
    found = predictions(*test, config, calibration, threshold)
    assert config.finding is not None
    stated, truth = found.probabilities[:, config.finding], found.truth(config.finding)
    if there is not None and prevalence is not None:
        stated = at_prevalence(stated, known=prevalence, prevalence=there)
    bins = calibration_curve(truth, stated)
    return (
        float(roc_auc_score(truth, stated)),
        float(1 - found.wrong.mean()),
        float(((stated - truth) ** 2).mean()),
        expected_calibration_error(truth, stated),
        max(abs(each.observed.estimate - each.predicted) for each in bins),
    )


if __name__ == "__main__":
    main()
