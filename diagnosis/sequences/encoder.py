"""What turns a case into a sequence; stored with every model, and the same for training and for a reading."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

import numpy as np

from diagnosis.cases import Case
from diagnosis.core.errors import InputError, nearest
from diagnosis.core.population import NOT_STATED, Population
from diagnosis.core.settings import Settings
from diagnosis.scans import Quality
from diagnosis.sequences.augmentation import Augmentation
from diagnosis.sequences.sequence import Part, Sequence, Step, StepKind
from diagnosis.sequences.view import StepView

How = Literal["hide", "blur", "replace"]  # what is done to steps that are perturbed


class Encoder(Settings, ABC):
    """A kind of sequence and its settings.

    To add a kind: subclass, give ``kind`` one value and a default, declare the settings as fields, write the
    abstract methods, and decorate the class with ``register``. Pages, command line, training and explanations
    then work with it; a model has it as ``ModelConfig.encoder``.
    """

    kind: str  # a Literal of one value in each subclass: what JSON has

    @property
    @abstractmethod
    def steps(self) -> StepKind:
        """The name of a step, and the direction of the steps."""

    @property
    def across(self) -> StepKind:
        """Of a square picture the lines across its steps; numbered like these, from where these begin."""
        return self.steps

    @property
    @abstractmethod
    def length(self) -> int:
        """Steps of a sequence."""

    @property
    @abstractmethod
    def features(self) -> int:
        """Values of a step."""

    @property
    @abstractmethod
    def example_shape(self) -> tuple[int, ...]:
        """Shape of one example in a data set."""

    @property
    @abstractmethod
    def data_size(self) -> int:
        """Which size of a published data set it reads: pixels along each side."""

    @abstractmethod
    def example(self, case: Case) -> np.ndarray:
        """A case as a data set would hold it.

        Returns:
            Of pictures uint8, ``example_shape``.

        Raises:
            InputError: the case does not have what the model reads.
        """

    @abstractmethod
    def batch(self, examples: np.ndarray) -> np.ndarray:
        """Examples of a data set as the network reads them, for training and evaluation.

        Args:
            examples: of pictures uint8 or float, 0..255; ``(n, *example_shape)``.

        Returns:
            float32, ``(n, length, features)``.

        Raises:
            InputError: as ``check``.
        """

    def own(self, examples: np.ndarray) -> np.ndarray:
        """What it reads of examples of a data set: of studies their pictures or their records."""
        return examples

    @abstractmethod
    def blurred(self, values: np.ndarray) -> np.ndarray:
        """A sequence's values, ``(length, features)``, smoothed along and across the steps."""

    @abstractmethod
    def view(self, example: np.ndarray, sequence: Sequence | None = None) -> StepView:
        """What is drawn of a case beside its states and gates.

        Args:
            example: uint8, ``example_shape``: of ``example`` or a data set.
            sequence: that was made of it and then perturbed: steps that differ are drawn as they became, in
                the case's own greys.
        """

    @property
    def extent(self) -> str:
        """How much it sees, such as "28 × 28 pixels"."""
        return f"{self.length} {self.steps.plural} of {self.features} values"

    @property
    def whole(self) -> bool:
        """Whether all frames of a scan are read, not one that is chosen."""
        return False

    def shown_frames(self, frames: int) -> list[int]:
        """For each step the frame of a case that it is made of, from 0; none where steps are no frames.

        Args:
            frames: of the case.
        """
        del frames
        return []

    @property
    def parts(self) -> tuple[Part, ...]:
        """What branches of a network read, each by itself; none if there is one branch for all."""
        return ()

    @property
    def changeable(self) -> bool:
        """Whether training examples can be augmented."""
        return self.grid is not None

    @property
    def embedded(self) -> int:
        """How many codes a network looks up by the first number of a step; 0 if all numbers are values."""
        return 0

    @property
    def expects_grey(self) -> bool:
        """Whether a coloured scan is not what it reads."""
        return False

    @property
    def grid(self) -> tuple[int, ...] | None:
        """Shape of a sequence as a picture or volume, time first and channels last; None if it is none."""
        return None

    def quality(self, case: Case, population: Population = NOT_STATED) -> Quality:
        """Whether a case is fit to be read, by a model for this population.

        Raises:
            InputError: as ``example``.
        """
        return case.quality(whole=self.whole, expects_grey=self.expects_grey, population=population)

    def summary(self, sequences: np.ndarray) -> np.ndarray:
        """That by which cases are compared to tell out-of-distribution ones, float32 ``(n, values)``.

        Args:
            sequences: of ``batch``, ``(n, length, features)``.
        """
        return sequences.reshape(len(sequences), -1)

    def augmented(
        self, examples: np.ndarray, augmentation: Augmentation, rng: np.random.Generator
    ) -> np.ndarray:
        """Examples with small random changes, float32, same shape.

        Raises:
            InputError: there are none for this kind of data.
        """
        raise InputError(f"Data of the kind {self.kind!r} cannot be augmented: leave it out.")

    def encode(self, case: Case) -> Sequence:
        """A case as the network reads it; made once a case.

        Raises:
            InputError: as ``example``.
        """
        return case.cached(self, lambda: self.sequence(self.batch(self.example(case)[None])[0]))

    def sequence(self, values: np.ndarray) -> Sequence:
        """Values, float32 ``(length, features)``, as a sequence with no padding."""
        name = self.steps.singular
        steps = tuple(Step(f"{name} {number}") for number in range(1, len(values) + 1))
        return Sequence({"sequence": values}, np.ones(len(values), bool), steps)

    def perturb(
        self,
        sequence: Sequence,
        steps: range,
        how: How,
        *,
        mean: np.ndarray | None = None,
        other: Sequence | None = None,
    ) -> Sequence:
        """A sequence with some steps changed; the others keep their values.

        The change is made to the sequence: were it made to the picture, standardising that again would change
        every other step with it.

        Args:
            sequence: of this encoder.
            steps: which ones, from 0.
            how: "hide" puts ``mean`` in their place, "blur" takes them from ``blurred``, "replace" from
                ``other``.
            mean: what a data set's sequences are on average, ``(length, features)``; without it a hidden step
                gets the sequence's own mean: the picture's mean grey.
            other: of another case; needed for "replace".

        Raises:
            InputError: there are no such steps, or there is nothing to replace them with.
        """
        values = sequence.values
        if not 0 <= steps.start <= steps.stop <= len(values):
            raise InputError(
                f"Choose {self.steps.plural} within 1 to {len(values)}, "
                f"not {steps.start + 1} to {steps.stop}."
            )
        if how == "blur":
            source = self.blurred(values)
        elif how == "hide":
            source = np.full_like(values, values.mean()) if mean is None else mean
        elif other is None or other.values.shape != values.shape:
            raise InputError(
                f"To replace {self.steps.plural}, choose another case of the same size."
            )
        else:
            source = other.values
        changed = values.copy()
        rows = slice(steps.start, steps.stop)
        changed[rows] = source[rows]
        return sequence.with_values(changed)

    def check(self, examples: np.ndarray) -> None:
        """See that examples are of the shape that is read.

        Raises:
            InputError: they are not.
        """
        shape = self.own(examples).shape[1:]
        if shape != self.example_shape:
            raise InputError(
                f"The model reads images of shape {self.example_shape}, "
                f"but these are {shape}: choose a data set of that size."
            )


Kind = TypeVar("Kind", bound=Encoder)
ENCODERS: dict[str, type[Encoder]] = {}  # by kind


def register(encoder: type[Kind]) -> type[Kind]:
    """Make a kind of encoder known to configurations; a class decorator."""
    ENCODERS[encoder.model_fields["kind"].default] = encoder
    return encoder


def encoder_from_json(document: Any) -> Encoder:
    """An encoder from its JSON object, or the encoder that is given.

    Raises:
        InputError: it is none of the known kinds; or what that kind rejects.
    """
    if isinstance(document, Encoder):
        return document
    kind = document.get("kind") if isinstance(document, Mapping) else None
    if not isinstance(kind, str) or kind not in ENCODERS:
        raise InputError(
            f"There is no encoder of the kind {str(kind)[:60]!r}."
            f"{nearest(str(kind), list(ENCODERS))}"
        )
    return ENCODERS[kind].from_json(document)
