"""Measured figures in words: names of metrics, and estimates never without their interval."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:  # they bring SciPy, for which neither pages nor commands wait at their top
    from diagnosis.evaluation.estimates import Estimate
    from diagnosis.evaluation.reliability import Bin

LABELS = {
    "auc": "AUC",
    "balanced_accuracy": "balanced accuracy",
    "ppv": "positive predictive value",
    "npv": "negative predictive value",
    "brier": "Brier score",
    "ece": "expected calibration error",
    "mean_absolute_error": "mean absolute error",
}
PARTS = {"record": "record", "image": "picture"}  # of a study
PATTERNS = {
    "both": "both",
    "record": "record alone",
    "image": "picture alone",
    "neither": "neither",
}
NEAR_EXTENT = 0.02  # AUC: a model that is no more above what the extent of records reaches
Figures: TypeAlias = "Estimate | Mapping[str, Any]"  # or as ``Estimate.to_json`` gives it


def metric_name(name: str) -> str:
    """``balanced accuracy``; names with a class in them stay as they are."""
    return LABELS.get(name, name)


def figure(estimate: Figures | None, digits: int = 3) -> str:
    """``0.912 (0.880–0.939)``; a dash where nothing was measured."""
    if estimate is None:
        return "–"
    value, lower, upper = ("–" if math.isnan(x) else f"{x:.{digits}f}" for x in _values(estimate))
    return value if value == "–" else f"{value} ({lower}–{upper})"


def percent(estimate: Figures) -> str:
    """Of a share: ``46 % (95 % CI 34–58 %)``; with a decimal below 1 %."""
    value, lower, upper = (100 * number for number in _values(estimate))
    if math.isnan(value):
        return "–"
    level = confidence_level(estimate)
    digits = 1 if 0 < value < 1 else 0
    interval = f"{lower:.{digits}f}–{upper:.{digits}f} %"
    return f"{value:.{digits}f} % ({100 * level:.0f} % CI {interval})"


def confidence_level(estimate: Figures) -> float:
    """Of its interval."""
    return estimate["level"] if isinstance(estimate, Mapping) else estimate.level


def figure_of(metrics: Mapping[str, Figures], name: str, digits: int = 3) -> str:
    """A figure of a card's metrics by name, as `figure`."""
    return figure(metrics.get(name), digits)


class Extent(Protocol):
    """What a card says of the extent of its records; `models.card.ExtentFacts`."""

    @property
    def features(self) -> tuple[str, ...]:
        """Of a record, by which it is measured."""

    @property
    def auc(self) -> Estimate:
        """That they alone reach."""


def extent_sentences(extent: Extent | None, estimates: Mapping[str, Estimate]) -> list[str]:
    """What the extent of a record alone reaches, beside the model's own AUC; none of other models.

    Args:
        extent: of the model's card.
        estimates: the card's of the test split.
    """
    if extent is None:
        return []
    reached, own = extent.auc, estimates["auc"]
    *most, last = extent.features
    said = f"For comparison: {', '.join(most)} and {last} alone reach an AUC of {figure(reached)}."
    if own.estimate < reached.estimate + NEAR_EXTENT:
        said += " The model is hardly better, so it has learned little of what was measured."
    return [said]


class Availability(Protocol):
    """What a card says of cases whose parts are there or missing; `models.card.AvailabilityFacts`."""

    @property
    def patterns(self) -> Mapping[str, Estimate]:
        """AUC by what is there."""

    @property
    def presence(self) -> Mapping[str, Estimate]:
        """AUC of whether a part is there, alone."""

    @property
    def there(self) -> Mapping[str, float]:
        """Share of cases that have a part, 0..1."""


def availability_rows(found: Availability | None) -> list[tuple[str, str]]:
    """What is there, and the AUC on the test split then; none of a model that reads one thing.

    The last lines say what the presence of each part tells by itself.
    """
    if found is None:
        return []
    rows = [(PATTERNS.get(name, name), figure(auc)) for name, auc in found.patterns.items()]
    for name, auc in found.presence.items():
        part, share = PARTS.get(name, name), 100 * found.there[name]
        rows.append((f"whether a {part} is there ({share:.0f} %)", figure(auc)))
    return rows


def observed_sentence(similar: Bin, name: str = "the finding") -> str:
    """Observed frequency among test cases of similar probability."""
    observed = similar.observed
    interval = (
        f"{100 * observed.estimate:.0f} %, {100 * observed.level:.0f} % CI "
        f"{100 * observed.lower:.0f}–{100 * observed.upper:.0f} %"
    )
    return (
        f"Of {similar.n:,} test cases with a similar probability ({similar.lower:.2f}–{similar.upper:.2f}), "
        f"{similar.positives:,} ({interval}) had {name}."
    )


def apart_words(dataset: str) -> str:
    """What is left out of a test split that shares cases with the others, by the name of the data set."""
    what = {"breastmnist": "near copies of", "pneumoniamnist": "patients of"}.get(
        dataset, "cases like"
    )
    return f"without {what} the other splits"


def _values(estimate: Figures) -> tuple[float, float, float]:
    if not isinstance(estimate, Mapping):
        return estimate.estimate, estimate.lower, estimate.upper
    value, lower, upper = (
        math.nan if estimate[key] is None else float(estimate[key])
        for key in ("estimate", "lower", "upper")
    )
    return value, lower, upper
