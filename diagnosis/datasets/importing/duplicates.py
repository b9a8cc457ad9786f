"""The same picture twice, and nearly the same: what is left out, what is an error, what belongs together."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from diagnosis.datasets.importing.examining import Examined
from diagnosis.datasets.importing.fingerprints import near_pairs
from diagnosis.datasets.importing.report import Finding, counted

PREFERENCE = {
    "test": 0,
    "val": 1,
    "train": 2,
    None: 2,
}  # of copies in two splits training loses one


@dataclass(frozen=True, eq=False)
class Copies:
    """Which pictures stay, and which of those belong together."""

    unique: list[Examined]  # one of each picture, in the source's order
    near: np.ndarray  # int (pairs, 2) into ``unique``
    findings: tuple[Finding, ...]


def without_copies(
    examined: Sequence[Examined], *, between: Callable[[], None] = lambda: None
) -> Copies:
    """Keep one of each picture, the one in the test split first, and find those that are nearly the same.

    ``between`` runs often while they are compared; what it raises ends that.
    """
    same = defaultdict(list)
    for index, one in enumerate(examined):
        same[one.digest].append(index)
    repeated = [indices for indices in same.values() if len(indices) > 1]
    two_labels = [
        indices for indices in repeated if len({examined[i].picture.label for i in indices}) > 1
    ]
    unique_indices = sorted(
        min(indices, key=lambda index: PREFERENCE[examined[index].picture.split])
        for indices in same.values()
    )
    unique = [examined[index] for index in unique_indices]
    findings = []
    if two_labels:
        findings.append(
            Finding(
                "error",
                "two-labels",
                f"The same picture under different labels: {counted(len(two_labels), 'picture')}. Correct "
                "the labels.",
                tuple(_names(examined, indices) for indices in two_labels),
            )
        )
    repeated = [indices for indices in repeated if indices not in two_labels]
    if left_out := sum(len(indices) - 1 for indices in repeated):
        findings.append(
            Finding(
                "warning",
                "duplicates",
                f"Exact duplicates: {counted(left_out, 'file')} left out, of each picture one stays"
                + (
                    ", of copies in two splits the one in test."
                    if _across(examined, repeated)
                    else "."
                ),
                tuple(_names(examined, indices) for indices in repeated),
            )
        )
    near = (
        near_pairs(np.stack([one.hash for one in unique]), between=between)
        if unique
        else np.empty((0, 2), int)
    )
    differing = [pair for pair in near if len({unique[i].picture.label for i in pair}) > 1]
    if differing:
        findings.append(
            Finding(
                "warning",
                "near-duplicates-two-labels",
                f"Nearly the same picture under different labels: {counted(len(differing), 'pair')}. Check "
                "them.",
                tuple(_names(unique, pair) for pair in differing),
            )
        )
    return Copies(unique, near, tuple(findings))


def near_duplicates(copies: Copies, splits: np.ndarray | None, *, given: bool) -> list[Finding]:
    """What is to be said about nearly equal pictures once the splits, ``(n,)``, are known."""
    near = copies.near
    if not len(near):
        return []
    across = [] if splits is None else [pair for pair in near if splits[pair[0]] != splits[pair[1]]]
    if across:
        advice = "give such pictures one split" if given else "there are too few others"
        return [
            Finding(
                "warning",
                "near-duplicates-across-splits",
                f"Nearly the same picture in different splits, which makes test figures too good: "
                f"{counted(len(across), 'pair')}; {advice}.",
                tuple(_names(copies.unique, pair) for pair in across),
            )
        ]
    return [
        Finding(
            "warning",
            "near-duplicates",
            f"Nearly the same picture twice: {counted(len(near), 'pair')}; both are in the same split.",
            tuple(_names(copies.unique, pair) for pair in near),
        )
    ]


def _names(examined: Sequence[Examined], indices: Sequence[int] | np.ndarray) -> tuple[str, ...]:
    return tuple(examined[index].picture.name for index in indices)


def _across(examined: Sequence[Examined], groups: list[list[int]]) -> bool:
    return any(len({examined[index].picture.split for index in group}) > 1 for group in groups)
