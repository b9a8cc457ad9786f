"""Whether a split has what figures need: cases of every class."""

import numpy as np

from diagnosis.core.errors import InputError
from diagnosis.datasets.dataset import Dataset


def check_measurable(dataset: Dataset, split: str) -> None:
    """See that no figure of a split is undefined: it has cases of every class.

    Raises:
        InputError: a class has none; or a label of a multi-label set is always, or never, present.
    """
    labels, classes = dataset.labels[split], dataset.facts.classes
    one_hot = labels if labels.ndim == 2 else np.eye(len(classes), dtype=int)[labels]
    counts = one_hot.sum(axis=0)  # (classes,)
    for name, count in zip(classes, counts, strict=True):
        if count in (0, len(labels)):
            lacks = "no case" if count == 0 else "only cases"
            raise InputError(
                f"The {split} split of {dataset.facts.title} has {lacks} of {name!r}, so a model "
                "cannot be measured on it: use a split with cases of every class."
            )
