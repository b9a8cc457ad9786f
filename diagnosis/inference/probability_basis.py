"""What a version's probabilities were fitted to, and how well they hold on the test split."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from diagnosis.models.store import PREDICTIONS, Version

CALIBRATED = 0.05  # expected calibration error on the test split up to which that is said


@dataclass(frozen=True)
class ProbabilityBasis:
    """Facts that stand beside a probability.

    Attributes:
        finding: the positive class of a binary task; None for other tasks.
        val: share of the finding in the validation split, to which the probabilities were fitted; None if the
            version has no stored predictions, or no finding.
        test: the same of the test split.
        error: expected calibration error on the test split; NaN if it was not measured.
    """

    finding: str | None
    val: float | None
    test: float | None
    error: float

    @property
    def calibrated(self) -> bool:
        """Whether the measured error is small enough to say so."""
        return self.error <= CALIBRATED

    def to_json(self) -> dict[str, Any]:
        """Its fields and ``calibrated``; an error that was not measured is null."""
        error = None if np.isnan(self.error) else self.error
        return {**asdict(self), "error": error, "calibrated": self.calibrated}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "ProbabilityBasis":
        """Build from ``to_json``'s object."""
        given = {field.name: document[field.name] for field in fields(cls)}
        error = given.pop("error")
        return cls(**given, error=float("nan") if error is None else error)


def probability_basis(version: Version) -> ProbabilityBasis:
    """Look it up on the version's card and in its stored predictions.

    Raises:
        ModelError: a file is not what was saved.
    """
    measured = version.card.metrics.test.estimates.get("ece")
    error = float("nan") if measured is None else measured.estimate
    config = version.config
    if config.task != "binary" or config.finding is None:
        return ProbabilityBasis(None, None, None, error)
    labels = version.arrays(PREDICTIONS, "val_labels", "test_labels")
    val, test = (
        (None, None)
        if labels is None
        else (float((split == config.finding).mean()) for split in labels)
    )
    return ProbabilityBasis(config.classes[config.finding], val, test, error)
