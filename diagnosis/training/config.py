"""How a model is trained: validated, frozen, and stored with what it produced."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from diagnosis.errors import InputError
from diagnosis.sequences import Augmentation

Optimizer = Literal["adam", "adamw"]
Schedule = Literal["constant", "cosine", "step", "plateau"]


@dataclass(frozen=True)
class TrainingConfig:
    """One training recipe.

    Raises:
        InputError: a field is out of range; the message names it.
    """

    epochs: int = 60  # at most; early stopping usually ends sooner
    batch_size: int = 128
    learning_rate: float = 2e-3  # at the start; Adam's usual 1e-3, doubled for short schedules
    optimizer: Optimizer = "adam"
    weight_decay: float = 1e-4  # AdamW only
    schedule: Schedule = "cosine"  # how the learning rate falls
    clip_norm: float = (
        1.0  # of the whole gradient; recurrent networks need it (Pascanu et al. 2013)
    )
    patience: int = (
        15  # epochs without a better validation loss before stopping; 0 never stops early
    )
    balanced: bool = True  # weigh classes inversely to their frequency
    augmentation: Augmentation | None = field(default_factory=Augmentation)
    seed: int = 1
    mixed_precision: bool = False  # float16 arithmetic with float32 weights: for GPUs

    def __post_init__(self) -> None:
        limits = (
            ("epochs", self.epochs, 1, 10_000),
            ("batch size", self.batch_size, 1, 65_536),
            ("learning rate", self.learning_rate, 1e-7, 10),
            ("weight decay", self.weight_decay, 0, 1),
            ("clip norm", self.clip_norm, 0, 1e6),
            ("patience", self.patience, 0, 10_000),
            ("seed", self.seed, 0, 2**32 - 1),
        )
        for name, value, low, high in limits:
            if not low <= value <= high:
                raise InputError(f"The {name} must be {low} to {high}, not {value}.")
        for name, choice, kind in (
            ("optimizer", self.optimizer, Optimizer),
            ("schedule", self.schedule, Schedule),
        ):
            if choice not in get_args(kind):
                raise InputError(
                    f"The {name} must be one of {', '.join(get_args(kind))}, not {choice!r}."
                )

    def to_json(self) -> dict[str, Any]:
        """The fields as a JSON object."""
        return asdict(self)
