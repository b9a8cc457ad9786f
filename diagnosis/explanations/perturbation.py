"""Perturbation: steps changed by ``Encoder.perturb`` or units ablated, and the case predicted again."""

from diagnosis.datasets import Dataset
from diagnosis.explanations.explanation import Explanation, Misfit, lacks_states
from diagnosis.models.config import ModelConfig


class Perturbation(Explanation):
    """The same case with some steps hidden, blurred or replaced, or with units ablated, predicted again."""

    title = "Perturbation"
    caption = (
        "The network was never trained on perturbed cases, and their edges are not anatomy. A change of the "
        "prediction shows that the network uses the perturbed part in this case. No change does not show the "
        "opposite, because other parts may carry the same information."
    )

    def misfit(self, config: ModelConfig, dataset: Dataset | None) -> Misfit | None:
        return lacks_states(config)
