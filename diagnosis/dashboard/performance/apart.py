"""Test cases that share no patient, or near copy, with the cases that a version learned from."""

import streamlit as st

from diagnosis.core.errors import InputError
from diagnosis.dashboard.shell import caches
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.datasets.groups import GROUPED_BY
from diagnosis.inference.split_predictions import Predictions
from diagnosis.models.card import Metrics
from diagnosis.models.store import Version
from diagnosis.text.evaluation import apart_words


def choose_apart(test: Predictions, version: Version) -> tuple[Predictions, Metrics]:
    """All test cases or those apart, with the figures of the card; asked only where they differ."""
    metrics = version.card.metrics
    if metrics.test_apart is None or version.dataset not in GROUPED_BY:
        return test, metrics.test
    try:
        dataset = caches.dataset(version.dataset, version.config.encoder.data_size)
    except InputError:
        dataset = None
    if dataset is None or dataset.sha256 != version.card.dataset.sha256:
        return test, metrics.test
    apart = ~dataset.known_from("test", "train", "val")
    words = {
        "all": f"All {len(apart):,}",
        "apart": f"{apart.sum():,} {apart_words(version.dataset)}",
    }
    chosen = st.segmented_control(
        "Test images below", list(words), format_func=words.__getitem__, required=True,
        **persistent(f"performance-apart-{version.name}", "all"),
    )  # fmt: skip
    return (test.of(apart), metrics.test_apart) if chosen == "apart" else (test, metrics.test)
