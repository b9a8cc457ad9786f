"""What is to be trained, complete: the words of a command, a form's fields, and the record of a run."""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from diagnosis.errors import InputError
from diagnosis.models.variants import variant
from diagnosis.sequences import Augmentation
from diagnosis.training.config import TrainingConfig

if TYPE_CHECKING:
    from diagnosis.datasets import Dataset
    from diagnosis.models.config import ModelConfig

Device = Literal["auto", "cpu", "gpu"]


@dataclass(frozen=True)
class Plan:
    """One training, before it is known whether the data set fits.

    Raises:
        InputError: a field is out of range; the message names it.
    """

    dataset: str  # a name, or the path of an NPZ
    variant: str
    size: int = 28  # pixels a side, where a set is published at several
    units: tuple[int, ...] | None = None  # None for the variant's own
    options: Mapping[str, Any] = field(default_factory=dict)  # further ones of `config_for`
    training: TrainingConfig = field(default_factory=TrainingConfig)
    device: Device = "auto"
    devices: int = 1  # of that kind, which share each batch
    by: str = ""  # who asked for it
    why: str = ""
    out: str | None = None  # a folder of versions, instead of the user's own

    def __post_init__(self) -> None:
        variant(self.variant)
        if self.device not in get_args(Device):
            raise InputError(
                f"The device must be {', '.join(get_args(Device))}, not {self.device!r}."
            )
        if not 1 <= self.devices <= 64:
            raise InputError(f"The number of devices must be 1 to 64, not {self.devices}.")
        for name, text in (("name", self.by), ("reason", self.why)):
            if len(text) > 1000:
                raise InputError(f"The {name} must have at most 1,000 characters, not {len(text)}.")

    @property
    def model(self) -> str:
        """``data set/variant``; a set that is given by its path has its file's name."""
        path = Path(self.dataset)
        return f"{path.stem if path.suffix else self.dataset}/{self.variant}"

    def config(self, dataset: "Dataset") -> "ModelConfig":
        """The model's configuration for the data set.

        Raises:
            InputError: an option is out of range.
        """
        from diagnosis.models.config import config_for

        return config_for(
            self.variant, dataset.facts, size=dataset.size, units=self.units, **self.options
        )

    def words(self) -> list[str]:
        """The command that asks for the same, without ``python -m diagnosis``; defaults are left out."""
        words = ["train", self.dataset, self.variant]
        if self.size != 28:
            words += ["--size", str(self.size)]
        if self.units is not None:
            words += ["--units", ",".join(map(str, self.units))]
        for name, value in self.options.items():
            words += _option(name, value)
        for each in fields(TrainingConfig):
            value = getattr(self.training, each.name)
            if each.name != "augmentation" and value != each.default:
                words += _option(each.name, value)
        words += _augmentation(self.training.augmentation)
        if self.device != "auto":
            words += ["--device", self.device]
        if self.devices != 1:
            words += ["--devices", str(self.devices)]
        for name in ("by", "why", "out"):
            if value := getattr(self, name):
                # in one word, for what a person wrote may begin with a dash
                words.append(f"--{name}={value}")
        return words

    def to_json(self) -> dict[str, Any]:
        """A JSON object; ``from_json`` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Plan":
        """Build from ``to_json``'s object."""
        values = dict(document)
        training = dict(values["training"])
        if training["augmentation"] is not None:
            training["augmentation"] = Augmentation(**training["augmentation"])
        units = values["units"]
        return cls(
            **{
                **values,
                "training": TrainingConfig(**training),
                "units": None if units is None else tuple(units),
            }
        )


def _option(name: str, value: Any) -> list[str]:
    flag = name.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{flag}" if value else f"--no-{flag}"]
    return [f"--{flag}", f"{value:.12g}" if isinstance(value, float) else str(value)]


def _augmentation(chosen: Augmentation | None) -> list[str]:
    if chosen is None:
        return ["--no-augmentation"]
    words: list[str] = []
    for each in fields(Augmentation):
        assert each.default is not MISSING
        value = getattr(chosen, each.name)
        if value != each.default:
            words += _option(each.name, value)
    return words
