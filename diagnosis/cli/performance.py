"""What ``evaluate`` reports beside the metrics: operating point, calibration curve, abstention."""

import argparse
from typing import TYPE_CHECKING, Any

from diagnosis.core.errors import InputError
from diagnosis.datasets import Dataset

if TYPE_CHECKING:
    from diagnosis.evaluation.operating import OperatingPoint
    from diagnosis.inference.abstention import Selective
    from diagnosis.inference.split_predictions import Predictions
    from diagnosis.models.store import Version


def check_point(args: argparse.Namespace, version: "Version") -> None:
    """See that threshold and prevalence are what they can be.

    Raises:
        InputError: they are not, or the model has no threshold.
    """
    for name in ("threshold", "prevalence"):
        value = getattr(args, name)
        if value is None:
            continue
        if version.config.task != "binary":
            raise InputError(f"{version.name} has no threshold to choose: leave --{name} out.")
        if not 0 < value < 1:
            raise InputError(f"--{name} must be between 0 and 1, not {value:g}.")
    if args.threshold is not None and args.against is not None:
        raise InputError(
            "--against compares versions at their own thresholds: leave --threshold out."
        )


def operating_point(
    found: "Predictions", version: "Version", dataset: Dataset, prevalence: float | None
) -> "OperatingPoint | None":
    """What the threshold does to a binary split; None for other tasks."""
    from diagnosis.evaluation.operating import OperatingPoint, confusion
    from diagnosis.inference.probability_basis import known_prevalence

    finding = found.config.finding
    if found.threshold is None or finding is None:
        return None
    counts = confusion(found.truth(finding), found.probabilities[:, finding], found.threshold)
    calibrated_at = known_prevalence(version)
    if calibrated_at is None and version.card.dataset.sha256 == dataset.sha256:
        calibrated_at = float((dataset.labels["val"] == finding).mean())
    return OperatingPoint(found.threshold, counts, calibrated_at, prevalence)


def point_words(point: "OperatingPoint") -> str:
    """The same in words."""
    counts = point.counts
    words = (
        f"Operating point {point.threshold:.3f}: {counts.true_positive:,} of {counts.positive:,} true "
        f"positive, {counts.false_positive:,} of {counts.negative:,} false positive"
    )
    if point.cost_ratio is not None:
        words += f"; one false negative weighs as much as {point.cost_ratio:,.2f} false positives"
    if point.prevalence is None:
        return words
    return f"{words}. At a prevalence of {point.prevalence:g}: ppv {point.ppv}, npv {point.npv}"


def abstention_rate(found: "Predictions", version: "Version") -> "Selective | None":
    """Coverage and error rates under the version's abstention rule; None for a version without one."""
    from diagnosis.inference.abstention import selective
    from diagnosis.inference.split_predictions import abstention

    rule = abstention(version)
    return None if rule is None else selective(found.margins, found.wrong, rule.limit)


def curves(found: "Predictions") -> dict[str, list[dict[str, Any]]]:
    """Bins of the calibration curve by class: the finding's, or each one's."""
    from diagnosis.evaluation.reliability import calibration_curve

    config = found.config
    asked = range(len(config.classes)) if config.finding is None else [config.finding]
    return {
        config.classes[k]: [
            each.to_json() for each in calibration_curve(found.truth(k), found.probabilities[:, k])
        ]
        for k in asked
    }
