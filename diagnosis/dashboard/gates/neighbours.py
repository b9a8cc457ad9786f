"""Similar cases: the training images nearest to the case in the states of the network."""

from io import BytesIO
from typing import get_args

import numpy as np
import streamlit as st
from PIL import Image

from diagnosis.core.errors import InputError
from diagnosis.dashboard.gates.context import Subject
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.persistent import persistent
from diagnosis.datasets import Dataset, DatasetFacts
from diagnosis.explanations.neighbours import (
    By,
    Index,
    Neighbours,
    SimilarCases,
    build_index,
    open_index,
)
from diagnosis.explanations.states import StateReader
from diagnosis.figures.contact_sheet import middle_slices
from diagnosis.inference.predictor import Predictor
from diagnosis.models.store import Version
from diagnosis.text.classes import class_text
from diagnosis.traces.check import rebuilt_once

SHOWN = 8
SIDE = 104  # pixels of a thumbnail: nine stand side by side, on a telephone three
SAME = 1e-4  # a distance below this is that of the very same picture
_BY: dict[By, str] = {"trajectory": "By all hidden states", "final state": "By the final state"}


def draw(subject: Subject) -> None:
    """Draw the section; the first time for a version its index is built."""
    dataset = subject.dataset
    misfit = SimilarCases().misfit(subject.config, dataset)
    if misfit is not None or dataset is None:
        st.info("" if misfit is None else misfit.sentence)
        return
    folder = str(subject.version.folder)
    try:
        states = rebuilt_once(
            lambda: _reader(subject.model, folder)(subject.prediction.sequence.values[None]),
            lambda: _reader.clear(subject.model, folder),
        )
        reader = _reader(subject.model, folder)
        index = _index(subject.version, reader, dataset)
    except InputError as error:
        st.error(plain(str(error)))
        return
    by = _by(reader)
    query = states.trajectories[0] if by == "trajectory" else states.finals[0]
    found = index.nearest(query, by, SHOWN)
    _sharing(subject, dataset, index, found)
    _thumbnails(subject, dataset, found)
    _limits(dataset, index, found)


@st.cache_resource(max_entries=12, show_spinner=False)
def _reader(_model: Predictor, folder: str) -> StateReader:
    return StateReader(_model.forward.model, _model.config)


@st.cache_resource(max_entries=4, show_spinner=False)
def _opened(
    _version: Version, _reader: StateReader, _dataset: Dataset, key: tuple[str, str]
) -> Index | None:
    return open_index(_version, _reader, _dataset)


def _index(version: Version, reader: StateReader, dataset: Dataset) -> Index:
    """The index of a version, built with a progress bar if there is none."""
    key = (str(version.folder), dataset.sha256)
    index = _opened(version, reader, dataset, key)
    if index is None:
        n = len(dataset.images["train"])
        words = f"First use with this model: the {n} training images are indexed once."
        bar = st.progress(0.0, words)

        def show(share: float) -> None:
            bar.progress(share, words)

        index = build_index(version, reader, dataset, show)
        bar.empty()
        _opened.clear(version, reader, dataset, key)
    return index


def _by(reader: StateReader) -> By:
    """Ask what is compared; a network without hidden states has a final state only."""
    ways: list[By] = [by for by in get_args(By) if by == "final state" or reader.trajectory_width]
    if len(ways) == 1:
        return ways[0]
    chosen = st.segmented_control(
        "What is compared", ways, **persistent("similar-by", ways[0], ways), required=True,
        format_func=_BY.__getitem__,
        help="All hidden states: the state after every step, so the whole course must be similar. The final "
        "state: only the input of the output layer.",
    )  # fmt: skip
    return chosen or ways[0]


def _sharing(subject: Subject, dataset: Dataset, index: Index, found: Neighbours) -> None:
    """How many of them have the predicted label."""
    predicted, k = subject.prediction.predicted_classes, len(found.numbers)
    for name in predicted:
        same = _has(found.labels, dataset.facts, name)
        st.markdown(
            f"**{int(same.sum())} of the {k}** most similar training images are labelled “{plain(name)}”, "
            f"the prediction for the case; of all {index.n} in the index, "
            f"{_has(index.labels, dataset.facts, name).mean():.0%} are."
        )
    if not predicted:
        st.markdown("No class is predicted for this case, so there is no label to compare with.")
    if found.distances[0] < SAME:
        st.markdown(
            f"At distance 0, training image {found.numbers[0] + 1} is this case, or the network cannot "
            "distinguish them: it was trained on it, so this says nothing about new cases."
        )


def _has(labels: np.ndarray, facts: DatasetFacts, name: str) -> np.ndarray:
    """Which of the labels ``(n,)`` or ``(n, classes)`` say ``name``, bool ``(n,)``."""
    index = facts.classes.index(name)
    return labels[:, index] == 1 if facts.task == "multi-label" else labels == index


def _thumbnails(subject: Subject, dataset: Dataset, found: Neighbours) -> None:
    facts = dataset.facts
    with st.container(key="similar-cases", horizontal=True, gap="small"):
        with st.container(width=SIDE, gap="xsmall"):
            _thumbnail(subject.prediction.image, facts, alt="The case")
            st.markdown("**The case**")
            prediction = subject.prediction
            classes = plain(class_text(prediction.predicted_classes))
            st.caption(f"prediction: {classes}" if prediction.is_predicted else prediction.outcome)
        for number, distance, label in zip(
            found.numbers, found.distances, found.labels, strict=True
        ):
            with st.container(width=SIDE, gap="xsmall"):
                image = dataset.pictures("train")[number]
                _thumbnail(image, facts, alt=f"Training image {number + 1}")
                st.markdown(plain(_label(label, facts)))
                st.caption(f"distance {distance:.2f}  \nimage {number + 1}")


def _label(label: np.ndarray, facts: DatasetFacts) -> str:
    if facts.task != "multi-label":
        return facts.classes[int(label)]
    present = [name for name, value in zip(facts.classes, label, strict=True) if value]
    return class_text(present)


def _thumbnail(image: np.ndarray, facts: DatasetFacts, *, alt: str) -> None:
    """One image of the set, its pixels as the squares they are; of a volume the middle slice."""
    pixels = middle_slices(image[None])[0] if facts.dimensions == 3 else image
    factor = max(1, -(-2 * SIDE // pixels.shape[0]))  # two for each pixel of a fine screen
    large = np.repeat(np.repeat(pixels, factor, axis=0), factor, axis=1)
    file = BytesIO()
    Image.fromarray(large).save(file, "PNG")
    st.image(file.getvalue(), width=SIDE, alt=alt)


def _limits(dataset: Dataset, index: Index, found: Neighbours) -> None:
    cut = (
        f" Only the first {index.n} of {index.all} are in the index, which is bounded in size."
        if index.n < index.all
        else ""
    )
    synthetic = "synthetic " if dataset.facts.synthetic else ""
    st.caption(
        f"From the {index.all} {synthetic}training images of {plain(dataset.facts.title)}.{cut} Distances "
        f"are Euclidean, between the network's states; half of all images are further away than "
        f"{found.median:.2f}. {SimilarCases.caption}"
    )
