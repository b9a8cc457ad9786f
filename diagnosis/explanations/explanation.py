"""What every explanation is: a title, its limits in plain words, and which models and data it fits."""

from abc import ABC, abstractmethod
from inspect import isabstract
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from diagnosis.datasets import Dataset
from diagnosis.models.config import ModelConfig
from diagnosis.sequences import StepKind

if TYPE_CHECKING:  # they bring Keras
    from diagnosis.cases import Case
    from diagnosis.inference.prediction import Prediction
    from diagnosis.inference.predictor import Predictor


class Explained(Protocol):
    """A prediction, and what there is to explain it with."""

    @property
    def model(self) -> "Predictor": ...
    @property
    def case(self) -> "Case": ...
    @property
    def prediction(self) -> "Prediction": ...
    @property
    def dataset(self) -> Dataset | None: ...  # that the model learned from
    @property
    def target(self) -> int: ...  # index of the class


class Result(Protocol):
    """What an explanation gives: its own type for its figure, and figures for everything else."""

    def to_json(self) -> dict[str, Any]:
        """The figures as a JSON object."""


class Explanation(ABC):
    """One way to explain a reading. It is offered only where ``misfit`` finds nothing against it.

    Raises:
        TypeError: when a subclass that is not abstract has no title or no caption: an explanation
            without its limits is not to be shown.
    """

    title: ClassVar[str]
    caption: ClassVar[str]  # what it cannot say, for the person who looks at it

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if isabstract(cls):
            return
        for name in ("title", "caption"):
            words = getattr(cls, name, None)
            if not isinstance(words, str) or not words.strip():
                raise TypeError(f"{cls.__name__} needs a {name}: one or more plain sentences.")

    def caption_for(self, steps: StepKind) -> str:
        """Its limits, where a step is called so."""
        return self.caption

    @abstractmethod
    def misfit(self, config: ModelConfig, dataset: Dataset | None) -> str | None:
        """Why it cannot work on this model and these data, in one plain sentence; None if it can.

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


def lacks_states(config: ModelConfig) -> str | None:
    """The misfit of what needs hidden states, where there are none."""
    if config.recurrent:
        return None
    return f"A {config.kind.title} has no hidden state, so there is nothing of the kind to show."


def lacks_data(config: ModelConfig, dataset: Dataset | None) -> str | None:
    """The misfit of what needs training cases, where there are none that the model can read."""
    if dataset is None:
        return (
            "The data set that this model learned from is not on this machine: the Data sets page "
            "says how to get it."
        )
    shape, expected = dataset.images["train"].shape[1:], config.encoder.example_shape
    if shape != expected:
        return (
            f"The model reads images of shape {expected}, and those of {dataset.facts.title} have "
            f"{shape}: choose a data set of that size."
        )
    if (dataset.facts.classes, dataset.facts.task) != (config.classes, config.task):
        return (
            f"The model answers {', '.join(config.classes)}, and {dataset.facts.title} on this machine has "
            "other classes: restore the data set that it learned from."
        )
    return None
