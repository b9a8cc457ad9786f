"""What a training would seem to reach if its epoch and threshold were chosen on the test split.

    python -m benchmarks.hindsight pneumoniamnist lstm --units 128 --seeds 1 2 3

Nothing is kept and nothing is chosen by this: it says how much of a published figure such a choice can
explain. For each seed: AUC and accuracy on the test split of the epoch and threshold that the validation
split chose, and of those that the test split itself would have chosen.
"""

import argparse
from typing import Any

import keras
import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve

from benchmarks.recipes import BASE
from diagnosis.datasets import load
from diagnosis.evaluation.calibration import calibrate
from diagnosis.evaluation.operating import operating_point
from diagnosis.jobs.experiment import split_logits
from diagnosis.models import heads
from diagnosis.models.config import config_for
from diagnosis.models.variants import VARIANTS
from diagnosis.training.fit import fit


class Watched(keras.callbacks.Callback):
    """Keeps the logits of both splits, and the validation loss, after every epoch."""

    def __init__(self, config: Any, dataset: Any) -> None:
        super().__init__()
        self.config, self.dataset = config, dataset
        self.epochs: list[dict[str, Any]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Read both splits."""
        logits = {
            split: split_logits(self.model, self.config, self.dataset, split)
            for split in ("val", "test")
        }
        self.epochs.append({"loss": (logs or {})["val_loss"], **logits})


def main() -> None:
    """Print a line for each seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("variant", choices=list(VARIANTS))
    parser.add_argument("--units", type=int, nargs="+", help="the variant's by default")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    arguments = parser.parse_args()
    dataset = load(arguments.dataset)
    units = tuple(arguments.units) if arguments.units else None
    config = config_for(arguments.variant, dataset.facts, size=dataset.size, units=units)
    truth = dataset.labels["test"] == config.finding
    print("AUC and accuracy on the test split; epoch and threshold chosen by")
    print(f"{'seed':>4}   {'validation':>22}   {'the test split itself':>22}")
    for seed in arguments.seeds:
        watched = Watched(config, dataset)
        fit(config, BASE.changed(seed=seed), dataset, callbacks=[watched])
        best = min(range(len(watched.epochs)), key=lambda k: watched.epochs[k]["loss"])
        chosen = watched.epochs[best]
        calibration = calibrate(chosen["val"], dataset.labels["val"], "binary")
        of_val, of_test = (
            heads.probabilities(calibration(chosen[split]), "binary")[:, config.finding]
            for split in ("val", "test")
        )
        threshold = operating_point(of_val, dataset.labels["val"] == config.finding)
        honest = (roc_auc_score(truth, of_test), float(((of_test >= threshold) == truth).mean()))
        seen = [_seen(epoch["test"], config.finding, truth) for epoch in watched.epochs]
        auc, accuracy = max(seen)
        print(
            f"{seed:4}   epoch {best + 1:2}: {honest[0]:.3f} {honest[1]:.3f}"
            f"   epoch {seen.index((auc, accuracy)) + 1:2}: {auc:.3f} {accuracy:.3f}"
            f"   highest accuracy of any epoch {max(one[1] for one in seen):.3f}",
            flush=True,
        )


def _seen(logits: np.ndarray, finding: Any, truth: np.ndarray) -> tuple[float, float]:
    """AUC, and accuracy at the threshold at which it is highest."""
    scores = heads.probabilities(logits, "binary")[:, finding]
    false_positives, hits, _ = roc_curve(truth, scores)
    right = hits * truth.sum() + (1 - false_positives) * (~truth).sum()
    return float(roc_auc_score(truth, scores)), float(right.max() / len(truth))


if __name__ == "__main__":
    main()
