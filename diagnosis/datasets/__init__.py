"""Labelled sets of scans: one table of facts, loading with checks, and built-in phantoms.

``load("pneumoniamnist")`` gives a `Dataset`; ``catalogue()`` gives the facts without any download.
"""

from diagnosis.core.paths import cache_folder
from diagnosis.datasets.dataset import SPLITS, Dataset, DatasetError
from diagnosis.datasets.facts import (
    DatasetFacts,
    PublishedFile,
    Task,
    catalogue,
    marked,
    task_title,
    title_of,
)
from diagnosis.datasets.loading import fetch, has_records, load, locate, own_files
from diagnosis.datasets.phantoms import phantoms

__all__ = [
    "SPLITS",
    "Dataset",
    "DatasetError",
    "DatasetFacts",
    "PublishedFile",
    "Task",
    "cache_folder",
    "catalogue",
    "fetch",
    "has_records",
    "load",
    "locate",
    "marked",
    "own_files",
    "phantoms",
    "task_title",
    "title_of",
]
