"""What a version's probabilities were fitted to, and how well they hold on the test split."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from diagnosis.evaluation.reliability import calibration_curve
from diagnosis.inference.split_predictions import stored
from diagnosis.models.store import PREDICTIONS, Version

CALIBRATED = 0.05  # expected calibration error on the test split up to which that is said,
WORST = 0.10  # and how far the worst tenth of it may be off


@dataclass(frozen=True)
class ProbabilityBasis:
    """Facts that stand beside a probability.

    Attributes:
        finding: the positive class of a binary task; None for other tasks.
        prevalence: of the finding, at which the probabilities hold: the stated one of a cross-fitted version,
            else its share in the validation split; None without stored predictions, or without a finding.
        test: share of the finding in the test split; None likewise.
        error: expected calibration error on the test split; NaN if it was not measured.
        worst: distance of predicted probability and observed frequency in the worst tenth of the test split;
            NaN for several classes, or if it was not measured.
        folds: of the cross-fitting; 0 if the probabilities were fitted to the validation split.
    """

    finding: str | None
    prevalence: float | None
    test: float | None
    error: float
    worst: float = float("nan")
    folds: int = 0

    @property
    def calibrated(self) -> bool:
        """Whether the measured errors are small enough to say so."""
        return self.error <= CALIBRATED and not self.worst > WORST

    def to_json(self) -> dict[str, Any]:
        """Its fields and ``calibrated``; an error that was not measured is null."""
        errors = {
            name: None if np.isnan(value) else value
            for name, value in (("error", self.error), ("worst", self.worst))
        }
        return {**asdict(self), **errors, "calibrated": self.calibrated}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "ProbabilityBasis":
        """Build from ``to_json``'s object."""
        given = {field.name: document[field.name] for field in fields(cls)}
        for name in ("error", "worst"):
            given[name] = float("nan") if given[name] is None else given[name]
        return cls(**given)


def probability_basis(version: Version) -> ProbabilityBasis:
    """Look it up on the version's card and in its stored predictions.

    Raises:
        ModelError: a file is not what was saved.
    """
    card, config = version.card, version.config
    measured = card.metrics.test.estimates.get("ece")
    error = float("nan") if measured is None else measured.estimate
    folds = 0 if card.cross_fit is None else card.cross_fit.folds
    if config.task != "binary" or config.finding is None:
        return ProbabilityBasis(None, None, None, error, folds=folds)
    test, share, worst = stored(version, "test"), None, float("nan")
    if test is not None:
        truth = test.truth(config.finding)
        share = float(truth.mean())
        bins = calibration_curve(truth, test.probabilities[:, config.finding])
        worst = max(abs(each.observed.estimate - each.predicted) for each in bins)
    name = config.classes[config.finding]
    return ProbabilityBasis(name, known_prevalence(version), share, error, worst, folds)


def known_prevalence(version: Version) -> float | None:
    """The prevalence of the finding at which a version's probabilities hold; None if it is not known.

    Raises:
        ModelError: a file is not what was saved.
    """
    cross_fit, config = version.card.cross_fit, version.config
    if cross_fit is not None:
        return cross_fit.prevalence
    labels = version.arrays(PREDICTIONS, "val_labels")
    if labels is None or config.finding is None:
        return None
    return float((labels[0] == config.finding).mean())
