"""Abstention: which share of cases gets a prediction, and how many of these are wrong."""

import streamlit as st

from diagnosis.dashboard.glossary.terms import terms
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.charts import plot, theme
from diagnosis.dashboard.widgets.tables import table
from diagnosis.figures.performance import coverage_figure
from diagnosis.inference.abstention import Abstention, coverage_curve
from diagnosis.inference.split_predictions import Predictions, abstention
from diagnosis.models.card import AbstentionFacts
from diagnosis.models.store import Version


def coverage(test: Predictions, version: Version) -> None:
    """Draw the risk–coverage curve of the test split, and the effect of the abstention rule on both splits.

    Args:
        test: the version's predictions.
        version: with its card.
    """
    rule, facts = abstention(version), version.card.abstention
    curve = coverage_curve(test.margins, test.wrong)
    point = (1.0, float(test.wrong.mean()))
    if rule is not None:
        point = (rule.test.coverage.estimate, rule.test.error_predicted.estimate)
    left, right = st.columns(2, gap="large")
    with left:
        plot(
            coverage_figure(*curve, point=point, theme=theme()),
            key="performance-coverage",
            alt="Error rate of predictions against coverage, the share of cases with a prediction",
        )
    with right:
        if rule is None or facts is None:
            st.markdown("No abstention rule (an older version): every case gets a prediction.")
        elif rule.limit is None:
            st.markdown(
                "No abstention: too few, too similar or only correct predictions on the validation split."
            )
        else:
            _rule(rule, facts)
    several = " A prediction is wrong if any of its labels is." * (
        test.config.task == "multi-label"
    )
    st.caption(
        f"n = {len(test.labels):,}; the smallest margins abstain first.",
        help=f"Cases that would be rejected are included.{several}\n\n"
        + terms("coverage", "abstention", "indeterminate"),
    )


def _rule(rule: Abstention, facts: AbstentionFacts) -> None:
    splits = (rule.val, rule.test)
    table(
        [
            "figure",
            *(
                f"{name}, n = {split.n:,}"
                for name, split in zip(("validation", "test"), splits, strict=True)
            ),
        ],
        [
            ("coverage", *(str(split.coverage) for split in splits)),
            ("error rate of predictions", *(str(split.error_predicted) for split in splits)),
            ("error rate if indeterminate", *(str(split.error_abstained) for split in splits)),
        ],
        key="coverage",
        file="coverage",
    )
    st.markdown(
        f"Indeterminate: within {rule.limit:.2f} log odds of another prediction.",
        help=f"{plain(facts.rule.capitalize())}. Harder cases than those of the validation split are "
        "indeterminate more often.",
    )
