"""Where the cases of a split lie in a network's final states, in a plane."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from diagnosis.datasets import Dataset

if TYPE_CHECKING:  # it brings Keras
    from diagnosis.models.forward import Forward


@dataclass(frozen=True, eq=False)
class Projection:
    """Principal components of the final states. Read-only: it is shared.

    Attributes:
        points: float64 ``(n, 2)``, in the order of the split.
        shares: of the variance that the two explain, 0..1.
        units: how many numbers a final state has.
    """

    points: np.ndarray
    shares: tuple[float, float]
    units: int


def project(states: np.ndarray) -> Projection:
    """The plane in which states ``(n, units)`` differ most (Pearson 1901, doi:10.1080/14786440109462720).

    Linear, so that distances on it are parts of distances between states. The sign of a component has no
    meaning; scikit-learn fixes it.
    """
    from sklearn.decomposition import PCA

    n, units = states.shape
    components = min(2, n, units)
    pca = PCA(components, svd_solver="full").fit(states.astype(np.float64))
    points = np.zeros((n, 2))
    points[:, :components] = pca.transform(states.astype(np.float64))
    points.setflags(write=False)
    first, second = (*np.nan_to_num(pca.explained_variance_ratio_).tolist(), 0.0)[:2]
    return Projection(points, (first, second), units)


def projection(forward: "Forward", dataset: Dataset, split: str) -> Projection:
    """Of a whole split, as a version reads it.

    Args:
        forward: of the version.
        dataset: with cases as it reads them.
        split: "train", "val" or "test".
    """
    from diagnosis.explanations.states import StateReader

    config = forward.version.config
    reader = StateReader(forward.model, config)
    sequences = config.encoder.batch(dataset.images[split])
    return project(np.concatenate([part.finals for part in reader.batches(sequences)]))
