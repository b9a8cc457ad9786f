"""What the reader of kinds of scans makes of kinds it has never seen: some are left out of its training.

    python -m benchmarks.kinds                                     # three trainings, each without some kinds
    python -m benchmarks.kinds --without "X-ray of a hand"

For each kind left out, given to a model of chest films: the share that the reader rejects, the share that
distance and detail reject, and what is left with a prediction, neither rejected nor unusual for any of them.
The reader's limits are of its validation split, since nothing is cross-fitted here.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from diagnosis.datasets import Dataset, load
from diagnosis.inference.conformal import UNUSUAL
from diagnosis.inference.interpreter import detail_limit, ood_detector
from diagnosis.inference.scan_kind import REJECTED_KIND, log_odds
from diagnosis.jobs.shipped import KINDS
from diagnosis.models import heads, store
from diagnosis.models.config import config_for
from diagnosis.training.fit import fit

CHEST = "pneumoniamnist/lstm"
OUT = (  # each kind once; what is no scan last, because the others are of scans
    ("X-ray of a hand", "CT of the chest", "outlined adrenal gland", "handwritten digit"),
    ("chest X-ray of an adult", "CT of the abdomen", "CT of the head", "blood cell", "phantom"),
    ("no scan", "turned, cut or negative", "MR of the breast", "breast ultrasound"),
)


def main() -> None:
    """Train and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without", nargs="+", help="kinds, for one training")
    parser.add_argument("--epochs", type=int, default=KINDS.epochs)
    arguments = parser.parse_args()
    dataset = load("scankinds")
    print(f"{'rejected by':34} {'n':>5} {'reader':>8} {'others':>8} {'prediction':>11}", flush=True)
    for without in [arguments.without] if arguments.without else OUT:
        _report(dataset, without, arguments.epochs)


def _report(dataset: Dataset, without: Sequence[str], epochs: int) -> None:
    classes = dataset.facts.classes
    left = [k for k, name in enumerate(classes) if name not in without]
    reduced = replace(
        dataset,
        facts=replace(dataset.facts, classes=tuple(classes[k] for k in left)),
        images={s: dataset.images[s][np.isin(each, left)] for s, each in dataset.labels.items()},
        labels={
            s: np.searchsorted(left, each[np.isin(each, left)])
            for s, each in dataset.labels.items()
        },
        patients=None,
    )
    config = config_for("lstm", reduced.facts, size=reduced.size)
    model = fit(config, KINDS.changed(epochs=epochs, folds=0, patience=0), reduced).model

    def odds(images: np.ndarray) -> np.ndarray:
        logits = model.predict(config.encoder.batch(images), batch_size=1024, verbose=0)
        found: np.ndarray = log_odds(heads.probabilities(logits, "multi-class"))[:, 0]
        return found

    own = odds(reduced.images["val"][reduced.labels["val"] == 0])
    rejects, warns = np.quantile(own, REJECTED_KIND), np.quantile(own, UNUSUAL)
    chest = store.find(CHEST)
    detector, limit = ood_detector(chest), detail_limit(chest)
    assert detector is not None and limit is not None
    for name in (classes[0], *without):
        images = dataset.images["test"][dataset.labels["test"] == classes.index(name)]
        found = odds(images)
        levels = [
            {ood.level, limit(image).level}
            for ood, image in zip(detector(chest.config.encoder.batch(images)), images, strict=True)
        ]
        others, amber = (np.array([level in each for each in levels]) for level in ("red", "amber"))
        predicted = (found > warns) & ~others & ~amber
        shares = (f"{share.mean():.1%}" for share in (found <= rejects, others, predicted))
        print("{:34} {:5} {:>8} {:>8} {:>11}".format(name, len(images), *shares), flush=True)


if __name__ == "__main__":
    main()
