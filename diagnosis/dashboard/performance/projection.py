"""The test split as a network sees it: final states in a plane, whose points show and open cases."""

from typing import Any

import numpy as np
import streamlit as st

from diagnosis.dashboard.performance.misclassified import case_captions
from diagnosis.dashboard.shell import caches
from diagnosis.dashboard.shell.page import PAGES
from diagnosis.dashboard.widgets.charts import theme
from diagnosis.dashboard.widgets.gallery import PAGE, gallery
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.datasets import Dataset
from diagnosis.figures.projection import projection_figure
from diagnosis.inference.projection import Projection, projection
from diagnosis.inference.split_predictions import Predictions

KEY = "performance-projection"


@st.fragment
def projected(test: Predictions, dataset: Dataset, *, folder: str, readable: bool) -> None:
    """Draw it once it is asked for: all test cases are read for it.

    Args:
        test: the version's predictions of the whole test split.
        dataset: that it was measured on.
        folder: of the version.
        readable: as of `misclassified`.
    """
    if not st.toggle(
        "Project the final states of all test cases",
        **persistent(KEY, False),
        help="Two principal components of what the output layer reads: the last hidden state, or the dense "
        "layer behind it. `python -m diagnosis features` writes the states themselves.",
    ):
        return
    with st.spinner("Reading the test split"):
        found = _projection(folder, dataset.sha256, dataset)
    figure = projection_figure(
        found.points, groups=_groups(test), wrong=test.wrong, shares=found.shares, theme=theme()
    )
    event: Any = st.plotly_chart(
        figure, key=f"{KEY}-{folder}", on_select="rerun", selection_mode="points",
        config={"displayModeBar": False, "scrollZoom": False},
        alt=f"{len(found.points):,} test cases by two principal components of their final states",
    )  # fmt: skip
    st.caption(
        f"The plane holds {sum(found.shares):.0%} of the variance of {found.units:,} numbers a case: what "
        "looks close on it may lie apart. Press a point to see its case."
    )
    chosen = sorted({_case(point["customdata"]) for point in event.selection.points})
    if chosen:
        task = dataset.facts.name
        gallery(
            chosen, dataset, case_captions(test), key=f"{KEY}-cases", of=f"{folder}-{chosen[0]}", opened=None
        )  # fmt: skip
        for case in chosen[:PAGE] if readable else ():
            st.page_link(
                PAGES["read"].file, label=f"Read test case {case + 1}",
                query_params={"task": task, "model": test.config.variant, "sample": str(case + 1)},
            )  # fmt: skip


@st.cache_resource(max_entries=8, show_spinner=False)
def _projection(folder: str, sha256: str, _dataset: Dataset) -> Projection:
    del sha256
    return projection(caches.model(folder).forward, _dataset, "test")


def _groups(test: Predictions) -> dict[str, np.ndarray]:
    """Cases by their label; of several labels all are one group."""
    if test.config.task == "multi-label":
        return {"all labels": np.ones(len(test.labels), bool)}
    return {name: test.truth(index) for index, name in enumerate(test.config.classes)}


def _case(number: Any) -> int:
    """From a point's data, which Streamlit gives as a number or a list of one, the case from 0."""
    return int(np.ravel(number)[0]) - 1
