"""How well a model of several parts predicts when some of them are missing, and what their absence tells.

A part that is missing is masked. Each pattern is measured on the same cases. Beside it stands how far one
comes with which parts are there and nothing else: where that is above 0.5, a model can learn the label from
what was not done.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from diagnosis.evaluation.auc import auc
from diagnosis.evaluation.estimates import Estimate
from diagnosis.sequences.sequence import Part

NEITHER, ALL = "neither", "both"


@dataclass(frozen=True)
class Availability:
    """AUC of the finding by pattern of what is there, and of each part's presence alone."""

    patterns: dict[str, Estimate]
    there: dict[str, float]  # share of the cases that have the part
    presence: dict[str, Estimate]  # AUC of whether it is there


def patterns(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Which parts are left out, by pattern: all are there, one alone, none."""
    alone = {name: tuple(other for other in names if other != name) for name in names}
    return {ALL: (), **alone, NEITHER: tuple(names)}


def without(sequences: np.ndarray, parts: Sequence[Part], names: Sequence[str]) -> np.ndarray:
    """Sequences ``(n, length, features)`` with some parts masked."""
    left = sequences.copy()
    for part in parts:
        if part.name in names:
            left[:, part.start : part.stop] = 0
    return left


def availability(
    sequences: np.ndarray,
    parts: Sequence[Part],
    truth: np.ndarray,
    scores: Callable[[np.ndarray], np.ndarray],
) -> Availability:
    """Measure it.

    Args:
        sequences: of the cases as they are, ``(n, length, features)``.
        parts: of a sequence.
        truth: bool ``(n,)``, whether it is the finding.
        scores: gets sequences, gives log odds or probabilities of the finding, ``(n,)``.
    """
    names = [part.name for part in parts]
    seen = {part.name: (sequences[:, part.start : part.stop, 0] > 0).any(axis=1) for part in parts}
    return Availability(
        patterns={
            pattern: auc(truth, scores(without(sequences, parts, left)))
            for pattern, left in patterns(names).items()
        },
        there={name: float(flags.mean()) for name, flags in seen.items()},
        presence={name: auc(truth, flags.astype(float)) for name, flags in seen.items()},
    )
