"""Predicted probabilities against observed frequencies on the test split."""

import streamlit as st

from diagnosis.dashboard.glossary.terms import terms
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.charts import plot, theme
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.dashboard.widgets.tables import table
from diagnosis.evaluation.reliability import calibration_curve
from diagnosis.figures.performance import calibration_curve_figure
from diagnosis.inference.split_predictions import Predictions
from diagnosis.models.card import Metrics, ModelCard
from diagnosis.text.evaluation import figure_of
from diagnosis.text.probability import fitted_on


@st.fragment
def calibration(test: Predictions, measured: Metrics, card: ModelCard, *, key: str) -> None:
    """Draw the calibration curve of a class, its bins, and the figures of the card.

    Args:
        test: the version's predictions.
        measured: the figures of the same cases.
        card: of the version.
        key: of the version.
    """
    config = test.config
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
        plot(
            calibration_curve_figure(bins, colour=index, theme=theme()),
            key="performance-calibration",
            alt=f"Observed frequency of {name} against its predicted probability",
        )
    with right:
        table(
            ["predicted", "mean", "n", f"{name}, observed"],
            [
                (
                    f"{each.lower:.3f}–{each.upper:.3f}",
                    f"{each.predicted:.3f}",
                    f"{each.n}",
                    str(each.observed),
                )
                for each in bins
            ],
            key="calibration-bins",
            file="calibration",
        )
    brier, ece = (figure_of(measured.estimates, name) for name in ("brier", "ece"))
    scope = "" if config.finding is not None else "over all classes: "
    st.caption(
        f"n = {measured.n:,}, in {len(bins)} groups of equal size: mean "
        f"{test.probabilities[:, index].mean():.2f} predicted, {test.truth(index).mean():.2f} observed; "
        f"{scope}Brier score {brier}, expected calibration error {ece}.",
        help="Bars: 95 % intervals. Above the dotted line the class is more frequent than predicted. "
        f"{plain(card.calibration.method.capitalize())}, {plain(fitted_on(card))}.\n\n"
        + terms("calibration curve", "Brier score", "calibration"),
    )
