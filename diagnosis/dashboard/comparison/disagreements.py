"""The cases of the test split on which the chosen models disagree, a page of them at a time."""

from collections.abc import Sequence

import streamlit as st

from diagnosis.comparison.agreement import in_words
from diagnosis.comparison.predictions import Predictions
from diagnosis.comparison.predictions import disagreements as where_they_differ
from diagnosis.dashboard.cases import open_sample
from diagnosis.dashboard.comparison import shared
from diagnosis.dashboard.comparison.choice import Choice
from diagnosis.dashboard.plain import plain
from diagnosis.datasets import Dataset
from diagnosis.evaluation.answers import named
from diagnosis.figures.contact_sheet import contact_sheet, middle_slices

PAGE, SIDE = 12, 112  # cases on a page; pixels a side


@st.fragment
def disagreements(choices: Sequence[Choice], dataset: Dataset) -> None:
    """Draw them. Another page reruns this part only; opening a case reruns all.

    Args:
        choices: two or more that can read the data set.
        dataset: theirs.
    """
    st.subheader("Where they disagree", anchor=False)
    known = {choice.title: shared.predictions(choice.version, dataset) for choice in choices}
    cases = where_they_differ(list(known.values()))
    n = len(dataset.labels["test"])
    st.markdown(
        f"These {len(known)} models call {len(cases):,} of the {n:,} test cases differently "
        f"({len(cases) / n:.0%})."
    )
    if not len(cases):
        return
    page = _page(len(cases), ",".join(known))
    with st.container(key="compare-disagreements", horizontal=True, gap="small"):
        for case in cases[page * PAGE : (page + 1) * PAGE]:
            with st.container(width=SIDE + 48, gap="xsmall"):
                _case(int(case), known, dataset)


def _page(cases: int, of: str) -> int:
    """Ask which page, from 0."""
    pages = -(-cases // PAGE)
    if pages == 1:
        return 0
    key = f"compare-page-{of}"
    return st.number_input(f"Page, 1 to {pages}", 1, pages, key=key, width=160) - 1


def _case(case: int, known: dict[str, Predictions], dataset: Dataset) -> None:
    facts = dataset.facts
    image = dataset.images["test"][case : case + 1]
    if facts.dimensions == 3:
        image = middle_slices(image)
    st.image(contact_sheet(image, columns=1, side=SIDE))
    callers: dict[str, list[str]] = {}
    for title, predictions in known.items():
        called = in_words(named(predictions.answers[case], facts.classes))
        callers.setdefault(called, []).append(title)
    label = in_words(named(dataset.labels["test"][case], facts.classes))
    lines = [f"**{case + 1}**, label: {plain(label)}"]
    lines += [f"{plain(what)}: {plain(', '.join(who))}" for what, who in callers.items()]
    st.caption("  \n".join(lines))
    key, sample = f"compare-open-{case}", (facts.name, case + 1)
    if st.button("Open", key=key, on_click=open_sample, args=sample):
        st.rerun()  # of the whole page: the case is at its top
