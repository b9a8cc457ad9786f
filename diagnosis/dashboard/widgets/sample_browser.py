"""Test images as thumbnails to choose from, by label and by the model's outcome."""

import random
from collections.abc import Callable

import numpy as np
import streamlit as st

from diagnosis.core.errors import InputError
from diagnosis.dashboard.shell import caches
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets import case_label
from diagnosis.dashboard.widgets.thumbnails import thumbnail
from diagnosis.datasets import Dataset
from diagnosis.evaluation.decision_rule import class_names
from diagnosis.figures.contact_sheet import middle_slices
from diagnosis.inference.split_predictions import abstention
from diagnosis.models.store import Version
from diagnosis.models.variants import VARIANTS
from diagnosis.text.classes import class_text

PAGE = 24  # thumbnails at a time
ANY = "any"
PICKED = "sample-picked"  # in the session, for as long as it takes to close the dialog


@st.dialog("Test images", width="large")
def browse(dataset: Dataset, version: Version, choose: Callable[[int], None]) -> None:
    """Draw the dialog; it closes with a choice.

    Args:
        dataset: whose test split it is.
        version: of the model by whose outcomes they can be chosen.
        choose: gets the number of the chosen image, from 1, in a callback.
    """
    if st.session_state.pop(PICKED, False):
        st.rerun()
    task = dataset.facts.name
    with st.container(horizontal=True, vertical_alignment="bottom"):
        found, filtered = _found(dataset, version)
        labels = st.toggle("Show labels", key="browse-labels")

    def pick(number: int) -> None:
        if labels or filtered:  # what one filters by, one knows of every image that is found
            case_label.seen(f"{task}, test {dataset.holds} {number}")
        st.session_state[PICKED] = True
        choose(number)

    pages = max(1, -(-len(found) // PAGE))
    key = f"browse-page-{task}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        page = 1
        if pages > 1:
            st.session_state[key] = min(st.session_state.get(key, 1), pages)
            page = st.number_input(f"Page, 1 to {pages}", 1, pages, key=key, width=140)
        st.button(
            "Random", key="browse-random", disabled=not len(found),
            on_click=lambda: pick(int(random.choice(found)) + 1),
        )  # fmt: skip
        st.caption(f"{len(found):,} of {len(dataset.labels['test']):,}", width="content")
    shown = found[(page - 1) * PAGE : page * PAGE].tolist()
    with st.container(key="browse-thumbnails"):
        st.pills(
            "Test image", shown, key="browse-images", label_visibility="collapsed",
            format_func=lambda case: _option(dataset, case, labels),
            required=True, on_change=lambda: pick(st.session_state["browse-images"] + 1),
        )  # fmt: skip


def _found(dataset: Dataset, version: Version) -> tuple[np.ndarray, bool]:
    """Indices of the test images that the filters let through, int ``(k,)``, and whether any is set."""
    classes, labels = dataset.facts.classes, dataset.labels["test"]
    label = st.selectbox(
        "Label", [ANY, *range(len(classes))], key="browse-label", width=200,
        format_func=lambda k: "any" if k == ANY else plain(classes[k]),
    )  # fmt: skip
    found = np.ones(len(labels), bool)
    if label != ANY:
        found &= labels[:, label] == 1 if labels.ndim == 2 else labels == label
    outcome = ANY
    if by := _outcomes(dataset, version):
        outcome = st.selectbox(
            f"Outcome of {VARIANTS[version.variant].title}", [ANY, *by], key="browse-outcome", width=240,
            help="By the operating point and the indeterminate range alone.",
        )  # fmt: skip
        if outcome != ANY:
            found &= by[outcome]
    return np.flatnonzero(found), (label, outcome) != (ANY, ANY)


def _outcomes(dataset: Dataset, version: Version) -> dict[str, np.ndarray]:
    """Which test images a version predicts how, bool ``(n,)`` each; empty if that is not known."""
    try:
        measured = caches.model(str(version.folder)).measured
        rule = abstention(version)
    except InputError:
        return {}
    if measured is None or not np.array_equal(measured.labels, dataset.labels["test"]):
        return {}
    indeterminate = np.zeros(len(measured.labels), bool)
    if rule is not None:
        indeterminate = np.array([rule.applies_to(margin) for margin in measured.margins])
    return {
        "correct": ~measured.wrong & ~indeterminate,
        "misclassified": measured.wrong & ~indeterminate,
        "indeterminate": indeterminate,
    }


def _option(dataset: Dataset, case: int, labelled: bool) -> str:
    picture = dataset.pictures("test")[case]
    if dataset.facts.dimensions == 3:
        picture = middle_slices(picture[None])[0]
    words = f"{case + 1}"
    if labelled:
        label = class_names(dataset.labels["test"][case], dataset.facts.classes)
        words += f" {plain(class_text(label))}"
    return f"{thumbnail(picture, f'Test image {case + 1}')} {words}"
