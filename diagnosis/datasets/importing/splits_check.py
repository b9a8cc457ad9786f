"""The importer's checks of splits, for a published set: the same person or picture in two of them."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

import numpy as np

from diagnosis.datasets.dataset import SPLITS, Dataset
from diagnosis.datasets.importing.fingerprints import digest, near_pairs, perceptual_hash
from diagnosis.datasets.importing.report import Finding, counted


def check_splits(dataset: Dataset) -> tuple[Finding, ...]:
    """What is shared by splits, a finding each; none if nothing is known to be.

    Patients or groups are those of the data set; pictures are compared with all others, nearly equal ones by
    the hash of their lowest frequencies. Volumes are compared for being equal alone, and records not at all:
    each is a patient's.
    """
    if dataset.facts.dimensions == 1:
        return ()
    splits = np.concatenate([np.full(len(dataset.labels[split]), split) for split in SPLITS])
    images = np.concatenate([dataset.images[split] for split in SPLITS])
    labels = [label.tobytes() for split in SPLITS for label in dataset.labels[split]]
    found = []
    if dataset.patients is not None:
        patients = np.concatenate([dataset.patients[split] for split in SPLITS])
        torn = _torn(((int(each) if each >= 0 else None) for each in patients), splits)
        what = "patient" if dataset.grouped_by == "patient" else "group"
        code = "patient-in-two-splits" if what == "patient" else "group-in-two-splits"
        named = "" if what == "patient" else f" of {dataset.grouped_by}"
        found += _finding(code, f"In more than one split: {counted(len(torn), what)}{named}.", torn)
    digests = [digest(image) for image in images]
    equal = _torn(digests, splits)
    found += _finding(
        "duplicates-across-splits",
        f"The same picture in more than one split: {counted(len(equal), 'picture')}.",
        equal,
    )
    by_picture = defaultdict(set)
    for each, label in zip(digests, labels, strict=True):
        by_picture[each].add(label)
    if two := sum(len(each) > 1 for each in by_picture.values()):
        sentence = f"The same picture under different labels: {counted(two, 'picture')}."
        found.append(Finding("warning", "two-labels", sentence))
    if dataset.facts.dimensions == 2:
        shown = images if images.ndim == 4 else images[..., None]
        near = near_pairs(np.stack([perceptual_hash(image) for image in shown]))
        across = [
            (int(a), int(b)) for a, b in near if splits[a] != splits[b] and digests[a] != digests[b]
        ]
        found += _finding(
            "near-duplicates-across-splits",
            f"Nearly the same picture in different splits: {counted(len(across), 'pair')}.",
            across,
        )
    return tuple(found)


def _torn(of: Iterable[Hashable], splits: np.ndarray) -> list[tuple[int, ...]]:
    """Cases that share something, where they are in more than one split; None is shared by nobody."""
    cases = defaultdict(list)
    for index, each in enumerate(of):
        if each is not None:
            cases[each].append(index)
    return [tuple(each) for each in cases.values() if len({splits[k] for k in each}) > 1]


def _finding(code: str, sentence: str, groups: Sequence[tuple[int, ...]]) -> list[Finding]:
    return [Finding("warning", code, sentence)] if groups else []
