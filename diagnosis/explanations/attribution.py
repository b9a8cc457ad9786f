"""Attribution: a weight for every step, and the null distribution of the weights of random steps."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from diagnosis.datasets import Dataset
from diagnosis.explanations.background import Background, background
from diagnosis.explanations.explanation import Explained, Explanation, Misfit, lacks_data
from diagnosis.inference.predictor import Predictor
from diagnosis.models import heads
from diagnosis.models.config import ModelConfig
from diagnosis.sequences import StepKind
from diagnosis.sequences.sequence import EVENT, STEP


@dataclass(frozen=True)
class Completeness:
    """Whether the weights of all steps add up to what they explain."""

    total: float  # sum of the weights
    start: float  # the network's output for the starting point, in the weights' unit
    end: float  # and for the case

    @property
    def residual(self) -> float:
        """``|total - (end - start)|``, in the weights' unit."""
        return abs(self.total - (self.end - self.start))

    @property
    def relative(self) -> float:
        """The residual as a share of ``|end - start|``; NaN where both say the same."""
        difference = abs(self.end - self.start)
        return self.residual / difference if difference else float("nan")


@dataclass(frozen=True, eq=False)
class Attribution:
    """The weight of every step for one class: positive for the class, negative against it."""

    values: np.ndarray  # float64 (timesteps,)
    lower: float  # null distribution of random steps: its 5th percentile
    upper: float  # its 95th
    unit: str  # of a weight
    least: float  # a smaller weight is not counted, whatever random steps get
    completeness: Completeness | None = None  # of methods whose weights should add up

    @property
    def towards(self) -> np.ndarray:
        """Steps for the class, above the null distribution and ``least``, bool ``(timesteps,)``."""
        return self.values > max(self.upper, self.least)

    @property
    def against(self) -> np.ndarray:
        """Steps against the class, below both, bool ``(timesteps,)``."""
        return self.values < min(self.lower, -self.least)

    def to_json(self) -> dict[str, Any]:
        """The weights, in the order of the steps, and what random steps get."""
        return {
            "unit": self.unit,
            "weights": self.values.tolist(),
            "null": [self.lower, self.upper],
            "least": self.least,
        }


class AttributionMethod(Explanation):
    """Gives every step of a sequence a weight; its captions write ``{step}`` and ``{steps}`` for names."""

    caption_of_events: ClassVar[str] = ""  # its limits on records, where they are others

    def caption_for(self, steps: StepKind) -> str:
        """Its limits, in the words for these steps."""
        of_events = self.caption_of_events if steps in (EVENT, STEP) else ""
        return (of_events or self.caption).format(step=steps.singular, steps=steps.plural)

    def misfit(self, config: ModelConfig, dataset: Dataset | None) -> Misfit | None:
        """Fits any model; the mean step and the null distribution need the training cases."""
        return lacks_data(config, dataset)

    def run(self, subject: Explained) -> Attribution:
        """The weights of a case's steps; prepared for it alone."""
        assert subject.dataset is not None  # else it does not fit
        around = background(subject.dataset, subject.model.config.encoder)
        weigh = self.prepare(subject.model, around, subject.target)
        return weigh(subject.prediction.sequence.values)

    @abstractmethod
    def prepare(
        self, model: Predictor, background: Background, target: int
    ) -> Callable[[np.ndarray], Attribution]:
        """Prepare once for a model version and a class.

        Args:
            model: to explain.
            background: of the training split.
            target: index of the class.

        Returns:
            A function from a sequence, float32 ``(timesteps, features)``, to the weights of its steps.
            It may run in several threads at once.
        """


def probabilities(model: Predictor, sequences: np.ndarray, target: int) -> np.ndarray:
    """Predicted probability of a class, float64 ``(n,)``, of sequences ``(n, timesteps, features)``."""
    logits = model.calibration(model.forward(sequences))
    return heads.probabilities(logits, model.config.task)[:, target]
