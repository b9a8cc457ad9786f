"""Every model against a reference on the same test cases: differences, intervals, tests."""

from collections.abc import Mapping, Sequence

import streamlit as st

from diagnosis.dashboard.compare import cached
from diagnosis.dashboard.compare.version_choice import Choice
from diagnosis.dashboard.glossary.terms import terms
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.tables import table
from diagnosis.datasets import Dataset
from diagnosis.evaluation.paired import Difference
from diagnosis.text.comparison import caution, difference_text, meaning
from diagnosis.text.evaluation import metric_name


@st.fragment
def paired_tests(choices: Sequence[Choice], dataset: Dataset) -> None:
    """Draw it. Another reference reruns this part of the page only.

    Args:
        choices: two or more that can read the data set.
        dataset: with cases of every class in its test split.
    """
    titles = {choice.token: choice.title for choice in choices}
    reference_token = st.selectbox(
        "Compare with", list(titles), format_func=titles.__getitem__, width=360,
        key="compare-reference-" + ",".join(titles),
    )  # fmt: skip
    reference = next(choice for choice in choices if choice.token == reference_token)
    with st.spinner("Comparing them case by case"):
        differences = {
            choice.title: cached.differences(choice.version, reference.version, dataset)
            for choice in choices
            if choice is not reference
        }
    figures = list(dict.fromkeys(name for each in differences.values() for name in each))
    table(
        [f"minus {reference.title}", *(metric_name(name) for name in figures)],
        [
            (title, *(difference_text(each[name]) if name in each else "–" for name in figures))
            for title, each in differences.items()
        ],
    )
    synthetic = "synthetic " if dataset.facts.synthetic else ""
    n = len(dataset.labels["test"])
    st.caption(
        f"The {n:,} {synthetic}test cases of {plain(dataset.facts.title)}, the same for all: the figure of "
        f"each model minus that of {plain(reference.title)}, its 95 % interval, and p, how often chance "
        "alone would give a difference as large if there were none.",
        help=terms("paired comparison", "DeLong", "McNemar", "p value", "confidence interval"),
    )
    for title, each in differences.items():
        st.markdown(
            plain(f"{meaning(title, reference.title, each)}{_errors(title, reference.title, each)}")
        )
    st.caption(caution(sum(len(each) for each in differences.values())))


def _errors(first: str, second: str, differences: Mapping[str, Difference]) -> str:
    """The cases that only one of them classifies correctly."""
    accuracy = differences["accuracy"]
    if accuracy.only_first is None:
        return ""
    return (
        f" Only {first} classifies {accuracy.only_first} cases correctly, only {second} "
        f"{accuracy.only_second}."
    )
