"""The out-of-distribution detector of a data set, and what it rejects of its test split."""

from dataclasses import replace

import numpy as np

from diagnosis.datasets import Dataset
from diagnosis.datasets.folds import joined
from diagnosis.evaluation.estimates import Estimate, proportion
from diagnosis.inference.out_of_distribution import CENTRES, OODDetector, sampled
from diagnosis.models.config import ModelConfig


def fit_ood(
    config: ModelConfig,
    dataset: Dataset,
    *,
    centres: int = CENTRES,
    folds: np.ndarray | None = None,
) -> OODDetector:
    """The out-of-distribution detector of a data set, for a model of ``config``.

    Args:
        config: of the model.
        dataset: whose training and validation split count.
        centres: at most.
        folds: of the cases of both, int ``(n,)``: distances are of each case to centres of the other folds,
            and the final centres of all (Vovk 2015, cross-conformal prediction). None: the centres are of the
            training split, the distances of the validation split.
    """

    def read(images: np.ndarray) -> np.ndarray:
        return config.encoder.summary(config.encoder.batch(images))

    images = dataset.images
    if folds is None:
        return OODDetector.fit(read(sampled(images["train"])), read(images["val"]), centres=centres)
    everything = joined(images)
    parts = [
        OODDetector.fit(
            read(sampled(everything[folds != number])),
            read(everything[folds == number]),
            centres=centres,
        ).distances
        for number in range(folds.max() + 1)
    ]
    final = OODDetector.fit(read(sampled(everything)), read(everything[:1]), centres=centres)
    return replace(final, distances=np.sort(np.concatenate(parts)))


def rejected_share(
    detector: OODDetector, config: ModelConfig, dataset: Dataset, split: str
) -> Estimate:
    """The share of a split that is rejected as out-of-distribution."""
    encoder = config.encoder
    found = detector(encoder.summary(encoder.batch(dataset.images[split])))
    return proportion(sum(ood.level == "red" for ood in found), len(found))
