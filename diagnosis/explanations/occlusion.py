"""Occlusion: what the estimated probability loses when one row is replaced by the mean row.

Zeiler & Fergus, ECCV 2014 (arXiv:1311.2901) covered patches of a picture; here the patch is a row, and it
is not covered with grey but replaced by the row that the training split has there on average.
"""

from collections.abc import Callable
from typing import ClassVar

import numpy as np

from diagnosis.explanations.attribution import RowExplanation, RowWeights, probabilities
from diagnosis.explanations.background import Background
from diagnosis.explanations.null_distribution import band, random_rows
from diagnosis.inference.predictor import Predictor

LEAST = 0.01  # of probability: where the network is sure, falls and random falls alike are smaller


class Occlusion(RowExplanation):
    """One row at a time is replaced by the training split's mean row, and the case is read again."""

    title: ClassVar[str] = "Occlusion"
    caption: ClassVar[str] = (
        "One {unit} at a time is replaced by the mean {unit} of the training images, and the scan is read "
        "again. The bar is what the estimated probability loses: to the right, the {unit} spoke for the "
        "class. It sees single {unit}s only: where two {unit}s say the same, neither seems to matter, and "
        "where the network is sure, no bar is long. The edited scan may be unlike any real one. It shows "
        "what changes this network's answer, not where a finding is."
    )

    def prepare(
        self, model: Predictor, background: Background, target: int
    ) -> Callable[[np.ndarray], RowWeights]:
        """See ``RowExplanation.prepare``; weights are falls of the estimated probability."""
        places, rows = random_rows(background)

        def weigh(sequence: np.ndarray) -> RowWeights:
            timesteps = len(sequence)
            # the case itself, the case without each row, the case with each random row
            edited = np.tile(sequence, (1 + timesteps + len(places), 1, 1))
            every = np.arange(timesteps)
            edited[1 + every, every] = background.mean
            edited[1 + timesteps + np.arange(len(places)), places] = rows
            seen = probabilities(model, edited, target)
            whole, without, other = seen[0], seen[1 : 1 + timesteps], seen[1 + timesteps :]
            # A random row's weight is its own fall: from the case that holds it to the case without.
            lower, upper = band(other - without[places])
            return RowWeights(
                whole - without, lower, upper, unit="estimated probability", least=LEAST
            )

        return weigh
