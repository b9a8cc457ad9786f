"""ROC and calibration curves of the chosen models on the same test cases, each in one figure."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st
from sklearn.metrics import roc_curve

from diagnosis.dashboard.compare import cached
from diagnosis.dashboard.compare.version_choice import Choice
from diagnosis.dashboard.glossary.terms import terms
from diagnosis.dashboard.widgets.charts import plot, theme
from diagnosis.dashboard.widgets.tables import csv_button
from diagnosis.datasets import Dataset
from diagnosis.evaluation.operating import confusion
from diagnosis.evaluation.reliability import calibration_curve
from diagnosis.figures.performance import ModelCurve, calibration_overlay, roc_overlay
from diagnosis.inference.split_predictions import Predictions


def curves(choices: Sequence[Choice], dataset: Dataset) -> None:
    """Draw both, of the finding or of a class that is asked for.

    Args:
        choices: two or more that can read the data set.
        dataset: theirs, with cases of every class in its test split.
    """
    facts = dataset.facts
    index = facts.finding
    if index is None:
        index = st.selectbox(
            "Class, against all others", range(len(facts.classes)), key="compare-curves-class",
            format_func=lambda number: facts.classes[number], width=360,
        )  # fmt: skip
    predictions = {choice.title: cached.predictions(choice.version, dataset) for choice in choices}
    name = facts.classes[index]
    both = {
        "ROC": [_roc(title, each, index) for title, each in predictions.items()],
        "Calibration": [_calibration(title, each, index) for title, each in predictions.items()],
    }
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("ROC", anchor=False)
        plot(
            roc_overlay(both["ROC"], theme()),
            key="test-split-roc",
            alt=f"ROC curves of {', '.join(predictions)} for {name}",
        )
    with right:
        st.subheader("Calibration", anchor=False)
        plot(
            calibration_overlay(both["Calibration"], theme()),
            key="test-split-calibration",
            alt=f"Observed frequency of {name} against its predicted probability by each model",
        )
    st.caption(
        f"The {len(dataset.labels['test']):,} test cases"
        + ("; points: each model's operating point." if facts.finding is not None else "."),
        help=terms("AUC", "calibration curve", "operating point"),
    )
    csv_button(["curve", "model", "x", "y"], _rows(both), file="compare-curves")


def _roc(title: str, predictions: Predictions, index: int) -> ModelCurve:
    truth, probability = predictions.truth(index), predictions.probabilities[:, index]
    false_rate, true_rate, _ = roc_curve(truth, probability)
    point = None
    if predictions.threshold is not None:
        counts = confusion(truth, probability, predictions.threshold)
        point = (1 - counts.specificity.estimate, counts.sensitivity.estimate)
    return ModelCurve(title, false_rate, true_rate, point)


def _calibration(title: str, predictions: Predictions, index: int) -> ModelCurve:
    bins = calibration_curve(predictions.truth(index), predictions.probabilities[:, index])
    predicted = np.array([each.predicted for each in bins])
    return ModelCurve(title, predicted, np.array([each.observed.estimate for each in bins]))


def _rows(both: Mapping[str, Sequence[ModelCurve]]) -> list[tuple[str, ...]]:
    return [
        (kind, curve.title, f"{x:.6f}", f"{y:.6f}")
        for kind, drawn in both.items()
        for curve in drawn
        for x, y in zip(curve.x, curve.y, strict=True)
    ]
