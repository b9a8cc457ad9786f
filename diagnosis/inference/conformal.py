"""Conformal p-values: how many held-out cases of a model's own kind are at least as extreme as this one.

Of cases drawn like the held-out ones, a share of at most p has a p-value of p or less, whatever the cases are
(Laxhammar & Falkman, Annals of Mathematics and Artificial Intelligence 74, 2015).
"""

from typing import ClassVar

from diagnosis.scans import Level

REJECTED, UNUSUAL = 0.005, 0.05  # p-values at or below which a case is rejected, or a warning given


class Rank:
    """Of a result that says how many of how many held-out cases are as extreme."""

    n_as_extreme: int
    of: int
    rejected: ClassVar[float] = REJECTED

    @property
    def p_value(self) -> float:
        """The share of held-out cases at least as extreme, the case itself counted in."""
        return (self.n_as_extreme + 1) / (self.of + 1)

    @property
    def limit(self) -> float:
        """The p-value at or below which a case is rejected; 0 with too few held-out cases: never."""
        rarest = 1 / (self.of + 1)
        return max(self.rejected, rarest) if rarest <= UNUSUAL else 0.0

    @property
    def level(self) -> Level:
        """Red: rejected; amber: unusual."""
        if self.p_value <= self.limit:
            return "red"
        return "amber" if self.p_value <= UNUSUAL or not self.n_as_extreme else "green"
