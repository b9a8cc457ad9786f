"""Controls: how large a weight a row gets by chance, and whether rows with large weights are the ones.

Any method gives every row some weight, so a weight means little until one knows what rows get that were not
chosen for anything. Both controls compare with chance, as Hooker et al. (2019, arXiv:1806.10758) compare
attributions with a random designation of importance.

**Control band.** Rows are drawn at random from random training cases and weighed by the same method; the
band is the middle 90 % of what they get, and a row of the case that lies outside of it is said to matter.
Rows stay in their own place (a lung's row among the shoulders would be a control for nothing), but places
share one band: with a band of its own, a row that the network hardly looks at would matter for a tiny weight.

A weight in log odds means the same in every case, so random rows are weighed where they are, in their own
cases, once a version. A fall of probability does not: where the network is sure, no single row changes much.
There, random rows are put into the case itself, in place of its own, and weighed there.

Measured on 150 phantoms with opacities and 150 without, called rightly by six shipped variants; the same
phantoms drawn without their opacities say which rows hold one (37 % of all). Of the rows above the band
(and ``least``) 74 to 93 % do by occlusion and 86 to 95 % by integrated gradients; of the rows of normal
phantoms, at most 1.3 % lie above it. With a band from the random rows' own cases it would be 50 to 78 % and
4 to 6 % for occlusion. A band for each place had more rows without an opacity above it, and one of rows in
wrong places was so wide that fewer were found. What lies inside the band is not cleared: of the rows that
hold an opacity, a twentieth to a seventh (occlusion) or a quarter to a third (gradients) lie above it.

Randomising the network's weights (Adebayo et al. 2018, arXiv:1810.03292) is a test of a method and not of a
row: a network that has learned nothing has log odds near 0 everywhere, and every row would be outside.

**Removal.** All rows above (or below) the band are replaced by mean rows at once, and so are as many rows of
the case drawn at random. If the rows are the ones that mattered, the answer changes more than by chance.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from diagnosis.explanations.background import Background

BAND = (5, 95)  # percentiles: the middle 90 %
ROWS = 256  # random rows put into the case: the 5th percentile is then the 13th smallest
SETS = 128  # random sets of rows that are removed
SEED = 20260102


def band(weights: np.ndarray) -> tuple[float, float]:
    """The control band: 5th and 95th percentile of the weights of random rows, any shape."""
    lower, upper = np.percentile(weights, BAND)
    return float(lower), float(upper)


def random_rows(background: Background) -> tuple[np.ndarray, np.ndarray]:
    """Rows drawn from random training cases, every place equally often.

    Returns:
        Their places, int ``(ROWS,)``, and the rows, float32 ``(ROWS, features)``.
    """
    drawn, timesteps, _ = background.cases.shape
    rng = np.random.default_rng(SEED)
    places = np.resize(rng.permutation(timesteps), ROWS)
    return places, background.cases[rng.integers(0, drawn, ROWS), places]


@dataclass(frozen=True)
class Removal:
    """What happens to the probability when some rows become mean rows."""

    rows: int  # how many
    before: float
    after: float
    lower: float  # after as many rows drawn at random: 5th to 95th percentile
    upper: float

    @property
    def falls(self) -> bool:
        """Whether the probability falls further than when random rows are removed."""
        return self.after < self.lower

    @property
    def rises(self) -> bool:
        """Whether it rises further than when random rows are removed."""
        return self.after > self.upper


def removal(
    probability: Callable[[np.ndarray], np.ndarray],
    sequence: np.ndarray,
    background: Background,
    rows: np.ndarray,
) -> Removal | None:
    """Replace rows by mean rows all at once, and as many random rows of the same case.

    Args:
        probability: of the class, ``(n,)``, of sequences, float32 ``(n, timesteps, features)``.
        sequence: the case, float32 ``(timesteps, features)``.
        background: of the training split.
        rows: which ones, bool ``(timesteps,)``.

    Returns:
        None if no row, or every row, is to be replaced: then there is nothing to compare.
    """
    count, timesteps = int(rows.sum()), len(rows)
    if count in (0, timesteps):
        return None
    rng = np.random.default_rng(SEED)
    replaced = rng.permuted(np.tile(rows, (SETS, 1)), axis=1)  # (SETS, timesteps)
    replaced = np.concatenate([np.zeros_like(rows)[None], rows[None], replaced])
    edited = np.where(replaced[:, :, None], background.mean, sequence)
    before, after, *chance = probability(edited)
    lower, upper = np.percentile(chance, BAND)
    return Removal(count, float(before), float(after), float(lower), float(upper))
