"""The sections under the case of the page Compare. Only the one that is chosen runs."""

from collections.abc import Callable, Sequence
from contextlib import suppress

import streamlit as st

from diagnosis.core.errors import InputError
from diagnosis.dashboard.compare import cached
from diagnosis.dashboard.compare.configuration import configurations
from diagnosis.dashboard.compare.curves import curves
from diagnosis.dashboard.compare.disagreements import disagreements
from diagnosis.dashboard.compare.metrics import metrics, spread_over_seeds
from diagnosis.dashboard.compare.paired_tests import paired_tests
from diagnosis.dashboard.compare.version_choice import Choice
from diagnosis.dashboard.shell import caches
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.download import download
from diagnosis.dashboard.widgets.persistent import addressed
from diagnosis.datasets import Dataset
from diagnosis.datasets.measurable import check_measurable
from diagnosis.models.config import ModelConfig
from diagnosis.registry import looks

KEY, PARAMETER = "compare-section", "section"
ABOUT_MODELS: dict[str, tuple[str, Callable[[Sequence[Choice]], None]]] = {  # name in the address
    "figures": ("Figures", metrics),
    "configuration": ("Configuration", configurations),
    "seeds": ("Seeds", spread_over_seeds),
}
ABOUT_CASES: dict[str, tuple[str, Callable[[Sequence[Choice], Dataset], None]]] = {
    "curves": ("ROC and calibration", curves),
    "tests": ("Paired tests", paired_tests),
    "disagreements": ("Disagreements", disagreements),
}
ORDER = ("figures", "curves", "tests", "disagreements", "configuration", "seeds")


@st.fragment
def draw(task: str, choices: Sequence[Choice], config: ModelConfig) -> None:
    """Ask for a section and draw it; the case above is not compared again.

    Args:
        task: of the models.
        choices: two or more.
        config: of one of them that can be read.
    """
    for version in (choice.version for choice in choices):
        with suppress(InputError):  # its files cannot be read: so its column says
            looks.shown(version.card.dataset.sha256, f"{version.name}/{version.version}")
    titles = {name: title for name, (title, _) in (ABOUT_MODELS | ABOUT_CASES).items()}
    name = addressed(
        "On the test split", ORDER, parameter=PARAMETER, key=KEY, default=ORDER[0],
        format_func=titles.__getitem__, widget=st.segmented_control, required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    with st.container(
        key=f"test-split-{name}"
    ):  # the board's cursor is on what begins with "compare"
        if name in ABOUT_MODELS:
            ABOUT_MODELS[name][1](choices)
        else:
            _on_the_same_cases(name, task, choices, config)


def _on_the_same_cases(
    name: str, task: str, choices: Sequence[Choice], config: ModelConfig
) -> None:
    try:
        dataset = caches.dataset(task, config.encoder.data_size)
    except InputError:
        download(task, config.encoder.data_size, place="-section")
        return
    try:
        check_measurable(dataset, "test")
    except InputError as error:
        st.info(plain(str(error)))
        return
    readable = cached.readable(choices, dataset)
    if len(readable) > 1:
        ABOUT_CASES[name][1](readable, dataset)
