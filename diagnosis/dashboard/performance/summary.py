"""The headline figures of a version, and for whom they hold."""

import streamlit as st

from diagnosis.core.dates import day
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.tables import table
from diagnosis.datasets import catalogue
from diagnosis.models.card import Metrics
from diagnosis.models.store import Version
from diagnosis.text.evaluation import (
    LABELS,
    apart_words,
    availability_rows,
    extent_sentences,
    figure_of,
)

FIRST = {
    "binary": ("auc", "sensitivity", "specificity", "accuracy"),
    "multi-class": ("auc", "accuracy", "balanced_accuracy"),
    "ordinal": ("auc", "accuracy", "mean_absolute_error"),
    "multi-label": ("auc", "accuracy"),
}


def summary(version: Version) -> None:
    """Draw it."""
    card = version.card
    facts, measured = catalogue().get(version.dataset), card.metrics.test
    title = plain(facts.title if facts else version.dataset)
    synthetic = " synthetic" if card.dataset.synthetic else ""
    names = FIRST[version.config.task]

    def listed(of: Metrics) -> str:
        return ", ".join(
            f"{LABELS.get(name, name)} **{figure_of(of.estimates, name)}**" for name in names
        )

    st.markdown(
        f"Test split of {title}, n = {measured.n:,}{synthetic}: {listed(measured)}.",
        help="In brackets the 95 % interval. The figures hold only for cases like those of the data set.",
    )
    if (apart := card.metrics.test_apart) is not None:
        left_out = apart_words(version.dataset).capitalize()
        st.markdown(f"{left_out}, n = {apart.n:,}: {listed(apart)}.")
    for sentence in extent_sentences(card.extent, card.metrics.test.estimates):
        st.markdown(plain(sentence))
    if rows := availability_rows(card.availability):
        st.markdown("AUC on the same cases by what is there of them, and of what is there alone:")
        table(["", "AUC (95 % interval)"], rows, key="availability", file="availability")
    st.markdown(plain(version.population.sentence))
    st.caption(f"Model version {plain(version.version)}, measured {day(card.created)}.")
