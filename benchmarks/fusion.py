"""What a record adds to a picture, and what is left when one of them is missing.

    python -m benchmarks.fusion ham10000 FOLDER --seeds 1 2 3
    python -m benchmarks.fusion ham10000 FOLDER --table

Trains a model of the pictures alone, one of the records alone and a fusion model for each seed, and prints
the area under the ROC curve on the test split, mean and range over seeds, for all four patterns of what is
there. Every model is measured on the same test cases. With it stands the AUC of the pattern itself, as the
set has it: whether a record (a picture) is there may tell the label by itself. What is done is stored in
FOLDER, so that a run that was stopped goes on where it was.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from diagnosis.cli.result import table
from diagnosis.datasets import Dataset, load
from diagnosis.evaluation.auc import auc
from diagnosis.models.config import ModelConfig, config_for, learned_encoder
from diagnosis.records.examples import CODE
from diagnosis.records.studies import IMAGE, RECORD, SEEN
from diagnosis.sequences import Augmentation
from diagnosis.training.config import TrainingConfig

MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "image alone": ("gru", {"dropout": 0.2}),
    "record alone": ("embedding_gru", {"units": (32,), "dense": 0, "embedding": 16}),
    "fused": ("fusion_gru", {}),
}
PATTERNS = {
    "neither": (RECORD, IMAGE),
    "record": (IMAGE,),
    "image": (RECORD,),
    "both": (),
}  # left out


def main() -> None:
    """Train what is not there, then print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("dataset")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=28)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--table", action="store_true", help="train nothing")
    given = parser.parse_args()
    dataset = load(given.dataset, size=given.size)
    given.folder.mkdir(parents=True, exist_ok=True)
    for seed in () if given.table else given.seeds:
        for name in MODELS:
            path = given.folder / f"{name.replace(' ', '-')}-{seed}.npz"
            if not path.exists():
                scores = scored(dataset, name, seed, given.epochs, path.with_suffix(""))
                np.savez(path, **scores)
                print(
                    path.stem, {key: f"{_auc(dataset, each):.4f}" for key, each in scores.items()}
                )
    print(summary(dataset, given.folder))


def scored(
    dataset: Dataset, name: str, seed: int, epochs: int, checkpoint: Path
) -> dict[str, np.ndarray]:
    """Log odds of the finding on the test split, ``(n,)`` each, by pattern; one pattern of a single model."""
    from diagnosis.training.fit import fit

    variant, options = MODELS[name]
    config = config_for(
        variant, dataset.facts, size=dataset.size, encoder=learned_encoder(dataset), **options
    )
    recipe = TrainingConfig(
        epochs=epochs, seed=seed, augmentation=Augmentation(flip=dataset.facts.flip)
    )
    model = fit(config, recipe, dataset, checkpoint=checkpoint).model
    patterns = PATTERNS if config.fusion else {name.partition(" ")[0]: ()}
    return {
        pattern: np.asarray(
            model.predict(_left(config, dataset, left_out), batch_size=256, verbose=0)
        )[:, 0]
        for pattern, left_out in patterns.items()
    }


def _left(config: ModelConfig, dataset: Dataset, left_out: tuple[str, ...]) -> np.ndarray:
    sequences = config.encoder.batch(dataset.images["test"])
    for part in config.encoder.parts:
        if part.name in left_out:
            sequences[:, part.start : part.stop] = 0
    return sequences


def summary(dataset: Dataset, folder: Path) -> str:
    """The table of what is stored, and the AUC of the pattern itself."""
    rows = [("", *PATTERNS)]
    for name in MODELS:
        cells = [_cell(dataset, folder, name, pattern) for pattern in PATTERNS]
        if any(cells):
            rows.append((name, *cells))
    test = dataset.images["test"]
    truth = dataset.labels["test"] == dataset.facts.finding
    there = {"record": (test[RECORD][..., CODE] > 0).any(axis=1), "image": test[SEEN]}
    of = [
        f"{part} there in {np.mean(flags):.1%}: AUC {auc(truth, flags.astype(float)).estimate:.3f}"
        for part, flags in there.items()
    ]
    return f"{table(rows)}\n\nThe pattern itself: {'; '.join(of)}. n = {len(truth):,}."


def _cell(dataset: Dataset, folder: Path, name: str, pattern: str) -> str:
    found = []
    for path in sorted(folder.glob(f"{name.replace(' ', '-')}-*.npz")):
        with np.load(path) as scores:
            if pattern in scores:
                found.append(_auc(dataset, scores[pattern]))
    if not found:
        return ""
    return f"{np.mean(found):.4f} ({min(found):.3f}-{max(found):.3f}, {len(found)})"


def _auc(dataset: Dataset, scores: np.ndarray) -> float:
    return auc(dataset.labels["test"] == dataset.facts.finding, scores).estimate


if __name__ == "__main__":
    main()
