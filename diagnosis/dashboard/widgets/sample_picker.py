"""A sample: a test image or record of the task's data set by its number, at random, or from thumbnails."""

import random

import streamlit as st

from diagnosis.cases import Case
from diagnosis.core.errors import InputError
from diagnosis.dashboard.shell import address, caches
from diagnosis.dashboard.widgets import case_label
from diagnosis.dashboard.widgets.download import download
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.dashboard.widgets.sample_browser import browse
from diagnosis.datasets import catalogue, locate
from diagnosis.datasets.record_set import recoded
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import Version

# In the session: number and kind of a sample that another page opened, until a notice says so.
OPENED = "sample-opened"


def is_here(task: str, size: int) -> bool:
    """Whether a data set can be read without a download."""
    facts = catalogue().get(task)
    return (facts is not None and facts.synthetic) or locate(task, size=size) is not None


def open_sample(task: str, number: int, what: str = "image") -> None:
    """Make a test case the case of the session; for a callback of a list with labels elsewhere.

    Args:
        task: the data set.
        number: of the case in its test split.
        what: it is, as of ``Dataset.holds``.
    """
    st.session_state["source"] = "Sample"
    st.session_state[f"sample-{task}"] = number
    st.session_state[OPENED] = f"{what} {number}"
    if any(name in st.query_params for name in address.OF_CASE):  # of the page that the list is on
        address.write_case(sample=str(number))
    case_label.seen(f"{task}, test {what} {number}")


def say_opened() -> None:
    """Say that another page opened a sample, once."""
    if opened := st.session_state.pop(OPENED, None):
        st.toast(f"Test {opened} is open at the top of the page.")


def choose_sample(version: Version, config: ModelConfig) -> Case | None:
    """The chosen test image; None, with a way to get it, if the data set is not on this machine.

    Args:
        version: of the model that will read it.
        config: the version's.
    """
    task = version.dataset
    try:
        dataset = caches.dataset(task, config.encoder.data_size)
    except InputError:
        download(task, config.encoder.data_size)
        return None
    if config.encoder.embedded:
        dataset = recoded(dataset, getattr(config.encoder, "codes", ()))
    cases, key = len(dataset.labels["test"]), f"sample-{task}"
    if asked := address.number("sample", 1, cases):
        st.session_state[key] = asked

    def choose(number: int) -> None:
        st.session_state[key] = number
        address.write_case(sample=str(number))

    number = st.number_input(
        f"Test {dataset.holds}, 1 to {cases:,}", 1, cases, width=112,
        label_visibility="collapsed",
        **persistent(key, 1, range(1, cases + 1)), on_change=lambda: choose(st.session_state[key]),
    )  # fmt: skip
    st.caption(f"of {cases:,}", width="content")
    st.button("Random", key="sample-random", on_click=lambda: choose(random.randint(1, cases)))
    if dataset.holds != "record" and st.button(
        "Browse", key="sample-browse"
    ):  # events are no picture
        browse(dataset, version, choose)
    address.show(sample=str(number))
    return dataset.case("test", number)
