"""Binary tasks: error rates at a chosen threshold, and predictive values at a chosen prevalence."""

import streamlit as st
from sklearn.metrics import roc_curve

from diagnosis.dashboard.glossary.terms import terms
from diagnosis.dashboard.performance.threshold import choose_threshold
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.charts import plot, theme
from diagnosis.dashboard.widgets.prevalence import choose_prevalence
from diagnosis.dashboard.widgets.tables import table
from diagnosis.evaluation.estimates import Estimate
from diagnosis.evaluation.operating import Confusion, OperatingPoint, confusion
from diagnosis.figures.performance import roc_figure
from diagnosis.inference.probability_basis import known_prevalence
from diagnosis.inference.split_predictions import Predictions
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import Version

OPTIMAL = (
    "A threshold is optimal at one ratio of the costs of the two errors; the one given holds at the "
    "prevalence above and for calibrated probabilities. A threshold chosen here changes this section alone."
)
ENOUGH = 50  # cases with the finding, for frequencies that are worth giving


@st.fragment
def operating_point(test: Predictions, version: Version, *, key: str) -> None:
    """Draw it. Moving a slider reruns this part of the page only.

    Args:
        test: the version's predictions of the test split, of a binary task.
        version: with the rule by which its threshold was chosen.
        key: of the version.
    """
    config, rule = test.config, version.card.threshold_rule
    assert config.finding is not None
    left, right = st.columns(2, gap="large")
    with left:
        threshold = choose_threshold(test, key)
    truth, probability = test.truth(config.finding), test.probabilities[:, config.finding]
    counts = confusion(truth, probability, threshold)
    with right:
        prevalence = _prevalence(counts, config, version)
    point = OperatingPoint(
        threshold,
        counts,
        calibrated_at=known_prevalence(version),
        prevalence=prevalence,
    )
    left, right = st.columns(
        2, gap="large"
    )  # on a telephone both sliders come before what they move
    with left:
        _counts(counts, config)
        _figures(point)
    with right:
        false_rate, true_rate, _ = roc_curve(truth, probability)
        at = (1 - counts.specificity.estimate, counts.sensitivity.estimate)
        plot(
            roc_figure(false_rate, true_rate, point=at, colour=config.finding, theme=theme()),
            key="performance-roc",
            alt="ROC curve: sensitivity against the false positive rate for every threshold",
        )
    finding = plain(config.classes[config.finding])
    st.markdown(_frequencies(point, finding))
    st.markdown(_choice(point, test.threshold, plain(rule), finding), help=OPTIMAL)


def _prevalence(counts: Confusion, config: ModelConfig, version: Version) -> float | None:
    """Ask for it; None for that of the test split."""
    assert config.finding is not None
    own = counts.prevalence
    chosen = choose_prevalence(
        version.name, config.classes[config.finding], own, "as in the test split"
    )
    return None if chosen == own else chosen


def _counts(counts: Confusion, config: ModelConfig) -> None:
    assert config.finding is not None
    finding, other = config.classes[config.finding], config.classes[1 - config.finding]
    table(
        ["n", f"label {finding}", f"label {other}"],
        [
            (f"predicted {finding}", f"{counts.true_positive:,}", f"{counts.false_positive:,}"),
            (f"predicted {other}", f"{counts.false_negative:,}", f"{counts.true_negative:,}"),
            ("total", f"{counts.positive:,}", f"{counts.negative:,}"),
        ],
        key="confusion-matrix",
        file="confusion-matrix",
    )


def _figures(point: OperatingPoint) -> None:
    counts = point.counts
    table(
        ["figure", "estimate (95 % interval)"],
        [
            ("sensitivity", str(counts.sensitivity)),
            ("specificity", str(counts.specificity)),
            ("accuracy", str(counts.accuracy)),
            ("positive predictive value", _value(point.ppv)),
            ("negative predictive value", _value(point.npv)),
        ],
        key="operating-point",
        file="operating-point",
    )
    where = "the test split" if point.prevalence is None else f"{100 * point.prevalence:g} %"
    st.caption(
        f"n = {counts.positive + counts.negative:,}; predictive values at the prevalence of {where}.",
        help="Indeterminate cases are included.\n\n"
        + terms("sensitivity", "specificity", "predictive value", "confidence interval"),
    )


def _value(estimate: Estimate) -> str:
    """An estimate, never written as a certainty."""
    if estimate.lower >= 0.9995:
        return "above 0.999"
    return "below 0.001" if estimate.upper < 0.0005 else str(estimate)


def _frequencies(point: OperatingPoint, finding: str) -> str:
    """Out of a thousand cases or more: counts are easier to reason with than rates."""
    counts = point.counts
    prevalence = counts.prevalence if point.prevalence is None else point.prevalence
    n = next(n for n in (1_000, 10_000, 100_000) if n * prevalence >= ENOUGH or n == 100_000)
    positives = round(n * prevalence)
    found = round(positives * counts.sensitivity.estimate)
    false = round((n - positives) * (1 - counts.specificity.estimate))
    right = (
        f"{found:,} of {found + false:,} positive predictions are right."
        if found + false
        else "There are no positive predictions."
    )
    return (
        f"Of **{n:,} cases**, **{found:,} of the {positives:,}** with “{finding}” are found, "
        f"{positives - found:,} missed; **{false:,} of the {n - positives:,}** without it are false "
        f"positives. {right}"
    )


def _choice(point: OperatingPoint, own: float | None, rule: str, finding: str) -> str:
    """How the threshold was chosen, and at which costs of the two errors it is optimal."""
    optimal = _cost_ratio(point.cost_ratio, finding)
    if point.threshold == own:
        return f"The version's own threshold: {rule}. {optimal}"
    return f"{optimal} The version's own threshold is {own:.3f}: {rule}."


def _cost_ratio(weight: float | None, finding: str) -> str:
    if weight is None:
        return ""
    costs = (
        f"missing “{finding}” costs {_times(weight)} times as much as a false positive"
        if weight >= 1
        else f"a false positive costs {_times(1 / weight)} times as much as missing “{finding}”"
    )
    return f"Optimal if {costs}."


def _times(weight: float) -> str:
    return f"{weight:,.0f}" if weight >= 10 else f"{weight:.1f}"
