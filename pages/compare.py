"""Compare: several networks on one case, side by side, and on the whole test split."""

import streamlit as st

from diagnosis.dashboard.shell import page

page.begin("Compare", key="compare")
st.title("Compare")

# What takes time to import comes after the frame of the page is there.
from diagnosis.core.errors import InputError  # noqa: E402
from diagnosis.dashboard.compare.version_choice import MODELS, choose_models, first_readable  # noqa: E402
from diagnosis.dashboard.read import audit_entries, independent_read  # noqa: E402
from diagnosis.dashboard.shell import caches, turns, warmup  # noqa: E402
from diagnosis.dashboard.widgets import case_picker  # noqa: E402
from diagnosis.dashboard.widgets.escape import plain  # noqa: E402
from diagnosis.dashboard.widgets.model_picker import choose_task, for_whom  # noqa: E402
from diagnosis.scans import Limits  # noqa: E402

with st.container(key="compare-models"):
    task = choose_task(drops=MODELS)
    choices = [] if task is None else choose_models(task)
    for_whom(choice.version for choice in choices)
if task is None or not choices:
    st.stop()
try:
    config = first_readable(choices)
    Limits.from_environment()
except InputError as error:  # all folders are damaged, or a limit is no number
    st.error(plain(str(error)))
    st.stop()

warmup.hurry()
case = case_picker.choose(task, config)
if case is None:
    warmup.browser_charts()

with st.spinner("Loading the model layer"):
    warmup.wait()

from diagnosis.comparison.case_predictions import predict_with_each  # noqa: E402
from diagnosis.dashboard.compare import cached  # noqa: E402
from diagnosis.dashboard.compare.case_board import case_board  # noqa: E402
from diagnosis.dashboard.compare.configuration import made  # noqa: E402
from diagnosis.dashboard.compare.disagreements import disagreements  # noqa: E402
from diagnosis.dashboard.compare.metrics import measured, spread_over_seeds  # noqa: E402
from diagnosis.dashboard.compare.paired_tests import paired  # noqa: E402
from diagnosis.datasets.measurable import check_measurable  # noqa: E402

independent_read.follow_order()
if case is not None and independent_read.awaited(case, task):
    independent_read.say_where()
elif case is not None:
    with (
        st.spinner("Reading it with each model; the first time each is compiled, for some seconds"),
        turns.turn(),
    ):
        outcomes = predict_with_each(
            [choice.version for choice in choices], case,
            load=lambda version: caches.model(str(version.folder)),
        )  # fmt: skip
    row = st.query_params.get("row", "")
    case_board(
        [choice.title for choice in choices], outcomes, label=case.label_text,
        row=int(row) if row.isdecimal() and len(row) < 5 else None,
    )  # fmt: skip
    audit_entries.shown(
        case, *((each.version, each.prediction) for each in outcomes if each.prediction)
    )

st.header("The models", anchor=False)
measured(choices)
made(choices)
spread_over_seeds(choices)

st.header("On the same test cases", anchor=False)
try:
    dataset = caches.dataset(task, config.encoder.data_size)
except InputError:
    st.info(
        "The data set of this task is not on this machine, so the models cannot be compared case by case: "
        "the Data sets page says how to get it."
    )
    st.stop()
try:
    check_measurable(dataset, "test")
except InputError as error:
    st.info(plain(str(error)))
    st.stop()
able = cached.readable(choices, dataset)
if len(able) > 1:
    paired(able, dataset)
    disagreements(able, dataset)
