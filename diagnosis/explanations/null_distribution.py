"""Two comparisons with chance: the weights of random steps, and the removal of random steps.

Any method gives every step some weight, so a weight means little without the weights of steps that were not
chosen for anything. Hooker et al. (2019, arXiv:1806.10758) compare attributions with random ones likewise.

**Null distribution of random steps.** Steps are drawn at random from random training cases and weighed by the
same method; a step of the case is beyond chance if its weight lies outside the middle 90 % of theirs. Steps
stay in their own place (a row of the lung among the shoulders would be no control), but all places share one
distribution: with its own, a step that the network hardly uses would be beyond chance with a tiny weight.

A weight in log odds means the same in every case, so random steps are weighed where they are, in their own
cases, once a version. A fall of probability does not: near 0 and 1 no single step changes much. There, random
steps are put into the case itself, in place of its own, and weighed there.

Measured on 150 phantoms with opacities and 150 without, classified correctly by six shipped variants; the
same phantoms drawn without their opacities say which rows hold one (37 % of all). Of the rows above the 95th
percentile (and ``least``) 74 to 93 % do by occlusion and 86 to 95 % by integrated gradients; of the rows of
normal phantoms, at most 1.3 % lie above it. With random rows in their own cases it would be 50 to 78 % and
4 to 6 % for occlusion. A distribution for each place had more rows without an opacity above it, and one of
rows in wrong places was so wide that fewer were found. A row inside the middle 90 % is not cleared: of the
rows that hold an opacity, a twentieth to a seventh (occlusion) or a quarter to a third (gradients) lie above.

Randomising the network's weights (Adebayo et al. 2018, arXiv:1810.03292) tests a method and not a step: an
untrained network has log odds near 0 everywhere, and every step would be beyond chance.

**Removal.** All steps above (or below) the null distribution are replaced by mean steps at once, and so are
as many steps of the case drawn at random. If the attribution holds, the prediction changes more than
by chance.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from diagnosis.explanations.background import Background

PERCENTILES = (5, 95)  # the middle 90 %
DRAWN = 256  # random steps put into the case: the 5th percentile is then the 13th smallest
SETS = 128  # random sets of steps that are removed
SEED = 20260102


def interval(weights: np.ndarray) -> tuple[float, float]:
    """The null distribution's 5th and 95th percentile, of the weights of random steps, any shape."""
    lower, upper = np.percentile(weights, PERCENTILES)
    return float(lower), float(upper)


def random_steps(background: Background) -> tuple[np.ndarray, np.ndarray]:
    """Steps drawn from random training cases, every place equally often; of records every event.

    Returns:
        Their places, int ``(DRAWN,)``, and the steps, float32 ``(DRAWN, features)``.
    """
    drawn, timesteps, _ = background.cases.shape
    rng = np.random.default_rng(SEED)
    if (
        background.events
    ):  # early places are full more often, and padding is nothing to put into a case
        chosen = rng.choice(np.argwhere(background.read), DRAWN)
        return chosen[:, 1], background.cases[chosen[:, 0], chosen[:, 1]]
    places = np.resize(rng.permutation(timesteps), DRAWN)
    return places, background.cases[rng.integers(0, drawn, DRAWN), places]


@dataclass(frozen=True)
class Removal:
    """The probability before and after some steps are replaced by mean steps."""

    steps: int  # their number
    before: float
    after: float
    lower: float  # after as many steps drawn at random: 5th to 95th percentile
    upper: float

    @property
    def falls(self) -> bool:
        """Whether the probability falls further than when random steps are removed."""
        return self.after < self.lower

    @property
    def rises(self) -> bool:
        """Whether it rises further than when random steps are removed."""
        return self.after > self.upper


def removal(
    probability: Callable[[np.ndarray], np.ndarray],
    sequence: np.ndarray,
    background: Background,
    steps: np.ndarray,
) -> Removal | None:
    """Replace steps by mean steps all at once, and as many random steps of the same case.

    Args:
        probability: of the class, ``(n,)``, of sequences, float32 ``(n, timesteps, features)``.
        sequence: the case, float32 ``(timesteps, features)``.
        background: of the training split.
        steps: which ones, bool ``(timesteps,)``.

    Returns:
        None if no step or every step is to be replaced: there is nothing to compare.
    """
    read = sequence[:, 0] > 0 if background.events else np.ones_like(steps)
    count = int(steps.sum())
    if count in (0, int(read.sum())):
        return None
    rng = np.random.default_rng(SEED)
    random = np.zeros((SETS, len(steps)), bool)  # padding is none of the case's steps
    random[:, read] = rng.permuted(np.tile(steps[read], (SETS, 1)), axis=1)
    replaced = np.concatenate([np.zeros_like(steps)[None], steps[None], random])
    edited = np.where(replaced[:, :, None], background.mean, sequence)
    before, after, *chance = probability(edited)
    lower, upper = np.percentile(chance, PERCENTILES)
    return Removal(count, float(before), float(after), float(lower), float(upper))
