"""What all explanations share: a title, a caption with their limits, and the models and data they fit."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from inspect import isabstract
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from diagnosis.datasets import Dataset
from diagnosis.models.config import ModelConfig
from diagnosis.sequences import StepKind

if TYPE_CHECKING:  # they bring Keras
    from diagnosis.cases import Case
    from diagnosis.inference.prediction import Prediction
    from diagnosis.inference.predictor import Predictor


class Explained(Protocol):
    """A prediction with its model, case and data set."""

    @property
    def model(self) -> "Predictor": ...
    @property
    def case(self) -> "Case": ...
    @property
    def prediction(self) -> "Prediction": ...
    @property
    def dataset(self) -> Dataset | None: ...  # that the model was trained on
    @property
    def target(self) -> int: ...  # index of the class


class Result(Protocol):
    """The result of an explanation: a type of its own, and JSON."""

    def to_json(self) -> dict[str, Any]:
        """The figures as a JSON object."""


@dataclass(frozen=True)
class Misfit:
    """Why an explanation cannot work on a model and its data."""

    code: Literal["no_states", "no_gates", "no_data", "other_shape", "other_classes"]
    sentence: str  # the same for the page

    @property
    def of_data(self) -> bool:
        """Whether other data would do."""
        return self.code in ("no_data", "other_shape", "other_classes")


class Explanation(ABC):
    """A way to explain a prediction, offered only where it has no ``misfit``.

    Raises:
        TypeError: when a subclass that is not abstract has no title or no caption: an explanation
            is never shown without its limits.
    """

    title: ClassVar[str]
    caption: ClassVar[str]  # its limits, for the page

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if isabstract(cls):
            return
        for name in ("title", "caption"):
            words = getattr(cls, name, None)
            if not isinstance(words, str) or not words.strip():
                raise TypeError(f"{cls.__name__} needs a {name}: one or more plain sentences.")

    def caption_for(self, steps: StepKind) -> str:
        """Its limits, in the words for these steps."""
        return self.caption

    @abstractmethod
    def misfit(self, config: ModelConfig, dataset: Dataset | None) -> Misfit | None:
        """Why it cannot work on this model and these data; None if it can.

        Args:
            config: the model's.
            dataset: that the model learned from; None if it is not on this machine.
        """

    @abstractmethod
    def run(self, subject: Explained) -> Result:
        """Explain a prediction; ``misfit`` found nothing against it.

        Raises:
            InputError: it cannot be computed here.
        """


def lacks_states(config: ModelConfig) -> Misfit | None:
    """The misfit of an explanation that needs hidden states, where there are none."""
    if config.recurrent:
        return None
    return Misfit("no_states", f"A {config.kind.title} has no hidden states.")


def lacks_data(config: ModelConfig, dataset: Dataset | None) -> Misfit | None:
    """The misfit of an explanation that needs training cases, where there are none that fit the model."""
    if dataset is None:
        return Misfit(
            "no_data",
            "The data set that this model was trained on is not on this machine: the Data sets page says how "
            "to get it.",
        )
    encoder = config.encoder
    shape, expected = encoder.own(dataset.images["train"]).shape[1:], encoder.example_shape
    if shape != expected:
        return Misfit(
            "other_shape",
            f"The model reads images of shape {expected}, and those of {dataset.facts.title} have "
            f"{shape}: choose a data set of that size.",
        )
    if encoder.embedded and dataset.codes != getattr(encoder, "codes", ()):
        return Misfit(
            "other_shape",
            f"The codes of {dataset.facts.title} on this machine are not those that the model learned: "
            "restore the data set that it was trained on.",
        )
    if (dataset.facts.classes, dataset.facts.task) != (config.classes, config.task):
        return Misfit(
            "other_classes",
            f"The model predicts {', '.join(config.classes)}, and {dataset.facts.title} on this machine has "
            "other classes: restore the data set that it was trained on.",
        )
    return None
