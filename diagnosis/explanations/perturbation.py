"""Perturbation: steps changed by ``Encoder.perturb`` or units ablated, and the case predicted again."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from diagnosis.datasets import Dataset
from diagnosis.explanations.explanation import Explained, Explanation, Misfit, lacks_states
from diagnosis.models.config import ModelConfig
from diagnosis.sequences import How, Sequence

if TYPE_CHECKING:  # it brings Keras
    from diagnosis.inference.prediction import Prediction


@dataclass(frozen=True, eq=False)
class Perturbation(Explanation):
    """The same case with some steps hidden, blurred or replaced, or with units ablated, predicted again.

    Attributes:
        steps: that are changed, from 0; and how, see ``Encoder.perturb``.
        ablated: units, see ``Ablation``.
    """

    steps: range = range(0)
    how: How = "hide"
    mean: np.ndarray | None = None
    other: Sequence | None = None
    ablated: Mapping[str, Collection[int]] = field(default_factory=dict)

    title = "Perturbation"
    caption = (
        "The network was never trained on perturbed cases, and their edges are not anatomy. A change of the "
        "prediction shows that the network uses the perturbed part in this case. No change does not show the "
        "opposite, because other parts may carry the same information."
    )

    def misfit(self, config: ModelConfig, dataset: Dataset | None) -> Misfit | None:
        return lacks_states(config)

    def run(self, subject: Explained) -> "Prediction":
        """The prediction for the changed case.

        Raises:
            InputError: there are no such steps or units, or there is nothing to replace steps with.
        """
        encoder, sequence = subject.model.config.encoder, subject.prediction.sequence
        changed = encoder.perturb(sequence, self.steps, self.how, mean=self.mean, other=self.other)
        return subject.model.predict_perturbed(subject.case, changed, ablated=self.ablated)
