"""From the fields of the form to plans, and from the address to the fields; without Streamlit.

Units, layers and dropout follow the variant until a person writes others.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from typing import Any, get_args

from diagnosis.errors import InputError, nearest
from diagnosis.models.variants import VARIANTS, variant
from diagnosis.runs.plan import Device, Plan
from diagnosis.sequences import Augmentation
from diagnosis.training.config import Optimizer, Schedule, TrainingConfig

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
    """The fields that an address fills in, and a sentence for each that it cannot.

    Args:
        parameters: of the address.
        datasets: names of the sets that are on this machine.
    """
    found: dict[str, Any] = {}
    problems = []
    readers = _readers(datasets)
    for name, text in parameters.items():
        if name not in readers:
            problems.append(
                f"The address asks for {name[:40]!r}, which the form does not have."
                f"{nearest(name, list(readers))}"
            )
            continue
        try:
            found[name] = readers[name](text[:100])
        except InputError as error:
            problems.append(f"{error} The address asked for it; the form has its usual value.")
    if "units" in found and (layers := len(_whole_numbers(found["units"]))) > 1:
        found["layers"] = layers  # as many as there are numbers
    elif "units" in found:
        found.setdefault("layers", 1)
    return found, problems


def _readers(datasets: Collection[str]) -> dict[str, Callable[[str], Any]]:
    """Of every field but what only a person can say: how its text in an address is read."""

    def units(text: str) -> str:
        return ", ".join(map(str, units_of(text, 1)))

    def seeds(text: str) -> str:
        return ", ".join(map(str, seeds_of(text)))

    def whole(what: str, low: int, high: int) -> Callable[[str], int]:
        return lambda text: int(_number(what, text, low, high))

    def number(what: str, low: float, high: float) -> Callable[[str], float]:
        return lambda text: _number(what, text, low, high)

    def one_of(what: str, names: Collection[str]) -> Callable[[str], str]:
        return lambda text: _one_of(what, text, names)

    def switch(text: str) -> bool:
        return _one_of("yes or no", text.lower(), ("yes", "no")) == "yes"

    return {
        "dataset": lambda text: _one_of("data set on this machine", text.lower(), datasets),
        "size": lambda text: int(_one_of("number of pixels a side", text, ("28", "64"))),
        "variant": one_of("variant", VARIANTS),
        "units": units,
        "layers": whole("number of layers", 1, MOST_LAYERS),
        "dropout": number("dropout", 0, 0.95),
        "epochs": whole("number of epochs", 1, 10_000),
        "batch_size": whole("batch size", 1, 65_536),
        "learning_rate": number("learning rate", 1e-7, 10),
        "schedule": one_of("schedule", get_args(Schedule)),
        "clip_norm": number("clip norm", 0, 1e6),
        "patience": whole("patience", 0, 10_000),
        "balanced": switch,
        "optimizer": one_of("optimizer", get_args(Optimizer)),
        "weight_decay": number("weight decay", 0, 1),
        "augment": switch,
        **{name: number(name, *limits) for name, limits in LIMITS.items()},
        "flip": switch,
        "seeds": seeds,
        "device": one_of("device", get_args(Device)),
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
