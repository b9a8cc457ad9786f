"""Out-of-distribution detection: distance from the training pictures, with a conformal p-value.

The training pictures, prepared as the model reads them, are summarised by cluster centres (k-means; Lloyd
1982, doi:10.1109/TIT.1982.1056489). Each centre is a mean of several pictures; no single picture is stored.
A case's distance is the Euclidean one to the nearest centre. Its p-value is the share of validation pictures
at least as distant, the case itself counted in; see `conformal`.
"""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from diagnosis.inference.conformal import Rank

CENTRES = 64  # at most; twice as many gain little, and small sets lose (benchmarks/ood.py)
PER_CENTRE = 8  # training pictures for each centre, on average, at least
FEWEST = 3  # pictures behind a centre; a smaller cluster has none
MAX_VALUES = 2**24  # of the training pictures that are clustered: 64 MB, and seconds


@dataclass(frozen=True)
class OODResult(Rank):
    """Distance of one case from the training pictures, and its rank among the validation pictures."""

    distance: float  # Euclidean, in units of the prepared picture
    n_as_extreme: int  # validation pictures at least as distant
    of: int  # validation pictures

    def to_json(self) -> dict[str, Any]:
        """``{"distance", "n_as_extreme", "of", "p_value", "limit", "level"}``."""
        return {**asdict(self), "p_value": self.p_value, "limit": self.limit, "level": self.level}


@dataclass(frozen=True, eq=False)
class OODDetector:
    """Summary of a model's training and validation pictures.

    Attributes:
        centres: float16, ``(centres, values)``, of clusters of training pictures.
        distances: float32, ``(n,)``, ascending: of the validation pictures.
    """

    centres: np.ndarray
    distances: np.ndarray

    @classmethod
    def fit(cls, train: np.ndarray, val: np.ndarray, *, centres: int = CENTRES) -> "OODDetector":
        """Learn what a data set looks like. The same pictures give the same detector.

        Args:
            train: float32, ``(n, timesteps, features)``, as the model reads them.
            val: likewise; none of them is in ``train``.
            centres: at most.
        """
        from sklearn.cluster import KMeans
        from threadpoolctl import threadpool_limits

        rows = _flat(sampled(train))
        count = max(1, min(centres, len(rows) // PER_CENTRE))
        with threadpool_limits(1):  # on busy cores two take ten times as long as one
            clusters = KMeans(count, n_init=1, max_iter=100, random_state=1).fit(rows)
        members = np.bincount(clusters.labels_, minlength=count)
        large = clusters.cluster_centers_[members >= min(FEWEST, members.max())].astype(np.float16)
        return cls(large, np.sort(cls(large, np.zeros(0, np.float32)).distance(val)))

    def distance(self, sequences: np.ndarray) -> np.ndarray:
        """Distance of each case to the nearest centre, float32 ``(n,)``.

        Args:
            sequences: float32, ``(n, timesteps, features)``.
        """
        centres = self._centres
        distances = np.empty(len(sequences), np.float32)
        for start in range(0, len(sequences), 256):
            rows = _flat(sequences[start : start + 256])
            squares = (rows**2).sum(axis=1, keepdims=True) - 2 * (rows @ centres.T)
            squares += (centres**2).sum(axis=1)  # (cases, centres)
            distances[start : start + 256] = np.sqrt(np.maximum(squares.min(axis=1), 0))
        return distances

    def __call__(self, sequences: np.ndarray) -> list[OODResult]:
        """The result for each case, of float32 ``(n, timesteps, features)``."""
        distances = self.distance(sequences)
        nearer = np.searchsorted(self.distances, distances)  # validation pictures that are nearer
        n = len(self.distances)
        return [
            OODResult(float(distance), n - int(count), n)
            for distance, count in zip(distances, nearer, strict=True)
        ]

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """Its arguments."""
        return {"centres": self.centres, "distances": self.distances}

    @cached_property
    def _centres(self) -> np.ndarray:
        return self.centres.astype(np.float32)


def sampled(cases: np.ndarray) -> np.ndarray:
    """Evenly drawn cases, ``(at most MAX_VALUES // values, ...)``: enough to find clusters."""
    values = int(np.prod(cases.shape[1:]))
    return cases[:: -(-cases.size // max(MAX_VALUES, values))]


def _flat(sequences: np.ndarray) -> np.ndarray:
    return sequences.reshape(len(sequences), -1).astype(np.float32, copy=False)
