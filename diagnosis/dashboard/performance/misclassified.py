"""The cases that the version got most wrong: missed findings first."""

import numpy as np
import streamlit as st

from diagnosis.dashboard.widgets.escape import plain
from diagnosis.dashboard.widgets.gallery import gallery
from diagnosis.datasets import Dataset
from diagnosis.evaluation.decision_rule import class_names
from diagnosis.inference.split_predictions import Predictions
from diagnosis.text.outcome import class_text


@st.fragment
def worst_cases(test: Predictions, dataset: Dataset, *, key: str, readable: bool) -> None:
    """Draw them, a page at a time.

    Args:
        test: the version's answers.
        dataset: the one that it was measured on.
        key: of the version.
        readable: whether the page that reads scans reads with this version.
    """
    cases, config = test.worst(), test.config
    n = len(test.labels)
    if not len(cases):
        st.markdown(f"It got none of the {n:,} test cases wrong.")
        return
    order = "The one furthest from right comes first."
    if config.finding is not None:
        missed = int(test.truth(config.finding)[cases].sum())
        order = (
            f"The {missed:,} missed ones come first, then the {len(cases) - missed:,} false alarms; of each "
            "the one furthest from right begins."
        )
    st.markdown(
        f"If it had to call each, it would get {len(cases):,} of the {n:,} test cases wrong. {order}"
    )

    def words(case: int) -> list[str]:
        label, called = (
            class_text(class_names(values[case], config.classes))
            for values in (test.labels, test.predicted)
        )
        shown = _shown(test, case)
        return [
            f"**{case + 1}**, label: {plain(label)}",
            f"answered: {plain(called)}",
            f"{plain(config.classes[shown])}: {test.probabilities[case, shown]:.3f}",
        ]

    def opened() -> None:
        task = dataset.facts.name
        st.session_state["task"], st.session_state[f"model-{task}"] = task, config.variant
        st.switch_page("pages/read.py")

    gallery(
        cases.tolist(),
        dataset,
        words,
        key="performance-worst",
        of=key,
        opened=opened if readable else None,
    )


def _shown(test: Predictions, case: int) -> int:
    """The class whose probability says most about an error: the finding, what was called, the wrong label."""
    if test.config.finding is not None:
        return test.config.finding
    probabilities = test.probabilities[case]
    if test.config.task == "multi-label":
        return int(np.abs(probabilities - test.labels[case]).argmax())
    return int(probabilities.argmax())
