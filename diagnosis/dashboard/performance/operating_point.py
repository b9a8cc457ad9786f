"""Binary tasks: the threshold as a slider, what it finds and misses, and what a call means elsewhere."""

from collections.abc import Mapping

import streamlit as st
from sklearn.metrics import roc_curve

from diagnosis.dashboard.glossary.tooltips import term
from diagnosis.dashboard.widgets.escape import plain
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.dashboard.widgets.tables import table
from diagnosis.evaluation.estimates import Estimate
from diagnosis.evaluation.operating import Confusion, OperatingPoint, confusion
from diagnosis.figures.performance import roc_figure
from diagnosis.inference.split_predictions import Predictions
from diagnosis.models.config import ModelConfig

# Percent; finer near the ends, where somebody may want to be.
THRESHOLDS = (0.1, 0.2, 0.5, 1, 2, 3, 5, 7, *range(10, 91, 5), 93, 95, 97, 98, 99, 99.5, 99.8, 99.9)
PREVALENCES = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, *range(20, 91, 10))
ENOUGH = 50  # cases with the finding, of which frequencies are told


@st.fragment
def operating(found: Mapping[str, Predictions], *, rule: str, key: str) -> None:
    """Draw it. Moving a slider reruns this part of the page only.

    Args:
        found: the version's answers to the validation and the test split, of a binary task.
        rule: how its threshold was chosen, in words.
        key: of the version.
    """
    test, config = found["test"], found["test"].config
    assert config.finding is not None
    left, right = st.columns(2, gap="large")
    with left:
        threshold = _threshold(test, key)
    truth, probability = test.truth(config.finding), test.probabilities[:, config.finding]
    counts = confusion(truth, probability, threshold)
    with right:
        prevalence = _prevalence(counts, config, key)
    point = OperatingPoint(
        threshold,
        counts,
        calibrated_at=float(found["val"].truth(config.finding).mean()),
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
        theme = st.context.theme.type or "light"
        st.plotly_chart(
            roc_figure(false_rate, true_rate, point=at, colour=config.finding, theme=theme),
            key="performance-roc", config={"displayModeBar": False},
            alt="Sensitivity against false alarms for every threshold",
        )  # fmt: skip
    finding = plain(config.classes[config.finding])
    st.markdown(_frequencies(point, finding))
    st.markdown(_weight(point, test.threshold, plain(rule), finding))


def _threshold(test: Predictions, key: str) -> float:
    config, own = test.config, test.threshold
    assert config.finding is not None and own is not None
    return st.select_slider(
        f"Threshold: “{plain(config.classes[config.finding])}” is called from this probability on",
        sorted({*(percent / 100 for percent in THRESHOLDS), own}),
        **persistent(f"performance-threshold-{key}", own), help=term("threshold"),
        format_func=lambda value: f"{value:.3f}, the version's" if value == own else f"{value:g}",
    )  # fmt: skip


def _prevalence(counts: Confusion, config: ModelConfig, key: str) -> float | None:
    """Ask for it; None for that of the test split."""
    assert config.finding is not None
    own = counts.prevalence

    def written(value: float) -> str:
        return f"{100 * own:.1f} %, as in the test split" if value == own else f"{100 * value:g} %"

    chosen = st.select_slider(
        f"Prevalence: how common “{plain(config.classes[config.finding])}” is where it is used",
        sorted({*(percent / 100 for percent in PREVALENCES), own}),
        **persistent(f"performance-prevalence-{key}", own), help=term("prevalence"), format_func=written,
    )  # fmt: skip
    return None if chosen == own else chosen


def _counts(counts: Confusion, config: ModelConfig) -> None:
    assert config.finding is not None
    finding, other = config.classes[config.finding], config.classes[1 - config.finding]
    table(
        ["", f"label {finding}", f"label {other}"],
        [
            (f"called {finding}", f"{counts.true_positive:,}", f"{counts.false_positive:,}"),
            (f"called {other}", f"{counts.false_negative:,}", f"{counts.true_negative:,}"),
            ("together", f"{counts.positive:,}", f"{counts.negative:,}"),
        ],
    )


def _figures(point: OperatingPoint) -> None:
    counts = point.counts
    table(
        ["", "estimate (95 % interval)"],
        [
            ("sensitivity", str(counts.sensitivity)),
            ("specificity", str(counts.specificity)),
            ("accuracy", str(counts.accuracy)),
            ("positive predictive value", _value(point.ppv)),
            ("negative predictive value", _value(point.npv)),
        ],
    )
    where = "the test split" if point.prevalence is None else f"{100 * point.prevalence:g} %"
    st.caption(
        f"Counted on the test split, n = {counts.positive + counts.negative:,}; what is too close to call is "
        f"counted in. The predictive values are those at the prevalence of {where}.",
        help="\n\n".join(
            f"**{name}**: {term(name)}"
            for name in ("sensitivity", "specificity", "predictive value", "confidence interval")
        ),
    )


def _value(estimate: Estimate) -> str:
    """As it is written everywhere, but never as a certainty."""
    if estimate.lower >= 0.9995:
        return "above 0.999"
    return "below 0.001" if estimate.upper < 0.0005 else str(estimate)


def _frequencies(point: OperatingPoint, finding: str) -> str:
    """What happens to a thousand cases or more: counts are easier to reason with than shares."""
    counts = point.counts
    prevalence = counts.prevalence if point.prevalence is None else point.prevalence
    of = next(n for n in (1_000, 10_000, 100_000) if n * prevalence >= ENOUGH or n == 100_000)
    have = round(of * prevalence)
    found = round(have * counts.sensitivity.estimate)
    alarms = round((of - have) * (1 - counts.specificity.estimate))
    right = (
        f"So {found:,} of the {found + alarms:,} calls are right."
        if found + alarms
        else "So nothing is called."
    )
    return (
        f"Of **{of:,} cases**, {have:,} with “{finding}” and {of - have:,} without: **{found:,} of the "
        f"{have:,}** are called and {have - found:,} missed; **{alarms:,} of the {of - have:,}** are called "
        f"falsely. {right}"
    )


def _weight(point: OperatingPoint, own: float | None, rule: str, finding: str) -> str:
    """How the threshold was chosen, and what a missed case costs for whom it is the right one."""
    said = _cost(point.cost_ratio, finding)
    if point.threshold == own:
        return f"It is the version's own threshold, with the {rule}; no test case was asked. {said}"
    return (
        f"{said} The version itself calls from {own:.3f} on, the threshold with the {rule}; what is chosen "
        "here changes nothing but this part of the page."
    )


def _cost(weight: float | None, finding: str) -> str:
    if weight is None:
        return ""
    what = (
        f"one missed “{finding}” as much as {_times(weight)} false alarms"
        if weight >= 1
        else f"one false alarm as much as {_times(1 / weight)} missed “{finding}”"
    )
    return (
        f"To use this threshold at this prevalence is to count {what}, as far as the estimated probabilities "
        "are right."
    )


def _times(weight: float) -> str:
    return f"{weight:,.0f}" if weight >= 10 else f"{weight:.1f}"
