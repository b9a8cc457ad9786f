"""Calibration and threshold from groups of pictures held out of training, not from the validation split.

    python -m benchmarks.calibration pneumoniamnist lstm gru --seeds 1 2

A validation split of the same patients as the training split is too easy, and what is calibrated on it is
too sure elsewhere. Here the calibration and the threshold of a model come from training and validation
pictures that were held out in groups of similar ones, as `benchmarks.recipes` groups them: each picture is
predicted by one of five further models that saw none of its group (scikit-learn's
``CalibratedClassifierCV(ensemble=False)`` does the same with other folds). Printed are the figures of the
same weights on the test split, both ways; nothing may be chosen by them.
"""

import argparse

import numpy as np
from sklearn.metrics import roc_auc_score

from benchmarks.recipes import BASE, FOLDS, fold_as_test, folds
from diagnosis.datasets import Dataset, load
from diagnosis.evaluation.calibration import calibrate
from diagnosis.evaluation.operating import operating_point
from diagnosis.evaluation.reliability import expected_calibration_error
from diagnosis.inference.split_predictions import predictions
from diagnosis.jobs.experiment import split_logits
from diagnosis.jobs.shipped import RECIPE
from diagnosis.models.config import ModelConfig, config_for
from diagnosis.models.variants import VARIANTS
from diagnosis.training.config import TrainingConfig
from diagnosis.training.fit import fit

Held = tuple[np.ndarray, np.ndarray]  # logits (n, 1) and labels (n,)


def main() -> None:
    """Print a line for each model and each source of its calibration."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", help="a binary one")
    parser.add_argument("variants", nargs="+", choices=list(VARIANTS))
    parser.add_argument("--units", type=int, nargs="+", help="the variant's by default")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--groups", type=int, nargs="+", default=[8], help="of similar pictures")
    arguments = parser.parse_args()
    dataset = load(arguments.dataset)
    units = tuple(arguments.units) if arguments.units else None
    for variant in arguments.variants:
        config = config_for(variant, dataset.facts, size=dataset.size, units=units)
        for seed in arguments.seeds:
            recipe = (BASE if units == (128,) else RECIPE).changed(seed=seed)
            model = fit(config, recipe, dataset).model
            val, test = (
                (split_logits(model, config, dataset, split), dataset.labels[split])
                for split in ("val", "test")
            )
            sources = {"validation": val}
            for count in arguments.groups:
                sources[f"{count} groups"] = held_out(config, recipe, dataset, count)
            for name, source in sources.items():
                print(
                    f"{variant} {seed} {name:11} {compared(config, source, test)}",
                    flush=True,
                )


def held_out(config: ModelConfig, recipe: TrainingConfig, dataset: Dataset, count: int) -> Held:
    """Logits and labels of all training and validation pictures, by models that saw none of their group."""
    held = folds(dataset, count)
    found = []
    for number in range(FOLDS):
        part = fold_as_test(dataset, held == number, recipe.seed)
        model = fit(config, recipe, part).model
        found.append((split_logits(model, config, part, "test"), part.labels["test"]))
    logits, labels = zip(*found, strict=True)
    return np.concatenate(logits), np.concatenate(labels)


def compared(config: ModelConfig, source: Held, test: Held) -> str:
    """The figures of the test split, calibrated and called as ``source`` says."""
    calibration = calibrate(*source, "binary")
    finding = config.finding
    assert finding is not None
    known = predictions(*source, config, calibration, 0.5)
    threshold = operating_point(known.probabilities[:, finding], known.truth(finding))
    found = predictions(*test, config, calibration, threshold)
    stated, truth = found.probabilities[:, finding], found.truth(finding)
    return (
        f"AUC {roc_auc_score(truth, stated):.3f}  accuracy {1 - found.wrong.mean():.3f}  "
        f"Brier {((stated - truth) ** 2).mean():.3f}  "
        f"ECE {expected_calibration_error(truth, stated):.3f}  threshold {threshold:.2f}"
    )


if __name__ == "__main__":
    main()
