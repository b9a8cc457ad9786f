"""The page Compare: several models on one case, side by side, and on the whole test split."""

import streamlit as st

from diagnosis.cases import FILE, Case
from diagnosis.core.errors import InputError
from diagnosis.dashboard.compare.version_choice import (
    MODELS,
    Choice,
    choose_models,
    first_readable,
)
from diagnosis.dashboard.read import audit_entries, independent_read
from diagnosis.dashboard.shell import caches, turns, warmup
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets import case_picker
from diagnosis.dashboard.widgets.case_label import revealed
from diagnosis.dashboard.widgets.model_picker import choose_task, for_whom, populations
from diagnosis.scans import Limits


def draw() -> None:
    """Draw the page. Parts that take time to import are imported when models are chosen."""
    with st.container(key="compare-models"):
        which_task, which_versions = st.columns([2, 3])
        with which_task:
            task = choose_task(drops=(MODELS,))
        with which_versions:
            choices = [] if task is None else choose_models(task)
    if task is None or not choices:
        return
    try:
        Limits.from_environment()
        first = first_readable(choices)
        config = first.config
    except InputError as error:  # all folders are damaged, or a limit is no number
        st.error(plain(str(error)))
        return
    warmup.hurry()
    case = case_picker.choose(first, config)
    if case is None:
        warmup.browser_charts()
    with st.spinner("Loading the model layer"):
        warmup.wait()
    if case is not None and not independent_read.blocks(case, task):
        _case(case, choices)
    else:
        for_whom(choice.version for choice in choices)
    from diagnosis.dashboard.compare import sections

    st.header("On the test split", anchor=False)
    sections.draw(task, choices, config)


def _case(case: Case, choices: list[Choice]) -> None:
    from diagnosis.comparison.case_predictions import predict_with_each
    from diagnosis.dashboard.compare.case_board import case_board

    with (
        st.spinner("Predicting with each model; the first time each is compiled, for some seconds"),
        turns.turn(),
    ):
        outcomes = predict_with_each(
            [choice.version for choice in choices], case,
            load=lambda version: caches.model(str(version.folder)),
        )  # fmt: skip
    case_board(
        [choice.title for choice in choices],
        outcomes,
        label=revealed(case),
        population=populations(choice.version for choice in choices),
        travels=case.source != FILE,
    )
    from diagnosis.dashboard.compare.parts import parts_beside

    parts_beside(case, [choice.title for choice in choices], outcomes)
    audit_entries.shown(
        case, *((each.version, each.prediction) for each in outcomes if each.prediction)
    )
