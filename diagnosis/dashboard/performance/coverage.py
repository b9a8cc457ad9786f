"""What is left open as too close to call, and what that saves."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from diagnosis.dashboard.glossary.terms import terms
from diagnosis.dashboard.widgets.escape import plain
from diagnosis.dashboard.widgets.tables import table
from diagnosis.figures.performance import coverage_figure
from diagnosis.inference.abstention import Abstention, coverage_curve
from diagnosis.inference.split_predictions import Predictions, abstention
from diagnosis.models.store import Version


def coverage(test: Predictions, version: Version) -> None:
    """Draw the coverage curve of the test split, and what the version's rule does to both splits.

    Args:
        test: the version's answers.
        version: with its card.
    """
    rule = abstention(version)
    curve = coverage_curve(test.margins, test.wrong)
    point = (1.0, float(test.wrong.mean()))
    if rule is not None:
        point = (rule.test.coverage.estimate, rule.test.error_predicted.estimate)
    left, right = st.columns(2, gap="large")
    with left:
        st.plotly_chart(
            coverage_figure(*curve, point=point, theme=st.context.theme.type or "light"),
            key="performance-coverage", config={"displayModeBar": False},
            alt="Share of wrong calls against the share of cases that is called",
        )  # fmt: skip
    with right:
        if rule is None:
            st.markdown("This version calls every case: it is from before there was such a rule.")
        elif rule.limit is None:
            st.markdown(
                "It calls every case: its answers to the validation split are too few, too alike or all "
                "right, so there is no limit to be drawn."
            )
        else:
            _rule(rule, version.card)
    st.caption(
        f"Test split, n = {len(test.labels):,}; what would be refused is counted in. From right to left "
        "fewer cases are called, the closest to another answer left out first."
        + (
            " An answer is wrong if it is about any of the labels."
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
            ("called", *(str(split.coverage) for split in splits)),
            ("wrong among the called", *(str(split.error_predicted) for split in splits)),
            ("wrong among the others", *(str(split.error_abstained) for split in splits)),
        ],
    )
    st.markdown(
        f"No call is made for an answer within {rule.limit:.2f} log odds of another one: "
        f"{plain(card['abstention']['rule'])}. A split that is harder than the validation split has more "
        "such cases."
    )
