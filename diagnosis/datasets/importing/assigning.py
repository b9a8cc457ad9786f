"""Which picture goes into which split: as the source says, else by patient and class."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from diagnosis.datasets.dataset import SPLITS
from diagnosis.datasets.import_options import Options
from diagnosis.datasets.importing.duplicates import Copies
from diagnosis.datasets.importing.examining import Examined
from diagnosis.datasets.importing.report import Finding, counted
from diagnosis.datasets.importing.splitting import connected, divide


@dataclass(frozen=True, eq=False)
class Assigned:
    """The split of each picture."""

    splits: np.ndarray | None  # names, (n,); None if there is no way
    rule: str  # how they came about
    given: bool  # by the source
    findings: tuple[Finding, ...]


def patient_indices(unique: Sequence[Examined]) -> np.ndarray | None:
    """The patients as 0, 1, 2 … in order of appearance, ``(n,)`` int32; None if none is stated.

    -1 where one is not stated. These numbers, which say nothing about anybody, are all that is ever stored.
    """
    known: dict[str, int] = {}
    indices = [
        -1 if one.picture.patient is None else known.setdefault(one.picture.patient, len(known))
        for one in unique
    ]
    return np.array(indices, dtype=np.int32) if known else None


def assign(
    copies: Copies, labels: np.ndarray, classes: Sequence[str], options: Options
) -> Assigned:
    """Choose the split of every picture that stays.

    Args:
        copies: the pictures.
        labels: int ``(n,)``.
        classes: their names; each has a picture.
        options: shares and seed.
    """
    unique = copies.unique
    patients = patient_indices(unique)
    given = np.array([one.picture.split or "" for one in unique])
    if (given == "").all():
        everything = np.arange(len(unique))
        shares = {"val": options.val, "test": options.test}
        return _chosen(copies, labels, classes, chosen=everything, shares=shares, seed=options.seed)
    findings = []
    if n := int((given == "").sum()):
        sentence = f"Without a split: {counted(n, 'picture')}. Give all pictures one, or none."
        findings.append(Finding("error", "no-split", sentence))
    if patients is not None:
        findings += _in_two_splits(unique, patients, given)
    rule = "Splits as given."
    absent = [split for split in SPLITS if split not in given]
    if absent == ["val"] and not findings:
        training = np.flatnonzero(given == "train")
        held = _chosen(
            copies, labels, classes, chosen=training, shares={"val": options.val}, seed=options.seed
        )
        if held.splits is None:
            return held
        given[training] = held.splits
        rule = f"Splits as given; for validation, {options.val:.0%} of the training pictures are held back."
    elif absent:
        sentence = (
            f"No picture is in the split {' or '.join(absent)}: give some, or leave splits out."
        )
        findings.append(Finding("error", "empty-split", sentence))
    return Assigned(None if findings else given, rule, True, tuple(findings))


def _chosen(
    copies: Copies,
    labels: np.ndarray,
    classes: Sequence[str],
    *,
    chosen: np.ndarray,
    shares: dict[str, float],
    seed: int,
) -> Assigned:
    """Splits of our own for the ``chosen`` pictures: patients stay together, and likenesses if possible."""
    patients = patient_indices(copies.unique)
    pairs = _same(patients) if patients is not None else np.empty((0, 2), dtype=int)
    n = len(copies.unique)
    by_patient = connected(n, pairs)[chosen]
    together = connected(n, np.concatenate([pairs, copies.near]))[chosen]
    needed = len(shares) + 1
    scarce = []
    for index, name in enumerate(classes):
        groups = len(np.unique(by_patient[labels[chosen] == index]))
        if groups < needed:
            scarce.append(f"{name!r} ({groups})")
    what = "pictures" if patients is None else "patients"
    too_few = Finding(
        "error",
        "too-few",
        f"Too few {what} to have every class in {needed} splits"
        + (f": {', '.join(scarce[:5])}; at least {needed} of each are needed." if scarce else "."),
    )
    if scarce:
        return Assigned(None, "", False, (too_few,))
    for groups in (together, by_patient):
        splits = divide(labels[chosen], groups, shares, seed)
        if splits is not None:
            by = "class" if patients is None else "patient and class"
            percent = ", ".join(f"{split} {share:.0%}" for split, share in shares.items())
            rule = f"Splits chosen at random by {by} (seed {seed}; wanted {percent})."
            return Assigned(splits, rule, False, _unknown(patients))
    return Assigned(None, "", False, (too_few,))


def _unknown(patients: np.ndarray | None) -> tuple[Finding, ...]:
    if patients is None:
        sentence = (
            "The patients are not known: pictures of one patient may lie in different splits, which makes "
            "test figures too good. A list with a column patient prevents that."
        )
        return (Finding("note", "no-patients", sentence),)
    if n := int((patients < 0).sum()):
        sentence = (
            f"Without a patient: {counted(n, 'picture')}; each is taken for a patient of its own."
        )
        return (Finding("warning", "patient-missing", sentence),)
    return ()


def _same(patients: np.ndarray) -> np.ndarray:
    """Pairs that chain the pictures of each known patient, ``(pairs, 2)``."""
    order = np.argsort(patients, kind="stable")
    order = order[patients[order] >= 0]
    following = np.stack([order[:-1], order[1:]], axis=1)
    pairs: np.ndarray = following[patients[following[:, 0]] == patients[following[:, 1]]]
    return pairs


def _in_two_splits(
    unique: Sequence[Examined], patients: np.ndarray, splits: np.ndarray
) -> list[Finding]:
    files = defaultdict(list)
    for index, patient in enumerate(patients):
        if patient >= 0:
            files[patient].append(index)
    torn = [indices for indices in files.values() if len({splits[index] for index in indices}) > 1]
    if not torn:
        return []
    sentence = (
        f"In more than one split: {counted(len(torn), 'patient')}. Give each patient one split."
    )
    groups = tuple(tuple(unique[index].picture.name for index in indices) for indices in torn)
    return [Finding("error", "patient-in-two-splits", sentence, groups)]
