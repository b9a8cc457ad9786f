"""Which rows mattered: a weight for every row, and how large a weight a row gets by chance."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from diagnosis.datasets import Dataset
from diagnosis.explanations.background import Background, background
from diagnosis.explanations.explanation import Explained, Explanation, lacks_data
from diagnosis.inference.predictor import Predictor
from diagnosis.models import heads
from diagnosis.models.config import ModelConfig
from diagnosis.sequences import StepKind


@dataclass(frozen=True)
class Completeness:
    """Do the weights of all rows add up to what they explain?"""

    total: float  # sum of the weights
    start: float  # what the network says of the starting point, in the weights' unit
    end: float  # and of the case

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
class RowWeights:
    """The weight of every row for one class. Positive: the row speaks for the class; negative: against."""

    values: np.ndarray  # float64 (timesteps,)
    lower: float  # the control band: nine in ten random rows get a weight inside it
    upper: float
    unit: str  # what a weight is counted in
    least: float  # a weight below this does not matter, whatever random rows get
    completeness: Completeness | None = None  # methods whose weights should add up

    @property
    def towards(self) -> np.ndarray:
        """Rows that matter for the class: above the band and of some size, bool ``(timesteps,)``."""
        return self.values > max(self.upper, self.least)

    @property
    def against(self) -> np.ndarray:
        """Rows that matter against it: below the band and of some size, bool ``(timesteps,)``."""
        return self.values < min(self.lower, -self.least)

    def to_json(self) -> dict[str, Any]:
        """The weights, in the order of the steps, and what random steps get."""
        return {
            "unit": self.unit,
            "weights": self.values.tolist(),
            "null": [self.lower, self.upper],
            "least": self.least,
        }


class RowExplanation(Explanation):
    """A method that gives every row of a sequence a weight; its caption says ``{unit}`` for a row."""

    @classmethod
    def caption_of(cls, unit: str) -> str:
        """Its limits in plain words, where a timestep is a "row", "column" or "slice"."""
        return cls.caption.format(unit=unit)

    def caption_for(self, steps: StepKind) -> str:
        """See ``caption_of``."""
        return self.caption_of(steps.singular)

    def misfit(self, config: ModelConfig, dataset: Dataset | None) -> str | None:
        """Any model will do; the training cases are needed for the mean row and the control."""
        return lacks_data(config, dataset)

    def run(self, subject: Explained) -> RowWeights:
        """The weights of a case's steps; prepared for it alone."""
        assert subject.dataset is not None  # else it does not fit
        around = background(subject.dataset, subject.model.config.encoder)
        weigh = self.prepare(subject.model, around, subject.target)
        return weigh(subject.prediction.sequence.values)

    @abstractmethod
    def prepare(
        self, model: Predictor, background: Background, target: int
    ) -> Callable[[np.ndarray], RowWeights]:
        """Do what is needed once for a model version and a class.

        Args:
            model: to explain.
            background: of the training split that it learned from.
            target: index of the class.

        Returns:
            A function from a sequence, float32 ``(timesteps, features)``, to the weights of its rows.
            Safe to call from several threads.
        """


def probabilities(model: Predictor, sequences: np.ndarray, target: int) -> np.ndarray:
    """Estimated probability of a class, float64 ``(n,)``, of sequences ``(n, timesteps, features)``."""
    logits = model.calibration(model.forward(sequences))
    return heads.probabilities(logits, model.config.task)[:, target]
