"""What a model is: validated, frozen, and enough to build it again."""

from dataclasses import asdict, dataclass, field
from typing import Any, get_args

from diagnosis.datasets.facts import DatasetFacts, Task
from diagnosis.errors import InputError
from diagnosis.models.variants import Variant, variant
from diagnosis.sequences import Preparation


@dataclass(frozen=True)
class ModelConfig:
    """Architecture, answer and preparation of one model.

    Raises:
        InputError: a field is out of range; the message names it.
    """

    variant: str
    task: Task
    classes: tuple[str, ...]
    finding: int | None  # binary: the class that is looked for; sensitivity is about it
    preparation: Preparation = field(default_factory=Preparation)
    units: tuple[int, ...] = (50,)  # one number a layer, so this is the number of layers too
    dropout: float = 0.0  # of a layer's output, between layers and before the answer
    recurrent_dropout: float = (
        0.0  # of the state; off by default: it rules the fused GPU kernels out
    )
    dense: int = 0  # hidden dense units before the answer
    reset_after: bool = True  # GRU: Keras' and cuDNN's form; False is the form of Cho et al. (2014)
    padded: bool = False  # sequences of unequal lengths: padding is masked

    def __post_init__(self) -> None:
        variant(self.variant)
        if self.task not in get_args(Task):
            raise InputError(
                f"The task must be one of {', '.join(get_args(Task))}, not {self.task!r}."
            )
        if len(self.classes) < 2 and self.task != "multi-label":
            raise InputError(f"At least two classes are needed, not {len(self.classes)}.")
        if self.task == "binary" and (len(self.classes) != 2 or self.finding not in (0, 1)):
            raise InputError(
                "A binary task has two classes, and one of them (0 or 1) is the finding."
            )
        if not 1 <= len(self.units) <= 8 or not all(1 <= units <= 2048 for units in self.units):
            raise InputError(
                f"Units must be 1 to 2048 for each of 1 to 8 layers, not {self.units}."
            )
        for name, value in (
            ("dropout", self.dropout),
            ("recurrent dropout", self.recurrent_dropout),
        ):
            if not 0 <= value < 1:
                raise InputError(f"The {name} must be at least 0 and less than 1, not {value}.")
        if not 0 <= self.dense <= 4096:
            raise InputError(f"The dense layer must have 0 to 4096 units, not {self.dense}.")
        if self.kind.cell == "cnn" and (self.recurrent_dropout or self.padded):
            raise InputError("A CNN has no state to drop and reads no padded sequences.")

    @property
    def kind(self) -> Variant:
        """The variant's entry in the table."""
        return variant(self.variant)

    @property
    def recurrent(self) -> bool:
        """Whether there are states and gates to look at."""
        return self.kind.cell != "cnn"

    def to_json(self) -> dict[str, Any]:
        """A JSON object; ``from_json`` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "ModelConfig":
        """Build from ``to_json``'s object.

        Raises:
            InputError: a field is missing, unknown or out of range.
        """
        try:
            values = dict(document)
            values["preparation"] = Preparation(**values["preparation"])
            values["classes"] = tuple(str(name) for name in values["classes"])
            values["units"] = tuple(int(units) for units in values["units"])
            return cls(**values)
        except (TypeError, KeyError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"This is not the configuration of a model: {error}.") from error


def config_for(
    name: str,
    facts: DatasetFacts,
    *,
    size: int = 28,
    units: tuple[int, ...] | None = None,
    dropout: float | None = None,
    **options: Any,
) -> ModelConfig:
    """The usual configuration of a variant for a data set, with the given fields changed.

    Args:
        name: of the variant.
        facts: of the data set.
        size: pixels a side.
        units: instead of the variant's.
        dropout: instead of the variant's.
        options: further fields of ``ModelConfig``, and ``order`` and ``standardise`` of the preparation.
    """
    kind = variant(name)
    preparation = {key: options.pop(key) for key in ("order", "standardise") if key in options}
    return ModelConfig(
        variant=name,
        task=facts.task,
        classes=facts.classes,
        finding=facts.finding,
        preparation=Preparation(
            size=size,
            channels=facts.channels,
            volume=facts.dimensions == 3,
            jpeg_quality=facts.jpeg_quality,
            **preparation,
        ),
        units=kind.units if units is None else units,
        dropout=kind.dropout if dropout is None else dropout,
        **{"dense": kind.dense, **options},
    )
