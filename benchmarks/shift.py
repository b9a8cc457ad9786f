"""How far an augmentation carries beyond the series that it was trained on. No test split is looked at.

    python -m benchmarks.shift pneumoniamnist lstm --seeds 1 2

PneumoniaMNIST's normals come from two series (``normal1``, ``normal2``), its pneumonias are bacterial or
viral. A model learns from one series of each class and is measured on the other one, in all four pairings:
cases that differ from the training cases as those of another folder would. They are measured as they are and,
as another department might have made them, with another exposure, cropped, and blurred. Brier score and log
loss are of probabilities at a prevalence of one half, calibrated on held-out patients of the training series.
"""

import argparse
from dataclasses import replace

import keras
import numpy as np
from scipy import ndimage
from sklearn.metrics import log_loss, roc_auc_score

from benchmarks.calibration import AUGMENTATIONS
from diagnosis.datasets import Dataset, load
from diagnosis.datasets.folds import fold_numbers, joined
from diagnosis.datasets.groups import groups
from diagnosis.evaluation.calibration import prevalence_weights
from diagnosis.inference.split_predictions import predictions
from diagnosis.jobs.experiment import decision_rule, split_logits
from diagnosis.models.config import config_for
from diagnosis.models.variants import VARIANTS
from diagnosis.training.config import TrainingConfig
from diagnosis.training.fit import fit

DIRECTIONS = (
    (("normal1", "bacteria"), ("normal2", "virus")),
    (("normal2", "bacteria"), ("normal1", "virus")),
)
HELD = 4  # a fourth of the training series' patients calibrates


def main() -> None:
    """Print a row for each augmentation and each kind of picture: means over directions and seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", choices=("pneumoniamnist",))
    parser.add_argument("variant", choices=list(VARIANTS))
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    arguments = parser.parse_args()
    dataset = load(arguments.dataset)
    print(
        "| augmentation | pictures | AUC | Brier | log loss |\n| --- | --- | ---: | ---: | ---: |"
    )
    for name, augmentation in AUGMENTATIONS.items():
        found: dict[str, list[tuple[float, ...]]] = {}
        for pair in DIRECTIONS:
            for learned, other in (pair, pair[::-1]):
                part = _apart(dataset, learned, other)
                config = config_for(arguments.variant, part.facts, size=part.size)
                for seed in arguments.seeds:
                    recipe = TrainingConfig(
                        epochs=arguments.epochs, patience=0, augmentation=augmentation, seed=seed
                    )
                    model = fit(config, recipe, part).model
                    held = split_logits(model, config, part, "val"), part.labels["val"]
                    calibration, threshold = decision_rule(config, *held, 0.5)
                    for kind, images in altered(part.images["test"]).items():
                        of = replace(part, images={"test": images})
                        logits = split_logits(model, config, of, "test")
                        seen = predictions(
                            logits, part.labels["test"], config, calibration, threshold
                        )
                        found.setdefault(kind, []).append(
                            _figures(seen.probabilities[:, 1], seen.truth(1))
                        )
                    keras.utils.clear_session(free_memory=True)
        for kind, values in found.items():
            auc, brier, loss = np.mean(values, axis=0)
            print(f"| {name} | {kind} | {auc:.3f} | {brier:.3f} | {loss:.3f} |", flush=True)


def _apart(dataset: Dataset, learned: tuple[str, ...], other: tuple[str, ...]) -> Dataset:
    """Train and val of some series, split by patient; as test split the others."""
    known = groups(dataset.facts.name)
    assert known is not None and dataset.patients is not None
    images, labels, patients = (
        joined(each) for each in (dataset.images, dataset.labels, dataset.patients)
    )
    series = known.series_of(images)
    inside, beyond = np.isin(series, learned), np.isin(series, other)
    part = replace(
        dataset,
        images={"train": images[inside], "val": images[:0]},
        labels={"train": labels[inside], "val": labels[:0]},
        patients={"train": patients[inside], "val": patients[:0]},
    )
    held = fold_numbers(part, HELD, seed=1) == 0
    parts = {"train": np.flatnonzero(inside)[~held], "val": np.flatnonzero(inside)[held]}
    parts["test"] = np.flatnonzero(beyond)
    return replace(
        dataset,
        images={split: images[chosen] for split, chosen in parts.items()},
        labels={split: labels[chosen] for split, chosen in parts.items()},
        patients=None,
    )


def altered(images: np.ndarray) -> dict[str, np.ndarray]:
    """The same pictures as they are, and as other departments might have made them; uint8 ``(n, 28, 28)``."""
    grey = images / np.float32(255)
    cropped = ndimage.zoom(images[:, 2:-2, 2:-2], (1, 28 / 24, 28 / 24), order=1)
    blurred = ndimage.gaussian_filter(images.astype(np.float32), (0, 0.8, 0.8))
    kinds = {
        "as they are": images,
        "brighter exposure": 255 * grey**0.7,
        "darker exposure": 255 * grey**1.4,
        "cropped by a seventh": cropped,
        "blurred": blurred,
    }
    return {kind: np.clip(np.round(each), 0, 255).astype(np.uint8) for kind, each in kinds.items()}


def _figures(stated: np.ndarray, truth: np.ndarray) -> tuple[float, float, float]:
    weights = prevalence_weights(truth, 0.5)
    return (
        float(roc_auc_score(truth, stated)),
        float(np.average((stated - truth) ** 2, weights=weights)),
        float(log_loss(truth, np.clip(stated, 1e-6, 1 - 1e-6), sample_weight=weights)),
    )


if __name__ == "__main__":
    main()
