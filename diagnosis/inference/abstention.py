"""No call for what is too close to call: the rule, what it leaves open, and what it saves.

A case is as certain as its answer is far from another one. Leaving the least certain cases to a person is
selective classification (Chow, IEEE Transactions on Information Theory 16, 1970; El-Yaniv & Wiener, JMLR 11,
2010): the fewer cases are called, the fewer of the calls are wrong.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import logit

from diagnosis.evaluation.estimates import Estimate, proportion

SHARE = 0.1  # of the validation split that is left open, at most
RULE = (
    "the tenth of the validation split that is closest to another answer, but none beyond the last of its "
    "errors"
)
EDGE = 1e-12  # a probability of 0 or 1 is as far from another answer as this one


def margins(
    probabilities: np.ndarray, *, task: str, finding: int | None, threshold: float | None
) -> np.ndarray:
    """How far each answer is from another one, in log odds, float64 ``(n,)``.

    Binary: from the threshold. Multi-class and ordinal: the most probable class against the second.
    Multi-label: the label that is closest to being called otherwise.

    Args:
        probabilities: calibrated, ``(n, classes)``.
        task: binary, multi-class, ordinal or multi-label.
        finding: binary: the class that is looked for.
        threshold: binary: the finding is called from this probability on.
    """
    inside = np.clip(np.asarray(probabilities, np.float64), EDGE, 1 - EDGE)
    if task == "multi-label":
        return np.abs(logit(inside)).min(axis=1)
    if task == "binary":
        assert finding is not None and threshold is not None
        return np.abs(logit(inside[:, finding]) - logit(np.clip(threshold, EDGE, 1 - EDGE)))
    second, first = np.sort(inside, axis=1)[:, -2:].T
    return np.log(first / second)


def margin_limit(margins: np.ndarray, wrong: np.ndarray) -> float | None:
    """The margin up to which nothing is called, by `RULE`; None if everything is.

    Args:
        margins: of the validation split, ``(n,)``.
        wrong: bool, ``(n,)``: which of its answers are wrong.
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
    """A split of which not everything is called."""

    n: int
    n_abstained: int
    wrong_predicted: int  # of those that are called
    wrong_abstained: int  # of the others, if they were

    @property
    def coverage(self) -> Estimate:
        """The share that is called."""
        return proportion(self.n - self.n_abstained, self.n)

    @property
    def abstention_rate(self) -> Estimate:
        """The share that is not."""
        return proportion(self.n_abstained, self.n)

    @property
    def error_predicted(self) -> Estimate:
        """The share of wrong answers among those that are called."""
        return proportion(self.wrong_predicted, self.n - self.n_abstained)

    @property
    def error_abstained(self) -> Estimate:
        """The share of wrong answers among the others, if they were called."""
        return proportion(self.wrong_abstained, self.n_abstained)

    def to_json(self) -> dict[str, Any]:
        """Counts and estimates."""
        figures = ("coverage", "error_predicted", "error_abstained")
        return {**vars(self), **{name: getattr(self, name).to_json() for name in figures}}


def selective(margins: np.ndarray, wrong: np.ndarray, limit: float | None) -> Selective:
    """What a limit leaves open and saves; shapes as `margin_limit`."""
    left = np.zeros(len(margins), bool) if limit is None else margins <= limit
    return Selective(
        len(margins), int(left.sum()), int((wrong & ~left).sum()), int((wrong & left).sum())
    )


def coverage_curve(margins: np.ndarray, wrong: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share called and share of these that is wrong, both float64 ``(n,)``, from one case to all of them."""
    order = np.argsort(-margins, kind="stable")
    called = np.arange(1, len(order) + 1)
    return called / len(order), np.cumsum(wrong[order]) / called


@dataclass(frozen=True)
class Abstention:
    """A version's rule, as its card has it."""

    limit: float | None
    val: Selective
    test: Selective

    def __call__(self, margin: float) -> str | None:
        """Why a case with this margin is left open, in words; None if it is called."""
        return self.sentence if self.limit is not None and margin <= self.limit else None

    @property
    def sentence(self) -> str:
        """What is said of every case that is left open."""
        count, test = self.val.n_abstained, self.test
        words = (
            "Too close to call: as close to another answer as the "
            f"{f'{count:,} ' if count > 1 else ''}closest of the {self.val.n:,} validation images."
        )
        if not 0 < test.n_abstained < test.n:
            return words
        return (
            f"{words} Of {test.n_abstained:,} such test images {test.error_abstained.percent} would be "
            f"called wrongly, of the others {test.error_predicted.percent}."
        )

    def to_json(self) -> dict[str, Any]:
        """``{"limit", "rule", "val", "test"}``."""
        return {
            "limit": self.limit, "rule": RULE,
            "val": self.val.to_json(), "test": self.test.to_json(),
        }  # fmt: skip

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Abstention":
        """Build from ``to_json``'s object.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        counts = ("n", "n_abstained", "wrong_predicted", "wrong_abstained")
        val, test = (
            Selective(**{name: int(document[split][name]) for name in counts})
            for split in ("val", "test")
        )
        limit = document["limit"]
        return cls(None if limit is None else float(limit), val, test)
