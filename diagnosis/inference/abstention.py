"""Abstention near the decision boundary: how the margin limit is set, and what it costs and saves.

Selective prediction (Chow, IEEE Transactions on Information Theory 16, 1970; El-Yaniv & Wiener, JMLR 11,
2010): cases with the smallest margin are indeterminate. The lower the coverage, the lower the error rate
among the predicted cases.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diagnosis.evaluation.estimates import Estimate, proportion

SHARE = 0.1  # of the held-out cases that is indeterminate, at most


def rule(of: str = "validation split") -> str:
    """How the limit is chosen, in words; ``of`` are the held-out cases."""
    return f"the tenth of the {of} with the smallest margins, but none beyond the last misclassified case"


def margin_limit(margins: NDArray[np.floating], wrong: NDArray[np.bool_]) -> float | None:
    """The margin up to which cases are indeterminate, by `rule`; None if none is.

    Args:
        margins: of the held-out cases, ``(n,)``.
        wrong: bool, ``(n,)``: which cases are misclassified.
    """
    ordered = np.sort(margins)
    count = int(SHARE * len(ordered))
    possible = ordered[: count + 1]  # one more, so that ties with it are seen
    possible = possible[:count][possible[:count] < possible[-1]] if count else possible[:0]
    if not len(possible) or not wrong.any():
        return None
    return float(min(possible[-1], margins[wrong].max()))


@dataclass(frozen=True)
class Selective:
    """Counts of a split with abstention."""

    n: int
    n_abstained: int
    wrong_predicted: int  # misclassified among the predicted cases
    wrong_abstained: int  # among the indeterminate cases, had they been predicted

    @property
    def coverage(self) -> Estimate:
        """Share of cases with a prediction."""
        return proportion(self.n - self.n_abstained, self.n)

    @property
    def abstention_rate(self) -> Estimate:
        """Share of indeterminate cases."""
        return proportion(self.n_abstained, self.n)

    @property
    def error_predicted(self) -> Estimate:
        """Error rate among the predicted cases."""
        return proportion(self.wrong_predicted, self.n - self.n_abstained)

    @property
    def error_abstained(self) -> Estimate:
        """Error rate among the indeterminate cases, had they been predicted."""
        return proportion(self.wrong_abstained, self.n_abstained)

    def to_json(self) -> dict[str, Any]:
        """Counts and estimates."""
        figures = ("coverage", "error_predicted", "error_abstained")
        return {**vars(self), **{name: getattr(self, name).to_json() for name in figures}}


def selective(
    margins: NDArray[np.floating], wrong: NDArray[np.bool_], limit: float | None
) -> Selective:
    """Counts at a limit; shapes as `margin_limit`."""
    abstained = np.zeros(len(margins), bool) if limit is None else margins <= limit
    return Selective(
        n=len(margins),
        n_abstained=int(abstained.sum()),
        wrong_predicted=int((wrong & ~abstained).sum()),
        wrong_abstained=int((wrong & abstained).sum()),
    )


def coverage_curve(
    margins: NDArray[np.floating], wrong: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Risk–coverage curve: coverage and error rate, float64 ``(n,)`` each, from one case to all of them."""
    order = np.argsort(-margins, kind="stable")
    predicted = np.arange(1, len(order) + 1)
    return predicted / len(order), np.cumsum(wrong[order]) / predicted


@dataclass(frozen=True)
class Abstention:
    """A version's margin limit, as its card has it, with its counts on the validation and test split."""

    limit: float | None
    val: Selective
    test: Selective

    def applies_to(self, margin: float) -> bool:
        """Whether a case with this margin is indeterminate."""
        return self.limit is not None and margin <= self.limit

    def to_json(self) -> dict[str, Any]:
        """``{"limit", "rule", "val", "test"}``."""
        return {
            "limit": self.limit,
            "rule": rule(),
            "val": self.val.to_json(),
            "test": self.test.to_json(),
        }
