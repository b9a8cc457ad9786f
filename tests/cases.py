"""Cases to read: a picture as if it were of a data set."""

import numpy as np

from diagnosis.cases import Case, Example


def example(image: np.ndarray, dataset: str = "phantoms") -> Case:
    """A case of a test split; uint8 ``(H, W)``."""
    return Case.of(Example(image, False, dataset, dataset.title(), "test", 1))
