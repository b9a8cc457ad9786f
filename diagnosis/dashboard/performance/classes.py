"""Error rates of each class, and the confusion matrix."""

import numpy as np
import streamlit as st

from diagnosis.dashboard.glossary.terms import terms
from diagnosis.dashboard.widgets.tables import table
from diagnosis.evaluation.estimates import proportion
from diagnosis.inference.split_predictions import Predictions

FEWEST = 10  # cases; of fewer no rate is given


def classes(test: Predictions, *, synthetic: bool, recorded: bool = False) -> None:
    """Draw the rates of each class; with several classes and one label a case also the confusion matrix.

    Args:
        test: the version's predictions.
        synthetic: whether the cases are drawn by a program.
        recorded: whether a case's record has age and sex, by which nothing is measured here.
    """
    names, labels = test.config.classes, len(test.labels)
    rows, few = [], False
    for index, name in enumerate(names):
        truth = test.truth(index)
        if test.config.task == "multi-label":
            predicted = test.predicted[:, index] == 1
        else:
            predicted = test.predicted == index
        n = int(truth.sum())
        rates = (
            _rate(int((predicted & truth).sum()), n),
            _rate(int((predicted & ~truth).sum()), labels - n),
        )
        few = few or "–" in rates
        rows.append((name, f"{n:,}", *rates))
    table(["class", "n", "sensitivity", "false positive rate"], rows, key="classes", file="classes")
    if test.config.task != "multi-label" and len(names) > 2:
        with st.expander("Confusion matrix"):
            _confusion_matrix(test)
    st.caption(
        f"n = {labels:,}, 95 % intervals"
        + (f"; no rate for fewer than {FEWEST} cases" if few else "")
        + ("." if synthetic or recorded else "; no subgroups recorded."),
        help="Age, sex and site of the cases are not recorded.\n\n" * (not (synthetic or recorded))
        + terms("sensitivity", "specificity"),
    )


def _rate(count: int, n: int) -> str:
    return "–" if n < FEWEST else str(proportion(count, n))


def _confusion_matrix(test: Predictions) -> None:
    names = test.config.classes
    counts = np.zeros((len(names), len(names)), int)
    np.add.at(counts, (test.labels, test.predicted), 1)
    table(
        ["label", *(f"predicted {name}" for name in names)],
        [(name, *(f"{count:,}" for count in row)) for name, row in zip(names, counts, strict=True)],
        key="confusion-matrix",
        file="confusion-matrix",
    )
