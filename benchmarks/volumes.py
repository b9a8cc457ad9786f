"""Compare recipes for readers of volumes by cross-fitting. Test splits are not looked at.

    python -m benchmarks.volumes adrenalmnist3d
    python -m benchmarks.volumes adrenalmnist3d --recipes "gru, moved" --seeds 1 2 3

A validation split of 98 volumes cannot tell recipes apart, so training and validation split are cut into
folds, and each volume is predicted by a model that did not see it, at the epoch with the lowest calibrated
loss.
"""

import argparse
from typing import Any

import keras
import numpy as np
from sklearn.metrics import roc_auc_score

from diagnosis.datasets import load
from diagnosis.datasets.folds import joined
from diagnosis.jobs.cross_fit import cross_fit
from diagnosis.jobs.shipped import VOLUMES
from diagnosis.models.config import config_for
from diagnosis.sequences import Augmentation

FOLDS = 4
MIRRORED = Augmentation(shift=0, rotate=0, scale=0, flip=True, intensity=0, noise=0)
PLAIN = VOLUMES.changed(augmentation=None)

# name: variant, recipe, what differs from the variant's configuration
RECIPES: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "gru": ("gru", PLAIN, {}),
    "gru, dropout": ("gru", PLAIN, {"dropout": 0.3}),
    "gru, mirrored": ("gru", VOLUMES.changed(augmentation=MIRRORED), {"dropout": 0.3}),
    "gru, moved": ("gru", VOLUMES, {"dropout": 0.3}),
    "gru, not standardised": ("gru", VOLUMES, {"dropout": 0.3, "standardise": False}),
    "gru, along axis 2": ("gru", VOLUMES, {"dropout": 0.3, "axis": "2"}),
    "gru, along axis 3": ("gru", VOLUMES, {"dropout": 0.3, "axis": "3"}),
    "lstm": ("lstm", VOLUMES, {"dropout": 0.3}),
    "bidirectional": ("bidirectional_lstm", VOLUMES, {"dropout": 0.3}),
    "slice encoder": ("slice_gru", VOLUMES, {}),
    "slice encoder, plain": ("slice_gru", PLAIN, {}),
}


def main() -> None:
    """Print the held-out AUC of each recipe, one line a seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", help="a binary one of volumes")
    parser.add_argument("--recipes", nargs="+", choices=list(RECIPES), default=list(RECIPES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    arguments = parser.parse_args()
    dataset = load(arguments.dataset)
    truth = joined(dataset.labels).ravel() == dataset.facts.finding
    print(f"{'recipe':24} {'seed':>4} {'AUC':>6} {'loss':>6} {'epoch':>5} {'seconds':>7}")
    for name in arguments.recipes:
        variant, recipe, changes = RECIPES[name]
        config = config_for(variant, dataset.facts, size=dataset.size, **changes)
        for seed in arguments.seeds:
            found = cross_fit(config, recipe.changed(folds=FOLDS, seed=seed), dataset)
            auc = roc_auc_score(truth, found.logits.ravel())
            print(
                f"{name:24} {seed:4} {auc:6.3f} {np.min(found.losses):6.3f} {found.epochs:5} "
                f"{found.seconds:7.0f}",
                flush=True,
            )
            keras.utils.clear_session(free_memory=True)


if __name__ == "__main__":
    main()
