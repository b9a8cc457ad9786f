"""From the fields of the form to plans, and from the address to the fields; without Streamlit.

Units, layers and dropout follow the variant until a person writes others.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from typing import Any, get_args

from diagnosis.errors import InputError, nearest
from diagnosis.models.variants import VARIANTS, variant
from diagnosis.runs.plan import Plan
from diagnosis.sequences import Augmentation
from diagnosis.training.config import Schedule, TrainingConfig

MOST_LAYERS, MOST_SEEDS = 8, 20
LIMITS: Mapping[str, tuple[float, float]] = {  # of what the augmentation may change
    "shift": (0.0, 0.5),
    "rotate": (0.0, 180.0),
    "scale": (0.0, 0.5),
    "intensity": (0.0, 1.0),
    "noise": (0.0, 1.0),
}
OF_TRAINING = (
    "epochs", "batch_size", "learning_rate", "schedule", "clip_norm", "patience", "balanced", "optimizer",
    "weight_decay",
)  # fmt: skip


def defaults(kind: str) -> dict[str, Any]:
    """The form's fields for a variant, before anybody wrote into them."""
    usual, training = variant(kind), TrainingConfig()
    return {
        **of_variant(kind),
        **{name: getattr(training, name) for name in OF_TRAINING},
        "variant": usual.name,
        "size": 28,
        "seeds": str(training.seed),
        "augment": True,
        **{each.name: each.default for each in fields(Augmentation)},
        "device": "auto",
        "by": "",
        "why": "",
    }


def of_variant(kind: str) -> dict[str, Any]:
    """The fields that follow the variant: units as text, layers, dropout."""
    usual = variant(kind)
    alike = len(set(usual.units)) == 1
    return {
        "units": str(usual.units[0]) if alike else ", ".join(map(str, usual.units)),
        "layers": len(usual.units),
        "dropout": usual.dropout,
    }


def plans(values: Mapping[str, Any]) -> tuple[Plan, ...]:
    """What the form asks for: one plan a seed.

    Args:
        values: every field of `defaults`, and ``dataset``.

    Raises:
        InputError: a field is not what it must be; the sentence names it.
    """
    usual = variant(values["variant"])
    units = units_of(values["units"], values["layers"])
    augmentation = None
    if values["augment"]:
        augmentation = Augmentation(
            **{each.name: values[each.name] for each in fields(Augmentation)}
        )
    chosen = {name: values[name] for name in OF_TRAINING}
    if values["optimizer"] != "adamw":
        chosen.pop("weight_decay")
    return tuple(
        Plan(
            dataset=values["dataset"],
            variant=usual.name,
            size=int(values["size"]),
            units=None if units == usual.units else units,
            options={} if values["dropout"] == usual.dropout else {"dropout": values["dropout"]},
            training=TrainingConfig(**chosen, augmentation=augmentation, seed=seed),
            device=values["device"],
            by=values["by"].strip(),
            why=values["why"].strip(),
        )
        for seed in seeds_of(values["seeds"])
    )


def units_of(text: str, layers: int) -> tuple[int, ...]:
    """Units of each layer: one number for all ``layers``, or one for each.

    Raises:
        InputError: these are not 1 to 8 whole numbers from 1 to 2048.
    """
    numbers = _whole_numbers(text)
    units = numbers * layers if len(numbers) == 1 else numbers
    if not 1 <= len(units) <= MOST_LAYERS or not all(1 <= each <= 2048 for each in units):
        raise InputError(
            "Units must be one whole number from 1 to 2048, such as 50, or one for each of up to "
            f"{MOST_LAYERS} layers, such as 64, 32; not {text!r}."
        )
    return units


def seeds_of(text: str) -> tuple[int, ...]:
    """The seeds, each once.

    Raises:
        InputError: these are not 1 to 20 whole numbers.
    """
    seeds = tuple(dict.fromkeys(_whole_numbers(text)))
    if not 1 <= len(seeds) <= MOST_SEEDS:
        raise InputError(
            f"Seeds must be up to {MOST_SEEDS} whole numbers, such as 1 or 1, 2, 3; not {text!r}."
        )
    return seeds


def asked(
    parameters: Mapping[str, str], datasets: Collection[str]
) -> tuple[dict[str, Any], list[str]]:
    """The fields that an address fills in, and a sentence for each that it fills in wrongly.

    Args:
        parameters: of the address; those that are no fields are passed over.
        datasets: names of the sets that are on this machine.
    """
    found: dict[str, Any] = {}
    problems = []
    for name, read in _readers(datasets).items():
        if name not in parameters:
            continue
        try:
            found[name] = read(parameters[name][:100])
        except InputError as error:
            problems.append(f"{error} The address asked for it; the form has its usual value.")
    if "units" in found:  # as many layers as there are numbers
        found["layers"] = len(_whole_numbers(found["units"]))
    return found, problems


def _readers(datasets: Collection[str]) -> dict[str, Callable[[str], Any]]:
    def units(text: str) -> str:
        return ", ".join(map(str, units_of(text, 1)))

    def seeds(text: str) -> str:
        return ", ".join(map(str, seeds_of(text)))

    return {
        "dataset": lambda text: _one_of("data set on this machine", text.lower(), datasets),
        "variant": lambda text: _one_of("variant", text, VARIANTS),
        "units": units,
        "dropout": lambda text: _number("dropout", text, 0.0, 0.99),
        "learning_rate": lambda text: _number("learning rate", text, 1e-7, 10.0),
        "epochs": lambda text: int(_number("number of epochs", text, 1, 10_000)),
        "batch_size": lambda text: int(_number("batch size", text, 1, 65_536)),
        "schedule": lambda text: _one_of("schedule", text, get_args(Schedule)),
        "seeds": seeds,
    }


def _whole_numbers(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isdecimal() and len(part) <= 10 for part in parts):
        return ()
    return tuple(map(int, parts))


def _one_of(what: str, text: str, names: Collection[str]) -> str:
    if text not in names:
        raise InputError(f"There is no {what} called {text!r}.{nearest(text, list(names))}")
    return text


def _number(what: str, text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise InputError(f"The {what} must be {low:g} to {high:g}, not {text!r}.")
    return value
