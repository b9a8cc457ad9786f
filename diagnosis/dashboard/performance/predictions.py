"""What a version said when it was measured; for one that kept nothing, what it says now."""

from collections.abc import Mapping
from types import MappingProxyType

import streamlit as st

from diagnosis.core.errors import InputError
from diagnosis.dashboard.shell import caches, warmup
from diagnosis.datasets import Dataset
from diagnosis.inference.split_predictions import Predictions, predict, stored
from diagnosis.models.store import Version

SPLITS = ("val", "test")


@st.cache_resource(max_entries=16, show_spinner=False)
def _stored(folder: str, _version: Version) -> Mapping[str, Predictions] | None:
    kept = {split: stored(_version, split) for split in SPLITS}
    known = {split: found for split, found in kept.items() if found is not None}
    return MappingProxyType(known) if len(known) == len(SPLITS) else None


def predictions(version: Version) -> Mapping[str, Predictions] | None:
    """A version's answers to the validation and the test split; None, with a sentence on the page, without.

    Raises:
        InputError: its files are not what was saved.
    """
    kept = _stored(str(version.folder), version)
    return _measured_now(version) if kept is None else kept


def _measured_now(version: Version) -> Mapping[str, Predictions] | None:
    try:
        dataset: Dataset | None = caches.dataset(version.dataset, version.config.encoder.data_size)
    except InputError:
        dataset = None
    if dataset is None or dataset.sha256 != version.card["dataset"]["sha256"]:
        st.info(
            "This version is from before its answers were kept, and the data set that it learned from is not "
            "on this machine: its figures are on the Models page. Train it again to see more here."
        )
        return None
    with st.spinner("Reading both splits with it"):
        warmup.wait()
        return _read(str(version.folder), dataset.sha256, dataset)


@st.cache_resource(max_entries=16, show_spinner=False)
def _read(folder: str, sha256: str, _dataset: Dataset) -> Mapping[str, Predictions]:
    """Kept for a version and the pictures that it read, whatever their file is called."""
    del sha256
    reader = caches.model(folder).forward
    return MappingProxyType({split: predict(reader, _dataset, split) for split in SPLITS})
