"""A version's predictions for the validation and the test split: stored with it, or computed now."""

from collections.abc import Mapping
from types import MappingProxyType

import streamlit as st

from diagnosis.core.errors import InputError
from diagnosis.dashboard.shell import caches, warmup
from diagnosis.dashboard.widgets.download import download
from diagnosis.datasets import Dataset
from diagnosis.inference.split_predictions import Predictions, predict, stored
from diagnosis.models.store import Version

SPLITS = ("val", "test")


@st.cache_resource(max_entries=16, show_spinner=False)
def _stored(folder: str, _version: Version) -> Mapping[str, Predictions] | None:
    by_split = {split: stored(_version, split) for split in SPLITS}
    complete = {split: each for split, each in by_split.items() if each is not None}
    return MappingProxyType(complete) if len(complete) == len(SPLITS) else None


def predictions(version: Version) -> Mapping[str, Predictions] | None:
    """A version's predictions by split; None, with a sentence on the page, if there are none.

    Raises:
        InputError: its files are not what was saved.
    """
    by_split = _stored(str(version.folder), version)
    return _compute(version) if by_split is None else by_split


def _compute(version: Version) -> Mapping[str, Predictions] | None:
    try:
        dataset: Dataset | None = caches.dataset(version.dataset, version.config.encoder.data_size)
    except InputError:
        dataset = None
    if dataset is None or dataset.sha256 != version.card.dataset.sha256:
        st.info(
            "This version was trained before predictions were stored, so its data set is needed here. Its "
            "figures are on the Models page."
        )
        if dataset is None:
            download(version.dataset, version.config.encoder.data_size)
        return None
    with st.spinner("Reading both splits"):
        warmup.wait()
        return _read(str(version.folder), dataset.sha256, dataset)


@st.cache_resource(max_entries=16, show_spinner=False)
def _read(folder: str, sha256: str, _dataset: Dataset) -> Mapping[str, Predictions]:
    """Cached by version and by the content of the data set, not by its file name."""
    del sha256
    reader = caches.model(folder).forward
    return MappingProxyType({split: predict(reader, _dataset, split) for split in SPLITS})
