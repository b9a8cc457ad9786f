"""The card of one data set: facts, classes, sample images, files."""

from collections.abc import Collection

import numpy as np
import streamlit as st

from diagnosis.core import access
from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.shell.page import PAGES
from diagnosis.dashboard.widgets.download import download
from diagnosis.dashboard.widgets.tables import details, table
from diagnosis.datasets import SPLITS, Dataset, DatasetFacts, locate, marked
from diagnosis.figures.contact_sheet import contact_sheet, middle_slices

SAMPLES = 12  # images of each class
READ_BY = {1: "event by event", 2: "row by row", 3: "slice by slice"}  # by dimensions
SHOWN_CLASSES = 14  # ChestMNIST, the most of the published sets; an imported one may have more


def data_card(facts: DatasetFacts, dataset: Dataset | None, problem: str | None = None) -> None:
    """Draw it.

    Args:
        facts: what is published about the set.
        dataset: the set itself, if it is on this machine.
        problem: why its file on this machine cannot be used.
    """
    st.header(marked(plain(facts.title), facts.synthetic), anchor=False)
    st.text(facts.sentence)
    if problem is not None:
        unusable(problem)
    absent = [size for size in facts.files if locate(facts.name, size=size) is None]
    first = absent[0] if facts.files and len(absent) == len(facts.files) else None
    if first is not None:
        download(facts.name, first)
    if facts.get and dataset is None and problem is None:
        st.text(f"To use it, {facts.get}, and put it into the folder $SCANLINE_DATA.")
    if dataset is not None and not access.read_only():
        train_link(facts.name)
    left, right = st.columns([3, 2], gap="large")
    with left:
        details(_facts(facts, dataset), monospace={"SHA-256"})
    with right:
        _classes(facts, dataset)
    if dataset is not None and facts.dimensions != 1:
        _shared(dataset)
        _samples(dataset)
    if facts.files:
        _files(facts, [size for size in absent if size != first])


def _shared(dataset: Dataset) -> None:
    """The importer's checks of splits, on request: they compare every image with every other."""
    with st.container(key="data-shared", gap="xsmall"):
        asked = st.button(
            "Compare the splits", key=f"data-check-{dataset.facts.name}",
            help="Looks for a patient in two splits, and for equal or nearly equal images.",
        )  # fmt: skip
        if asked:
            with st.spinner("Comparing every image with every other"):
                found = _findings(dataset.sha256, dataset)
            details({"Shared by splits": "\n".join(found) or "nothing found"})


@st.cache_data(max_entries=32, show_spinner=False)
def _findings(sha256: str, _dataset: Dataset) -> list[str]:
    from diagnosis.datasets.importing.splits_check import check_splits  # brings Pillow, SciPy

    return [finding.sentence for finding in check_splits(_dataset)]


def kind_of(facts: DatasetFacts) -> str:
    """``grey images``, ``colour volumes``, ``records``, ``grey images with a record each``."""
    if facts.dimensions == 1:
        return "records"
    colour = "colour" if facts.channels == 3 else "grey"
    kind = f"{colour} {'volumes' if facts.dimensions == 3 else 'images'}"
    return f"{kind} with a record each" if facts.record else kind


def train_link(name: str) -> None:
    """A link to the form of a training, with this set chosen."""
    st.page_link(PAGES["train"].file, label="Train on it", query_params={"dataset": name})


def unusable(problem: str) -> None:
    """Say that the file on this machine cannot be used; why, where its path may be shown."""
    st.warning("The file of this set on this machine cannot be used.")
    if access.shows_paths():
        with st.expander("Details"):
            st.text(problem)


def _facts(facts: DatasetFacts, dataset: Dataset | None) -> dict[str, str]:
    finding = "" if facts.finding is None else f"; the finding is “{facts.classes[facts.finding]}”"
    sizes = " or ".join(_shape(facts, size) for size in facts.sizes)
    rows = {
        "Task": facts.task + finding,
        "Scans": f"{kind_of(facts)}, read {READ_BY[facts.dimensions]}",
        "Population": facts.population.sentence,
        "Modality": " or ".join(facts.population.modalities) or "not stated",
        "Size": sizes if facts.dimensions == 1 else f"{sizes}, far below diagnostic quality",
        "Splits": ", ".join(f"{split} {facts.counts[split]:,}" for split in SPLITS),
        "Age, sex, site": "none: no patient is shown"
        if facts.synthetic
        else "not available for this data set",
        "Horizontal flip": "plausible"
        if facts.flip
        else "not plausible, so training does not flip images",
        "Licence": facts.licence,
        "Citation": facts.citation,
    }
    if facts.dimensions == 1:
        del rows["Modality"], rows["Horizontal flip"]
        if not facts.synthetic:
            rows["Age, sex, site"] = "age and sex are read with each record, where known"
    elif facts.record and not facts.synthetic:
        rows["Age, sex, site"] = "in the record of each image, where known"
    if dataset is not None:
        rows["SHA-256"] = dataset.sha256
        if dataset.notes:
            rows["Notes"] = "\n".join(dataset.notes)
    return rows


def _shape(facts: DatasetFacts, size: int) -> str:
    """``28 × 28 px``; of records ``512 events``."""
    if facts.dimensions == 1:
        return f"at most {size} events"
    unit = "voxels" if facts.dimensions == 3 else "px"
    return f"{' × '.join([str(size)] * facts.dimensions)} {unit}"


def _classes(facts: DatasetFacts, dataset: Dataset | None) -> None:
    counts = _class_counts(facts, dataset)
    table(
        ["Class", *SPLITS],
        [
            (name, *(f"{counts[split][index]:,}" if counts else "–" for split in SPLITS))
            for index, name in enumerate(facts.classes)
        ],
        key="classes",
        file=f"classes-{facts.name}",
    )
    if counts is None:
        st.caption("Classes are counted once the set is on this machine.")
    elif facts.task == "multi-label":
        st.caption(
            "A scan may show several findings or none, so columns do not add up to the split."
        )


def _class_counts(facts: DatasetFacts, dataset: Dataset | None) -> dict[str, list[int]] | None:
    if facts.class_counts is not None:
        return {split: list(facts.class_counts[split]) for split in SPLITS}
    if dataset is None:
        return None
    if facts.task == "multi-label":
        return {split: dataset.labels[split].sum(axis=0).tolist() for split in SPLITS}
    return {
        split: np.bincount(dataset.labels[split], minlength=len(facts.classes)).tolist()
        for split in SPLITS
    }


def _files(facts: DatasetFacts, absent: Collection[int]) -> None:
    """The published files, each of ``absent`` with a button that gets it."""
    st.subheader("Files", anchor=False)
    for column, (size, file) in zip(st.columns(2, gap="large"), facts.files.items(), strict=False):
        path = locate(facts.name, size=size)
        with column:
            details(
                {
                    "Size": _shape(facts, size),
                    "File": file.filename,
                    "MD5": file.md5,
                    "URL": file.url,
                    "Downloaded": "no" if path is None else "yes",
                },
                monospace={"File", "MD5", "URL"},
            )
            if path is not None and access.shows_paths():
                with st.expander("Details"):
                    details({"On this machine": str(path)}, monospace={"On this machine"})
            if size in absent:
                download(facts.name, size)


def _samples(dataset: Dataset) -> None:
    facts = dataset.facts
    st.subheader("Training images", anchor=False)
    if facts.dimensions == 3:
        st.caption("The middle slice of each volume.")
    if facts.synthetic:
        st.caption("Synthetic images, drawn by a program.")
    strips = _strips(dataset.sha256, dataset)
    columns = st.columns(2, gap="large")
    for index, (name, strip) in enumerate(zip(facts.classes, strips, strict=False)):
        with columns[index % 2]:
            st.text(name)
            if strip is not None:
                st.image(strip, alt=f"Training images: {name}")
    if len(facts.classes) > len(strips):
        st.caption(f"The first {len(strips)} of {len(facts.classes)} classes.")


@st.cache_data(max_entries=32, show_spinner=False)
def _strips(sha256: str, _dataset: Dataset) -> list[bytes | None]:
    """One PNG for each class; None where the training split has none of it."""
    images, labels = _dataset.pictures("train"), _dataset.labels["train"]
    strips: list[bytes | None] = []
    for index in range(min(len(_dataset.facts.classes), SHOWN_CLASSES)):
        of_class = labels[:, index] == 1 if labels.ndim == 2 else labels == index
        chosen = images[np.flatnonzero(of_class)[:SAMPLES]]
        if _dataset.facts.dimensions == 3:
            chosen = middle_slices(chosen)
        strips.append(contact_sheet(chosen, columns=SAMPLES // 2) if len(chosen) else None)
    return strips
