"""What the sections of the gates page look at: one case, read by one model."""

from dataclasses import dataclass

from diagnosis.cases import Case
from diagnosis.datasets import Dataset
from diagnosis.figures.panels import Axis
from diagnosis.inference.prediction import Prediction
from diagnosis.inference.predictor import Predictor
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import Version


@dataclass(frozen=True, eq=False)
class Subject:
    """One case and one model."""

    version: Version
    model: Predictor
    prediction: Prediction
    case: Case
    dataset: Dataset | None  # that the model learned from, if it is on this machine
    theme: str  # "light" or "dark"

    @property
    def config(self) -> ModelConfig:
        """The model's configuration."""
        return self.version.config

    @property
    def axis(self) -> Axis:
        """The vertical axis of all panels."""
        encoder = self.config.encoder
        return Axis(encoder.steps.singular, upward=encoder.steps.upward)

    @property
    def target(self) -> int:
        """The class that is explained: the finding of a binary task, else the most probable class."""
        if self.config.finding is not None:
            return self.config.finding
        return int(self.prediction.probabilities.argmax())
