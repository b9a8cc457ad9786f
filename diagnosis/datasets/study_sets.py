"""The sets of studies that have a name here, and what reads them."""

from pathlib import Path

from diagnosis.datasets.dataset import Dataset
from diagnosis.datasets.facts import DatasetFacts
from diagnosis.datasets.ham10000 import read_ham10000
from diagnosis.datasets.study_phantoms import study_phantoms


def open_studies(facts: DatasetFacts, path: Path | None, size: int) -> Dataset:
    """The data set ``facts`` from where it lies; None for synthetic studies.

    Raises:
        DatasetError: it is not what is published.
    """
    return study_phantoms(size=size) if path is None else read_ham10000(facts, path, size)
