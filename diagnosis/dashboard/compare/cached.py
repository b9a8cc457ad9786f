"""Computed once for all sessions: a version never changes, and so neither do its predictions."""

from collections.abc import Mapping, Sequence

import streamlit as st

from diagnosis.comparison.case_predictions import problem_of
from diagnosis.comparison.predictions import predict
from diagnosis.comparison.timing import Timing, time_of
from diagnosis.dashboard.compare.version_choice import Choice
from diagnosis.dashboard.shell import caches
from diagnosis.dashboard.shell.escape import plain
from diagnosis.datasets import Dataset
from diagnosis.evaluation.paired import Difference, compare
from diagnosis.inference.split_predictions import Predictions
from diagnosis.models.store import Version


@st.cache_resource(max_entries=64, show_spinner=False)
def _predictions(folder: str, sha256: str, _dataset: Dataset) -> Predictions:
    return predict(caches.model(folder), _dataset)


def predictions(version: Version, dataset: Dataset) -> Predictions:
    """A version's predictions of the test split.

    Raises:
        InputError: its files are not what was saved, or it does not fit the data set.
    """
    return _predictions(str(version.folder), dataset.sha256, dataset)


def readable(choices: Sequence[Choice], dataset: Dataset) -> list[Choice]:
    """The choices that can read the test split; for the others the page shows the problem."""
    able = []
    with st.spinner("Predicting the test split with each model"):
        for choice in choices:
            try:
                predictions(choice.version, dataset)
                able.append(choice)
            except Exception as error:  # whatever it is, it is this model's alone
                problem = problem_of(choice.version, error)
                st.caption(plain(f"{choice.title} is left out here: {problem}"))
    return able


@st.cache_resource(max_entries=256, show_spinner=False)
def _differences(
    first: str, second: str, sha256: str, _dataset: Dataset
) -> Mapping[str, Difference]:
    one, other = (_predictions(folder, sha256, _dataset) for folder in (first, second))
    labels = _dataset.labels["test"]
    return compare(labels, one.probabilities, other.probabilities, rules=(one.rule, other.rule))


def differences(first: Version, second: Version, dataset: Dataset) -> Mapping[str, Difference]:
    """The figures of one version minus those of another on the test split.

    Raises:
        InputError: as `predictions`.
        ValueError: the split lacks a class.
    """
    return _differences(str(first.folder), str(second.folder), dataset.sha256, dataset)


@st.cache_resource(max_entries=64, show_spinner=False)
def timing(folder: str) -> Timing:
    """Prediction time of a version for one scan, measured once in this process.

    Raises:
        InputError: its files are not what was saved.
    """
    return time_of(caches.model(folder))
