"""What if some steps had looked different, or some units were silent: see ``Encoder.perturb``."""

from diagnosis.datasets import Dataset
from diagnosis.explanations.explanation import Explanation, lacks_states
from diagnosis.models.config import ModelConfig


class WhatIf(Explanation):
    """The same case with some of it hidden, blurred or replaced, or with some units silent, read again."""

    title = "What if"
    caption = (
        "The changed picture is one that the network was never trained on, and its edges are none that an "
        "organ has. A change of the answer shows that the network uses what was changed, in this case; no "
        "change does not show that it would not miss it, because other parts may stand in for it."
    )

    def misfit(self, config: ModelConfig, dataset: Dataset | None) -> str | None:
        return lacks_states(config)
