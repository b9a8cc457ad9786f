"""Performance: how often a version errs, at which threshold, and how far its probabilities can be trusted."""

import streamlit as st

from diagnosis.dashboard.shell import page
from diagnosis.dashboard.widgets.escape import show_error

page.begin("Performance", key="performance")
st.title("Performance")

# What takes time to import comes after the frame of the page is there.
from diagnosis.core.errors import InputError  # noqa: E402
from diagnosis.dashboard.performance.calibration import reliability  # noqa: E402
from diagnosis.dashboard.performance.classes import classes  # noqa: E402
from diagnosis.dashboard.performance.coverage import coverage  # noqa: E402
from diagnosis.dashboard.performance.misclassified import worst_cases  # noqa: E402
from diagnosis.dashboard.performance.operating_point import operating  # noqa: E402
from diagnosis.dashboard.performance.predictions import predictions  # noqa: E402
from diagnosis.dashboard.performance.summary import summary  # noqa: E402
from diagnosis.dashboard.shell import caches  # noqa: E402
from diagnosis.dashboard.widgets.version_picker import choose_version, is_active  # noqa: E402
from diagnosis.datasets import Dataset  # noqa: E402
from diagnosis.models import store  # noqa: E402

versions = store.versions()
if not versions:
    st.info("There is no model yet: train one with `python -m diagnosis train phantoms lstm`.")
    st.stop()
version = choose_version(versions)
try:
    found, config, card = predictions(version), version.config, version.card
except InputError as error:  # a damaged folder
    show_error(error)
    st.stop()
if found is None:
    st.stop()
test, key = found["test"], f"{version.name}/{version.version}"
summary(version)

if config.task == "binary":
    st.header("Where it calls from", anchor=False)
    operating(found, rule=card["threshold_rule"], key=key)

st.header("Whether the probabilities come true", anchor=False)
reliability(test, card, key=key)

st.header("What it leaves open", anchor=False)
coverage(test, version)

st.header("Each class", anchor=False)
classes(test, synthetic=card["dataset"]["synthetic"])

st.header("What it got wrong", anchor=False)
try:
    dataset: Dataset | None = caches.dataset(version.dataset, config.preparation.size)
except InputError:
    dataset = None
if dataset is None or dataset.sha256 != card["dataset"]["sha256"]:
    st.info(
        "The pictures are shown where the data set that this version was measured on is on this machine: the "
        "Data sets page says how to get it."
    )
else:
    worst_cases(test, dataset, key=key, readable=is_active(version))
