"""Calibration: predicted against observed frequency, its error, and cases of similar probability."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from diagnosis.evaluation.estimates import Estimate, proportion

BINS = 10
DIFFERS = 0.1  # a predicted probability and an observed frequency


@dataclass(frozen=True)
class Bin:
    """Cases of similar predicted probability."""

    lower: float  # smallest probability
    upper: float  # largest
    predicted: float  # mean
    positives: int  # cases with the event
    n: int

    @property
    def observed(self) -> Estimate:
        """Observed frequency of the event."""
        return proportion(self.positives, self.n)

    def disagrees(self, stated: float) -> bool:
        """Whether the observed frequency is so far from a predicted probability that both must be known."""
        return abs(self.observed.estimate - stated) > DIFFERS

    def to_json(self) -> dict[str, Any]:
        """Its fields and ``observed``."""
        return {**vars(self), "observed": self.observed.to_json()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Bin":
        """Build from ``to_json``'s object."""
        return cls(**{field.name: document[field.name] for field in fields(cls)})


def calibration_curve(truth: np.ndarray, probability: np.ndarray, bins: int = BINS) -> list[Bin]:
    """Equally filled bins in order of probability (Nixon et al., CVPR Workshops 2019).

    Args:
        truth: bool, ``(n,)``: whether the event happened.
        probability: float, ``(n,)``: predicted.
        bins: at most this many.
    """
    return [_bin(truth[part], probability[part]) for part in _parts(probability, bins)]


def expected_calibration_error(
    truth: np.ndarray, probability: np.ndarray, bins: int = BINS
) -> float:
    """Mean distance of observed frequency and stated probability over the bins of the calibration curve.

    Naeini et al., AAAI 2015; arguments as `calibration_curve`.
    """
    gaps = [
        abs(truth[part].mean() - probability[part].mean()) * len(part)
        for part in _parts(probability, bins)
    ]
    return float(sum(gaps) / len(probability))


def most_similar(truth: np.ndarray, probability: np.ndarray, value: float) -> Bin:
    """The tenth of the cases, 20 to 100 of them, whose probabilities are nearest to a given one.

    Nearest in rank, as many below as above where there are, so that no case counts for being alone.

    Args:
        truth: bool, ``(n,)``.
        probability: float, ``(n,)``.
        value: the probability of a case that is none of them.
    """
    order = _ordered(probability)
    count = min(len(order), int(np.clip(len(order) // 10, 20, 100)))
    rank = int(np.searchsorted(probability[order], value))
    first = int(np.clip(rank - count // 2, 0, len(order) - count))
    chosen = order[first : first + count]
    return _bin(truth[chosen], probability[chosen])


def _ordered(probability: np.ndarray) -> np.ndarray:
    """Indices in order of probability; equal ones at random, as a file may be sorted by class."""
    return np.lexsort((np.random.default_rng(1).random(len(probability)), probability))


def _parts(probability: np.ndarray, bins: int) -> list[np.ndarray]:
    order = _ordered(probability)
    return [part for part in np.array_split(order, bins) if len(part)]


def _bin(truth: np.ndarray, probability: np.ndarray) -> Bin:
    return Bin(
        float(probability.min()), float(probability.max()), float(probability.mean()),
        int(np.count_nonzero(truth)), len(truth),
    )  # fmt: skip
