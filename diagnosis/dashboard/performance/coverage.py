"""Abstention: which share of cases gets a prediction, and how many of these are wrong."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from diagnosis.dashboard.glossary.terms import terms
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.charts import plot, theme
from diagnosis.dashboard.widgets.tables import table
from diagnosis.figures.performance import coverage_figure
from diagnosis.inference.abstention import Abstention, coverage_curve
from diagnosis.inference.split_predictions import Predictions, abstention
from diagnosis.models.store import Version


def coverage(test: Predictions, version: Version) -> None:
    """Draw the risk–coverage curve of the test split, and the effect of the abstention rule on both splits.

    Args:
        test: the version's predictions.
        version: with its card.
    """
    rule = abstention(version)
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
        if rule is None:
            st.markdown(
                "No abstention rule (trained before the feature existed): every case gets a prediction."
            )
        elif rule.limit is None:
            st.markdown(
                "No abstention: the predictions for the validation split are too few, too similar or all "
                "correct, so no limit can be set."
            )
        else:
            _rule(rule, version.card)
    st.caption(
        f"Test split, n = {len(test.labels):,}, including cases that would be rejected. From right to left "
        "fewer cases get a prediction; those with the smallest margin are left out first."
        + (
            " A prediction is wrong if any of its labels is."
            if test.config.task == "multi-label"
            else ""
        ),
        help=terms("coverage", "abstention", "indeterminate"),
    )


def _rule(rule: Abstention, card: Mapping[str, Any]) -> None:
    splits = (rule.val, rule.test)
    table(
        [
            "",
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
    )
    st.markdown(
        f"A case is indeterminate within {rule.limit:.2f} log odds of another prediction: "
        f"{plain(card['abstention']['rule'])}. Harder cases than those of the validation split are "
        "indeterminate more often."
    )
