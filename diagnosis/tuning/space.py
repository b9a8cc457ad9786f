"""What is searched: for units, layers, dropout and learning rate a list of values, or a range."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from diagnosis.core.errors import InputError
from diagnosis.core.settings import Parameter, parameter
from diagnosis.models.config import LAYERS, ModelConfig
from diagnosis.models.variants import VARIANTS
from diagnosis.training.config import TrainingConfig

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

MOST_CHOICES = 1000  # of a list; a longer one is a range


PARAMETERS: Mapping[str, Parameter] = {
    "units": parameter(ModelConfig, "units").each,
    "layers": LAYERS,
    "dropout": parameter(ModelConfig, "dropout"),
    "learning_rate": parameter(TrainingConfig, "learning_rate"),
}


def usual(variant: str, sampler: str) -> dict[str, str]:
    """What is searched unless a person says otherwise, a text for each parameter; a grid needs lists."""
    rate = "0.002" if sampler == "grid" else "0.0005:0.005"
    layers = str(len(VARIANTS[variant].units))
    return {"units": "16,32,64,128", "layers": layers, "dropout": "0,0.2", "learning_rate": rate}


@dataclass(frozen=True)
class Values:
    """The values of one parameter: those listed, or all from ``low`` to ``high``. Written as it is read."""

    listed: tuple[float, ...] = ()
    low: float = 0
    high: float = 0

    @property
    def is_range(self) -> bool:
        """Whether it goes from one value to another."""
        return not self.listed

    @property
    def fixed(self) -> bool:
        """Whether there is nothing to search."""
        return len(self.listed) == 1

    def __str__(self) -> str:
        numbers = (self.low, self.high) if self.is_range else self.listed
        return (":" if self.is_range else ",").join(repr(n).removesuffix(".0") for n in numbers)


@dataclass(frozen=True)
class Setting:
    """One point of a space: what a model of a trial is built and trained with."""

    units: int  # of each layer
    layers: int
    dropout: float
    learning_rate: float

    @property
    def of_each_layer(self) -> tuple[int, ...]:
        """Units as a model's configuration has them, ``(layers,)``."""
        return (self.units,) * self.layers

    def __str__(self) -> str:
        each = " + ".join(map(str, self.of_each_layer))
        return f"{each} units, dropout {self.dropout:.3g}, learning rate {self.learning_rate:.3g}"


@dataclass(frozen=True)
class Space:
    """What is searched and what stays fixed (a list of one value).

    Raises:
        InputError: a value is out of range, or nothing is left to search.
    """

    units: Values
    layers: Values
    dropout: Values
    learning_rate: Values

    def __post_init__(self) -> None:
        for name, values in self.items():
            _check(PARAMETERS[name], values)
        if not self.searched:
            raise InputError(
                "There is nothing to search: give several values, such as units 16,32,64, or a range, such "
                "as learning rate 0.0005:0.005."
            )

    @classmethod
    def read(cls, texts: Mapping[str, str]) -> "Space":
        """A space from one text for each parameter: ``16,32,64`` is a list, ``0.0005:0.005`` a range.

        Raises:
            InputError: a text is neither; or the space is not valid.
        """
        return cls(**{name: _read(PARAMETERS[name], texts[name]) for name in PARAMETERS})

    def items(self) -> list[tuple[str, Values]]:
        """Names and values, in order."""
        return [(field.name, getattr(self, field.name)) for field in fields(self)]

    def to_json(self) -> dict[str, str]:
        """The texts that ``read`` takes."""
        return {name: str(values) for name, values in self.items()}

    @property
    def searched(self) -> list[str]:
        """The names of the parameters that are searched."""
        return [name for name, values in self.items() if not values.fixed]

    @property
    def size(self) -> float:
        """How many settings there are; infinity if a range of fractions is searched."""
        return math.prod(
            len(values.listed)
            or (math.inf if PARAMETERS[name].kind is float else values.high - values.low + 1)
            for name, values in self.items()
        )

    def grid(self) -> list[dict[str, Any]]:
        """Every combination of the searched values.

        Raises:
            InputError: one of them is a range.
        """
        for name, values in self.items():
            if values.is_range:
                raise InputError(
                    f"A grid needs a list for the {PARAMETERS[name].title}, not the range {values}: give "
                    "one, or take the random or tpe sampler."
                )
        names = self.searched
        return [
            dict(zip(names, values, strict=True))
            for values in itertools.product(*(getattr(self, name).listed for name in names))
        ]

    def distributions(self) -> dict[str, "BaseDistribution"]:
        """Optuna's distributions of what is searched."""
        from optuna.distributions import (
            CategoricalDistribution,
            FloatDistribution,
            IntDistribution,
        )

        found: dict[str, BaseDistribution] = {}
        for name in self.searched:
            values, parameter = getattr(self, name), PARAMETERS[name]
            if not values.is_range:
                found[name] = CategoricalDistribution(values.listed)
            elif parameter.kind is int:
                found[name] = IntDistribution(values.low, values.high, log=parameter.asked.log)
            else:
                found[name] = FloatDistribution(values.low, values.high, log=parameter.asked.log)
        return found

    def setting(self, chosen: Mapping[str, Any]) -> Setting:
        """The setting with these searched values, and the fixed ones."""
        fixed = {name: values.listed[0] for name, values in self.items() if values.fixed}
        values = {
            name: PARAMETERS[name].kind(value) for name, value in (fixed | dict(chosen)).items()
        }
        return Setting(**values)


def _read(parameter: Parameter, text: str) -> Values:
    parts = text.split(":") if ":" in text else text.split(",")
    if ":" in text and len(parts) != 2:
        raise InputError(
            f"The {parameter.title} is a list such as 1,2 or a range such as 1:2, not {text[:60]!r}."
        )
    numbers = tuple(map(parameter.parse, parts))
    if ":" not in text:
        return Values(tuple(dict.fromkeys(numbers)))
    low, high = numbers
    return Values((low,)) if low == high else Values(low=low, high=high)


def _check(parameter: Parameter, values: Values) -> None:
    for value in values.listed or (values.low, values.high):
        parameter.check(value)
    if values.is_range and values.low > values.high:
        raise InputError(f"The range {values} of the {parameter.title} runs backwards.")
    if len(values.listed) > MOST_CHOICES:
        raise InputError(f"The list for the {parameter.title} is too long: give a range.")
