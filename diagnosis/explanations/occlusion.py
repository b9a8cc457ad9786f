"""Occlusion: how far the predicted probability falls when one step is replaced by the mean step.

Zeiler & Fergus, ECCV 2014 (arXiv:1311.2901) covered patches of a picture; here the patch is a
step, replaced by the mean of the training split at that step instead of grey.
"""

from collections.abc import Callable
from typing import ClassVar

import numpy as np

from diagnosis.explanations.attribution import Attribution, AttributionMethod, probabilities
from diagnosis.explanations.background import Background
from diagnosis.explanations.null_distribution import interval, random_steps
from diagnosis.inference.predictor import Predictor

LEAST = 0.01  # of probability: near 0 and 1 all falls are smaller, random ones too


class Occlusion(AttributionMethod):
    """Each step in turn is replaced by the training split's mean step, and the case is predicted again."""

    title: ClassVar[str] = "Occlusion"
    caption: ClassVar[str] = (
        "Each {step} in turn is replaced by the mean {step} of the training images, and the case is "
        "predicted again. The bar is the fall of the predicted probability: to the right, the {step} speaks "
        "for the class. Only single {steps} are replaced: where two {steps} carry the same information, "
        "neither has a long bar, and near probability 0 or 1 no bar is long. The edited case may resemble no "
        "real one. Occlusion shows what changes this network's prediction, not where a finding is."
    )
    caption_of_events: ClassVar[str] = (
        "Each {step} in turn is left out, and the case is predicted again. The bar is the fall of the "
        "predicted probability: to the right, the {step} speaks for the class. Only single {steps} are "
        "left out: where two {steps} carry the same information, neither has a long bar, and near "
        "probability 0 or 1 no bar is long. Occlusion shows what changes this network's prediction, not what "
        "made a patient ill."
    )

    def prepare(
        self, model: Predictor, background: Background, target: int
    ) -> Callable[[np.ndarray], Attribution]:
        """See ``AttributionMethod.prepare``; weights are falls of the predicted probability."""
        places, steps = random_steps(background)

        def weigh(sequence: np.ndarray) -> Attribution:
            timesteps = len(sequence)
            # the case itself, the case without each step, the case with each random step
            edited = np.tile(sequence, (1 + timesteps + len(places), 1, 1))
            every = np.arange(timesteps)
            edited[1 + every, every] = background.mean
            edited[1 + timesteps + np.arange(len(places)), places] = steps
            seen = probabilities(model, edited, target)
            whole, without, other = seen[0], seen[1 : 1 + timesteps], seen[1 + timesteps :]
            # A random step's weight is its own fall: from the case with it to the case without it.
            lower, upper = interval(other - without[places])
            return Attribution(
                whole - without, lower, upper, unit="predicted probability", least=LEAST
            )

        return weigh
