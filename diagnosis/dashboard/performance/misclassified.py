"""The misclassified test cases, missed findings first."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.gallery import gallery
from diagnosis.datasets import Dataset
from diagnosis.evaluation.decision_rule import class_names
from diagnosis.inference.split_predictions import Predictions
from diagnosis.text.classes import class_text


@st.fragment
def misclassified(test: Predictions, dataset: Dataset, *, key: str, readable: bool) -> None:
    """Draw them, a page at a time.

    Args:
        test: the version's predictions.
        dataset: that it was measured on.
        key: of the version.
        readable: whether a case can be opened on the page that reads scans, which uses active versions.
    """
    cases, config = test.worst(), test.config
    n = len(test.labels)
    if not len(cases):
        st.markdown(f"None of the {n:,} test cases is misclassified.")
        return
    order = "the largest errors first"
    if config.finding is not None:
        missed = int(test.truth(config.finding)[cases].sum())
        order = f"{missed:,} false negatives, then {len(cases) - missed:,} false positives"
    st.markdown(
        f"{len(cases):,} of the {n:,} test cases: {order}.",
        help="Without abstention. The largest errors come first.",
    )

    def opened() -> None:
        task = dataset.facts.name
        st.session_state["task"], st.session_state[f"model-{task}"] = task, test.config.variant
        st.switch_page("pages/read.py")

    gallery(
        cases.tolist(),
        dataset,
        case_captions(test),
        key="performance-worst",
        of=key,
        opened=opened if readable else None,
    )


def case_captions(test: Predictions) -> Callable[[int], list[str]]:
    """What stands below the picture of a test case: its number, label, prediction and probability."""
    config = test.config

    def caption(case: int) -> list[str]:
        label, predicted = (
            class_text(class_names(values[case], config.classes))
            for values in (test.labels, test.predicted)
        )
        index = _telling_class(test, case)
        return [
            f"**{case + 1}**, label: {plain(label)}",
            f"predicted: {plain(predicted)}",
            f"{plain(config.classes[index])}: {test.probabilities[case, index]:.3f}",
        ]

    return caption


def _telling_class(test: Predictions, case: int) -> int:
    """The class whose probability explains an error best: the finding, the predicted one, the wrong label."""
    if test.config.finding is not None:
        return test.config.finding
    probabilities = test.probabilities[case]
    if test.config.task == "multi-label":
        return int(np.abs(probabilities - test.labels[case]).argmax())
    return int(probabilities.argmax())
