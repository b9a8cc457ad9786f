"""The card of one data set: facts, classes, sample images, files."""

import numpy as np
import streamlit as st

from diagnosis.dashboard.shell.escape import plain
from diagnosis.dashboard.widgets.tables import details, table
from diagnosis.datasets import SPLITS, Dataset, DatasetFacts, cache_folder, locate, marked
from diagnosis.figures.contact_sheet import contact_sheet, middle_slices

SAMPLES = 12  # images of each class
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
        st.warning("The file on this machine cannot be used:")
        st.text(problem)
    left, right = st.columns([3, 2], gap="large")
    with left:
        details(_facts(facts, dataset), monospace={"SHA-256"})
    with right:
        _classes(facts, dataset)
    if dataset is not None:
        _samples(dataset)
    if facts.files:
        _files(facts)


def _facts(facts: DatasetFacts, dataset: Dataset | None) -> dict[str, str]:
    finding = "" if facts.finding is None else f"; the finding is “{facts.classes[facts.finding]}”"
    kind = "volumes, read slice by slice" if facts.dimensions == 3 else "images, read row by row"
    sizes = " and ".join(map(str, facts.sizes))
    unit = "voxels" if facts.dimensions == 3 else "pixels"
    rows = {
        "Task": facts.task + finding,
        "Scans": f"{'colour' if facts.channels == 3 else 'grey'} {kind}",
        "Population": facts.population.sentence,
        "Modality": " or ".join(facts.population.modalities) or "not stated",
        "Size": f"{sizes} {unit} per side, far below diagnostic quality",
        "Splits": ", ".join(f"{split} {facts.counts[split]:,}" for split in SPLITS),
        "Age, sex, site": "none: no patient is shown"
        if facts.synthetic
        else "not available for this data set",
        "Mirroring": "plausible"
        if facts.flip
        else "not plausible, so training does not flip images",
        "Licence": facts.licence,
        "Citation": facts.citation,
    }
    if dataset is not None:
        rows["SHA-256"] = dataset.sha256
        if dataset.notes:
            rows["Notes"] = "\n".join(dataset.notes)
    return rows


def _classes(facts: DatasetFacts, dataset: Dataset | None) -> None:
    counts = _class_counts(facts, dataset)
    table(
        ["Class", *SPLITS],
        [
            (name, *(f"{counts[split][index]:,}" if counts else "–" for split in SPLITS))
            for index, name in enumerate(facts.classes)
        ],
        key="classes",
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


def _files(facts: DatasetFacts) -> None:
    st.subheader("Files", anchor=False)
    missing = False
    for column, (size, file) in zip(st.columns(2, gap="large"), facts.files.items(), strict=False):
        path = locate(facts.name, size=size)
        missing = missing or path is None
        with column:
            details(
                {
                    "Size": f"{size} per side",
                    "File": file.filename,
                    "MD5": file.md5,
                    "URL": file.url,
                    "On this machine": "no" if path is None else str(path),
                },
                monospace={"File", "MD5", "URL", *(["On this machine"] if path else [])},
            )
    if missing:
        st.markdown("Run this to download, or put the files into the folder by hand.")
        st.code(f"python -m diagnosis data fetch {facts.name}", language=None)
        details({"Folder": str(cache_folder())}, monospace={"Folder"})


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
                st.image(strip)
    if len(facts.classes) > len(strips):
        st.caption(f"The first {len(strips)} of {len(facts.classes)} classes.")


@st.cache_data(max_entries=32, show_spinner=False)
def _strips(sha256: str, _dataset: Dataset) -> list[bytes | None]:
    """One PNG for each class; None where the training split has none of it."""
    images, labels = _dataset.images["train"], _dataset.labels["train"]
    strips: list[bytes | None] = []
    for index in range(min(len(_dataset.facts.classes), SHOWN_CLASSES)):
        of_class = labels[:, index] == 1 if labels.ndim == 2 else labels == index
        chosen = images[np.flatnonzero(of_class)[:SAMPLES]]
        if _dataset.facts.dimensions == 3:
            chosen = middle_slices(chosen)
        strips.append(contact_sheet(chosen, columns=SAMPLES // 2) if len(chosen) else None)
    return strips
