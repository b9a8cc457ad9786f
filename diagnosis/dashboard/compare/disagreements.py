"""The cases of the test split on which the chosen models disagree, a page of them at a time."""

from collections.abc import Sequence

import streamlit as st

from diagnosis.comparison.predictions import disagreements as where_they_differ
from diagnosis.dashboard.compare import cached
from diagnosis.dashboard.compare.version_choice import Choice
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.gallery import gallery
from diagnosis.datasets import Dataset
from diagnosis.evaluation.decision_rule import class_names
from diagnosis.text.classes import class_text


@st.fragment
def disagreements(choices: Sequence[Choice], dataset: Dataset) -> None:
    """Draw them. Another page reruns this part only; opening a case reruns all.

    Args:
        choices: two or more that can read the data set.
        dataset: theirs.
    """
    predictions = {choice.title: cached.predictions(choice.version, dataset) for choice in choices}
    cases = where_they_differ(list(predictions.values()))
    n = len(dataset.labels["test"])
    st.markdown(
        f"The predictions of these {len(predictions)} models differ on {len(cases):,} of {n:,} test cases "
        f"({len(cases) / n:.0%})."
    )
    if not len(cases):
        return
    facts = dataset.facts

    def words(case: int) -> list[str]:
        predicting: dict[str, list[str]] = {}
        for title, of_model in predictions.items():
            classes = class_text(class_names(of_model.predicted[case], facts.classes))
            predicting.setdefault(classes, []).append(title)
        label = class_text(class_names(dataset.labels["test"][case], facts.classes))
        return [
            f"**{case + 1}**, label: {plain(label)}",
            *(f"{plain(classes)}: {plain(', '.join(by))}" for classes, by in predicting.items()),
        ]

    gallery(
        cases.tolist(), dataset, words, key="compare-disagreements", of=",".join(predictions),
        opened=st.rerun,  # of the whole page: the case is at its top
    )  # fmt: skip
