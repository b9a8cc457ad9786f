"""Every model against a reference on the same test cases: differences, intervals, tests."""

from collections.abc import Mapping, Sequence

import streamlit as st

from diagnosis.dashboard.compare import cached
from diagnosis.dashboard.compare.version_choice import Choice
from diagnosis.dashboard.glossary.terms import terms
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.tables import Bold, table
from diagnosis.datasets import Dataset
from diagnosis.evaluation.paired import Difference
from diagnosis.text.comparison import caution, difference_text
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
        [f"minus {reference.title}", *(metric_name(name) for name in figures), "correct alone"],
        [
            (title, *(_cell(each.get(name)) for name in figures), _alone(each))
            for title, each in differences.items()
        ],
        key="paired-tests",
        file="compare-paired-tests",
    )
    synthetic = "synthetic " if dataset.facts.synthetic else ""
    st.caption(
        f"{len(dataset.labels['test']):,} {synthetic}test cases, the same for all; 95 % intervals. **Bold**: "
        "the interval excludes 0.",
        help=f"Each model's figure minus that of {plain(reference.title)}; p: how often chance alone would "
        "give a difference as large if there were none. “Correct alone”: cases that only this model, and "
        "only the other, classifies correctly. An interval that contains 0 does not mean that the models are "
        f"equal. {caution(sum(len(each) for each in differences.values()))}\n\n"
        + terms("paired comparison", "DeLong", "McNemar", "p value", "confidence interval"),
    )


def _cell(difference: Difference | None) -> str:
    if difference is None:
        return "–"
    words = difference_text(difference)
    return Bold(words) if difference.apart else words


def _alone(differences: Mapping[str, Difference]) -> str:
    """``12 : 5``; of labels, of which a case may have several, there is no such count."""
    accuracy = differences["accuracy"]
    if accuracy.only_first is None:
        return "–"
    return f"{accuracy.only_first:,} : {accuracy.only_second:,}"
