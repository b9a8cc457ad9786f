"""What is to be trained, complete: the words of a command, a form's fields, and the record of a run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field

from diagnosis.core.errors import InputError, nearest
from diagnosis.core.settings import Parameter, Settings, flag, parameter
from diagnosis.datasets import Dataset, catalogue
from diagnosis.datasets.measurable import check_measurable
from diagnosis.models.config import ModelConfig, Units, VariantName, config_for, learned_encoder
from diagnosis.sequences import Augmentation, PictureEncoder, Size, SliceEncoder
from diagnosis.training.config import Device, TrainingConfig

# Further fields of a model that a plan may set; else each variant has its own.
OPTIONS: Mapping[str, Parameter] = {
    name: parameter(config, name)
    for config, names in (
        (
            ModelConfig,
            (
                "dropout",
                "dense",
                "recurrent_dropout",
                "reset_after",
                "padded",
                "embedding",
                "fusion",
                "modality_dropout",
            ),
        ),
        (PictureEncoder, ("order", "standardise")),
        (SliceEncoder, ("axis",)),
    )
    for name in names
}


def _checked(options: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in options:
        if name not in OPTIONS:
            raise InputError(f"A plan has no option {name[:60]!r}.{nearest(name, list(OPTIONS))}")
    return {name: OPTIONS[name].check(value) for name, value in options.items()}


class Plan(Settings):
    """One training, before it is known whether the data set fits."""

    model_config = ConfigDict(title="plan of a training")

    dataset: str  # a name, or the path of an NPZ
    variant: VariantName
    size: Size = 28  # where a set is published at several
    units: Units | None = None  # None for the variant's own
    options: Annotated[Mapping[str, Any], AfterValidator(_checked)] = {}
    training: TrainingConfig = TrainingConfig()
    device: Annotated[Device, Field(description="where")] = "auto"
    devices: Annotated[
        int,
        Field(
            ge=1,
            le=64,
            title="number of devices",
            description="of that kind, which share each batch (more than one: JAX)",
        ),
    ] = 1
    by: Annotated[
        str, Field(max_length=1000, title="name", description="who asks for it, for the record")
    ] = ""
    why: Annotated[
        str, Field(max_length=1000, title="reason", description="what for, for the record")
    ] = ""
    out: str | None = None  # a folder of versions, instead of the user's own

    @property
    def model(self) -> str:
        """``data set/variant``; a set that is given by its path has its file's name."""
        path = Path(self.dataset)
        return f"{path.stem if path.suffix else self.dataset}/{self.variant}"

    def config(self, dataset: Dataset) -> ModelConfig:
        """The model's configuration for the data set.

        Raises:
            InputError: the options do not go together.
        """
        return config_for(
            self.variant,
            dataset.facts,
            size=dataset.size,
            encoder=learned_encoder(dataset),
            units=self.units,
            **self.options,
        )

    def checked(self, dataset: Dataset) -> ModelConfig:
        """The model's configuration, once the data set is seen to allow what is planned.

        Raises:
            InputError: it has too few cases to measure a model, or does not allow an option.
        """
        facts, changes = dataset.facts, self.training.augmentation
        if not self.config(dataset).encoder.changeable and changes not in (None, Augmentation()):
            raise InputError(
                "Records cannot be turned, shifted or blurred: leave the options of the augmentation out."
            )
        # nothing is known of imported sets
        if changes and changes.flip and not facts.flip and facts.name in catalogue():
            raise InputError(
                f"A mirrored scan of {facts.title} would not be a plausible one: leave --flip out."
            )
        for split in ("val", "test"):
            check_measurable(dataset, split)
        return self.config(dataset)

    def words(self) -> list[str]:
        """The command that asks for the same, without ``python -m diagnosis``; defaults are left out."""
        chosen = _unusual(self, "size", "units") | dict(self.options)
        chosen |= _unusual(self.training, *TrainingConfig.model_fields)
        if changes := chosen.pop("augmentation", None):
            chosen |= _unusual(changes, *Augmentation.model_fields)
        elif self.training.augmentation is None:
            chosen["augmentation"] = False
        chosen |= _unusual(self, "device", "devices", "by", "why", "out")
        options = [word for name, value in chosen.items() for word in _option(name, value)]
        return ["train", self.dataset, self.variant, *options]


def _unusual(config: Settings, *names: str) -> dict[str, Any]:
    """Of these fields those that are not as usual."""
    return {
        name: getattr(config, name)
        for name in names
        if getattr(config, name) != type(config).model_fields[name].default
    }


def _option(name: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [flag(name) if value else flag(f"no-{name}")]
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    # in one word, for what a person wrote may begin with a dash
    if name in ("by", "why", "out"):
        return [f"{flag(name)}={value}"]
    return [flag(name), f"{value:.12g}" if isinstance(value, float) else str(value)]
