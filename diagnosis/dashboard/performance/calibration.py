"""Whether the estimated probabilities come true on the test split."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from diagnosis.core.figure_text import figure_of
from diagnosis.dashboard.glossary.terms import terms
from diagnosis.dashboard.widgets.escape import plain
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.dashboard.widgets.tables import table
from diagnosis.evaluation.reliability import calibration_curve
from diagnosis.figures.performance import calibration_curve_figure
from diagnosis.inference.split_predictions import Predictions


@st.fragment
def reliability(test: Predictions, card: Mapping[str, Any], *, key: str) -> None:
    """Draw the calibration curve of a class, its bins, and the figures of the card.

    Args:
        test: the version's answers.
        card: the version's.
        key: of the version.
    """
    config, measured = test.config, card["metrics"]["test"]
    index = config.finding
    if index is None:
        index = st.selectbox(
            "Class", range(len(config.classes)), format_func=lambda k: config.classes[k],
            width=360, **persistent(f"performance-class-{key}", 0),
        )  # fmt: skip
    name = config.classes[index]
    bins = calibration_curve(test.truth(index), test.probabilities[:, index])
    left, right = st.columns(2, gap="large")
    with left:
        st.plotly_chart(
            calibration_curve_figure(bins, colour=index, theme=st.context.theme.type or "light"),
            key="performance-calibration", config={"displayModeBar": False},
            alt=f"Observed share of {name} against its estimated probability",
        )  # fmt: skip
    with right:
        table(
            ["estimated", "mean", "n", f"{name}, observed"],
            [
                (
                    f"{each.lower:.3f}–{each.upper:.3f}",
                    f"{each.stated:.3f}",
                    f"{each.n}",
                    str(each.observed),
                )
                for each in bins
            ],
        )
    of = "" if config.finding is not None else "Of all classes together: "
    st.caption(
        f"On average {test.probabilities[:, index].mean():.2f} is estimated, and "
        f"{test.truth(index).mean():.2f} observed. Test split, n = {measured['n']:,}, in {len(bins)} groups "
        f"of equal size by the estimated probability of “{plain(name)}”; a bar is the 95 % interval of what "
        "was observed. On the dotted line the estimate is right; above it the class is more frequent than "
        f"estimated. {of}Brier score {figure_of(measured, 'brier')}, expected calibration error "
        f"{figure_of(measured, 'ece')}. {card['calibration']['method'].capitalize()}, fitted on the "
        f"validation split (n = {card['metrics']['val']['n']:,}).",
        help=terms("calibration curve", "Brier score", "calibration"),
    )
