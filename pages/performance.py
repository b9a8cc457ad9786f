"""Performance: error rates, operating point, calibration, abstention, misclassified cases."""

import streamlit as st

from diagnosis.dashboard.shell import page
from diagnosis.dashboard.shell.escape import show_error

page.begin("Performance", key="performance")
st.title("Performance")

# What takes time to import comes after the frame of the page is there.
from diagnosis.core.errors import InputError  # noqa: E402
from diagnosis.dashboard.performance.apart import choose_apart  # noqa: E402
from diagnosis.dashboard.performance.calibration import calibration  # noqa: E402
from diagnosis.dashboard.performance.classes import classes  # noqa: E402
from diagnosis.dashboard.performance.coverage import coverage  # noqa: E402
from diagnosis.dashboard.performance.misclassified import misclassified  # noqa: E402
from diagnosis.dashboard.performance.operating_point import operating_point  # noqa: E402
from diagnosis.dashboard.performance.predictions import predictions  # noqa: E402
from diagnosis.dashboard.performance.projection import projected  # noqa: E402
from diagnosis.dashboard.performance.summary import summary  # noqa: E402
from diagnosis.dashboard.performance.threshold import THRESHOLD  # noqa: E402
from diagnosis.dashboard.shell import caches  # noqa: E402
from diagnosis.dashboard.shell.copy_link import copy_link  # noqa: E402
from diagnosis.dashboard.widgets.download import download  # noqa: E402
from diagnosis.dashboard.widgets.version_picker import choose_version, is_active  # noqa: E402
from diagnosis.datasets import Dataset  # noqa: E402
from diagnosis.models import store  # noqa: E402
from diagnosis.registry import looks  # noqa: E402

versions = store.versions()
if not versions:
    st.info("No models yet. Train one with `python -m diagnosis train phantoms lstm`.")
    st.stop()
version = choose_version(versions, drops=(THRESHOLD,))
try:
    by_split, config, card = predictions(version), version.config, version.card
    key = f"{version.name}/{version.version}"
    looks.shown(card.dataset.sha256, key)
except InputError as error:  # a damaged folder, or a full disk
    show_error(error)
    st.stop()
if by_split is None:
    st.stop()
test = by_split["test"]
summary(version)
copy_link()
shown, measured = choose_apart(test, version)

if config.task == "binary":
    st.header("Operating point", anchor=False)
    operating_point(shown, version, key=key)

st.header("Calibration", anchor=False)
calibration(shown, measured, card, key=key)

st.header("Coverage and abstention", anchor=False)
coverage(shown, version)

st.header("Per-class performance", anchor=False)
classes(shown, synthetic=card.dataset.synthetic, recorded=config.embedding > 0)

st.header("Misclassified cases", anchor=False)
try:
    dataset: Dataset | None = caches.dataset(version.dataset, config.encoder.data_size)
except InputError:
    dataset = None
if dataset is None or dataset.sha256 != card.dataset.sha256:
    problem = "" if dataset is None else " Another copy of the set is here than it was measured on."
    st.caption(f"The cases are not shown.{problem}")
    if dataset is None:
        download(version.dataset, config.encoder.data_size)
else:
    readable = is_active(version)
    misclassified(test, dataset, key=key, readable=readable)
    st.header("Projection", anchor=False)
    projected(test, dataset, folder=str(version.folder), readable=readable)
