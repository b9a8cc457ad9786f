"""A candidate against the active version on the same cases of a split: differences, and changed cases."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from diagnosis.comparison.predictions import disagreements
from diagnosis.core.errors import InputError
from diagnosis.datasets import Dataset
from diagnosis.evaluation.decision_rule import class_names
from diagnosis.evaluation.paired import Difference, compare
from diagnosis.inference.split_predictions import Predictions
from diagnosis.models.card import DatasetFacts
from diagnosis.models.store import Version

Split = Literal["val", "test"]


@dataclass(frozen=True)
class Change:
    """A case for which the two versions predict different classes."""

    index: int  # in the split, from 0
    truth: tuple[str, ...]  # names of its label, or labels
    before: tuple[str, ...]  # predicted by the active version
    after: tuple[str, ...]  # predicted by the candidate
    moved: str  # the class whose predicted probability changed most; in binary tasks the finding
    probability: tuple[float, float]  # of that class, before and after

    @property
    def distance(self) -> float:
        """How far it moved, 0 to 1."""
        before, after = self.probability
        return abs(after - before)

    @property
    def right(self) -> tuple[bool, bool]:
        """Whether it was right before, and is after."""
        return self.before == self.truth, self.after == self.truth


@dataclass(frozen=True, eq=False)
class BeforeAfter:
    """Differences of a candidate from the active version."""

    split: Split
    n: int  # its cases
    differences: Mapping[str, Difference]  # the candidate's figure minus the active version's
    changes: tuple[Change, ...]  # the furthest moved first


def compare_versions(
    candidate: Version,
    active: Version,
    dataset: Dataset,
    split: Split,
    *,
    predict: Callable[[Version], Predictions],
) -> BeforeAfter:
    """Measure both on a split.

    Args:
        candidate: to be promoted or not.
        active: at present.
        dataset: the one that both learned from, as it is on this machine.
        split: the validation split, or the test split, of which each look is counted.
        predict: gives a version's predictions for that split.

    Raises:
        InputError: `misfit` has a sentence, or a version cannot be read.
    """
    if sentence := misfit(candidate, active, dataset):
        raise InputError(sentence)
    labels = dataset.labels[split]
    before, after = predict(active), predict(candidate)
    differences = compare(
        labels, after.probabilities, before.probabilities, rules=(after.rule, before.rule)
    )
    changes = [
        _change(int(case), labels, dataset, before, after)
        for case in disagreements([before, after])
    ]
    return BeforeAfter(
        split=split,
        n=len(labels),
        differences=differences,
        changes=tuple(sorted(changes, key=lambda change: -change.distance)),
    )


def _change(
    case: int, labels: np.ndarray, dataset: Dataset, before: Predictions, after: Predictions
) -> Change:
    facts = dataset.facts
    old, new = (each.probabilities[case] for each in (before, after))  # (classes,)
    moved = int(np.abs(new - old).argmax()) if facts.finding is None else facts.finding
    return Change(
        index=case,
        truth=class_names(labels[case], facts.classes),
        before=class_names(before.predicted[case], facts.classes),
        after=class_names(after.predicted[case], facts.classes),
        moved=facts.classes[moved],
        probability=(float(old[moved]), float(new[moved])),
    )


def misfit(candidate: Version, active: Version, dataset: Dataset) -> str | None:
    """Why the two cannot be measured on the same untouched cases, in a sentence; None if they can.

    A version may have learned from the test cases of another copy of its data set, so both must have been
    made with the very copy that is here.

    Raises:
        InputError: a card cannot be read.
    """
    new, old = (version.card.dataset for version in (candidate, active))
    title = dataset.facts.title
    if new.sha256 != old.sha256:
        return (
            f"The two versions were made with different copies of {title} ({_of(new)}; {_of(old)}), so test "
            "cases of the one may be training cases of the other and nothing would be compared fairly: each "
            "was measured on the test split of its own copy."
        )
    if dataset.sha256 != new.sha256:
        return (
            f"{title} on this machine is not the copy that both versions were made with (SHA-256 "
            f"{dataset.sha256[:8]}, not {new.sha256[:8]}): restore that copy to compare them."
        )
    return None


def _of(data: DatasetFacts) -> str:
    return f"SHA-256 {data.sha256[:8]} with {sum(data.counts.values()):,} cases"
