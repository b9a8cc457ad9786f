"""What if some steps had looked different, or some units were silent: see ``Encoder.perturb``."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from diagnosis.datasets import Dataset
from diagnosis.explanations.explanation import Explained, Explanation, lacks_states
from diagnosis.models.config import ModelConfig
from diagnosis.sequences import How, Sequence

if TYPE_CHECKING:  # it brings Keras
    from diagnosis.inference.prediction import Prediction


@dataclass(frozen=True, eq=False)
class WhatIf(Explanation):
    """The same case with some of it hidden, blurred or replaced, or with some units silent, read again.

    Attributes:
        steps: that are changed, from 0; and how, see ``Encoder.perturb``.
        ablated: units, see ``Ablation``.
    """

    steps: range = range(0)
    how: How = "hide"
    mean: np.ndarray | None = None
    other: Sequence | None = None
    ablated: Mapping[str, Collection[int]] = field(default_factory=dict)

    title = "What if"
    caption = (
        "The changed picture is one that the network was never trained on, and its edges are none that an "
        "organ has. A change of the answer shows that the network uses what was changed, in this case; no "
        "change does not show that it would not miss it, because other parts may stand in for it."
    )

    def misfit(self, config: ModelConfig, dataset: Dataset | None) -> str | None:
        return lacks_states(config)

    def run(self, subject: Explained) -> "Prediction":
        """The prediction for the changed case.

        Raises:
            InputError: there are no such steps or units, or there is nothing to replace steps with.
        """
        encoder, sequence = subject.model.config.encoder, subject.prediction.sequence
        changed = encoder.perturb(sequence, self.steps, self.how, mean=self.mean, other=self.other)
        return subject.model.predict_perturbed(subject.case, changed, ablated=self.ablated)
