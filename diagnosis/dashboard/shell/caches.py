"""Models and data sets in memory: immutable, shared by all sessions, bounded in number."""

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from diagnosis.datasets import Dataset, DatasetFacts, load, locate
from diagnosis.models.store import Version

if TYPE_CHECKING:  # it brings Keras, for which no page waits at its top
    from diagnosis.inference.predictor import Predictor


@st.cache_resource(max_entries=12, show_spinner=False)
def model(version_folder: str) -> "Predictor":
    """The predictor of a model version; loaded once, since a version never changes.

    Args:
        version_folder: ``str(version.folder)`` of a version that ``models.store`` knows.

    Raises:
        ModelError: its files are damaged.
    """
    from diagnosis.inference.predictor import Predictor

    return Predictor(Version(Path(version_folder)))


@st.cache_resource(max_entries=4, show_spinner=False)
def dataset(name: str, size: int) -> Dataset:
    """A data set that is on this machine; nothing is downloaded.

    Args:
        name: in ``datasets.catalogue()``, or of a file in ``$SCANLINE_DATA`` or an import.
        size: pixels along each side.

    Raises:
        DatasetError: it is not on this machine, or not usable; the sentence says how to get it.
    """
    return load(name, size=size, download=False)


def sizes_here(facts: DatasetFacts) -> tuple[int, ...]:
    """The sizes at which a set can be read without a download; empty if it is not on this machine."""
    if facts.synthetic:
        return facts.sizes
    return tuple(size for size in facts.sizes if locate(facts.name, size=size))
