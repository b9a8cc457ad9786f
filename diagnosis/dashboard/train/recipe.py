"""From the fields of the form to plans, and from the address to the fields; without Streamlit.

Units, layers and dropout follow the variant until they are edited.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from pydantic.fields import FieldInfo

from diagnosis.core.errors import InputError, nearest
from diagnosis.core.settings import Parameter, parameter
from diagnosis.datasets import catalogue
from diagnosis.jobs.plan import OPTIONS, Plan
from diagnosis.models.config import LAYERS
from diagnosis.models.variants import variant
from diagnosis.sequences import Augmentation
from diagnosis.training.config import OF_RECORDS, TrainingConfig

MOST_SEEDS = 20  # trainings that one press starts
UNITS, SEED = parameter(Plan, "units"), parameter(TrainingConfig, "seed")
OF_TRAINING = (
    "epochs", "batch_size", "learning_rate", "schedule", "clip_norm", "patience", "balanced", "optimizer",
    "weight_decay", "averaging", "folds", "prevalence",
)  # fmt: skip
FIELDS: Mapping[str, Parameter] = {  # of the form those that have one value
    "augment": Parameter("augment", FieldInfo.from_annotation(bool), default=True),
    "layers": LAYERS,
    "dropout": OPTIONS["dropout"],
    **{name: parameter(TrainingConfig, name) for name in OF_TRAINING},
    **{name: parameter(Augmentation, name) for name in Augmentation.model_fields},
    **{name: parameter(Plan, name) for name in ("variant", "size", "device", "by", "why")},
}

FIRST = ("dataset", "variant", "units", "layers", "seeds")  # what one looks for
TITLES = {  # of fields that are in no config, or have another name there
    "dataset": "Data set", "augment": "Data augmentation", "units": "Units", "seeds": "Seed",
    "why": "Description",
}  # fmt: skip


def defaults(kind: str) -> dict[str, Any]:
    """The fields of the untouched form for a variant."""
    return {
        **{name: field.default for name, field in FIELDS.items()},
        **of_variant(kind),
        "variant": variant(kind).name,
        "seeds": str(SEED.default),
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


def of_plan(plan: Plan) -> dict[str, Any]:
    """The fields of the form that asks for a plan; who asked is not among them."""
    training = plan.training
    units = plan.units or variant(plan.variant).units
    values = defaults(plan.variant) | {
        "dataset": plan.dataset,
        "size": plan.size,
        "units": ", ".join(map(str, dict.fromkeys(units) if len(set(units)) == 1 else units)),
        "layers": len(units),
        "augment": training.augmentation is not None,
        "seeds": str(training.seed),
        "device": plan.device,
        "why": plan.why,
    }
    values |= {name: getattr(training, name) for name in OF_TRAINING}
    values |= {name: value for name, value in plan.options.items() if name == "dropout"}
    return values | (training.augmentation.to_json() if training.augmentation else {})


def beyond(plan: Plan) -> list[str]:
    """Settings of a plan that the form does not have, such as those of a command, in words."""
    chosen = {**plan.options, "devices": plan.devices}
    usual = {"dropout": plan.options.get("dropout"), "devices": 1}
    for name in ("mixed_precision", *OF_RECORDS):
        chosen[name] = getattr(plan.training, name)
        usual[name] = TrainingConfig.model_fields[name].default
    return [
        f"{name.replace('_', ' ')} {value}"
        for name, value in chosen.items()
        if value != usual.get(name)
    ]


def differences(plans: Sequence[Plan]) -> dict[str, list[str]]:
    """The settings in which plans differ: label -> the value of each."""
    forms = [of_plan(plan) for plan in plans]
    rows = {
        TITLES.get(name) or FIELDS[name].label: [
            "–" if name in Augmentation.model_fields and not form["augment"] else _text(form[name])
            for form in forms
        ]
        for name in dict.fromkeys((*FIRST, *forms[0]))
    }
    rows[FIELDS["variant"].label] = [variant(plan.variant).title for plan in plans]
    rows["Other"] = [", ".join(beyond(plan)) or "–" for plan in plans]
    return {label: values for label, values in rows.items() if len(set(values)) > 1}


def plans(values: Mapping[str, Any]) -> tuple[Plan, ...]:
    """One plan for each seed.

    Args:
        values: every field of `defaults`, and ``dataset``.

    Raises:
        InputError: a field is not valid; the sentence names it.
    """
    usual = variant(values["variant"])
    units = units_of(values["units"], values["layers"])
    augmentation = None
    # records cannot be turned or shifted
    if values["augment"] and (not usual.embedding or usual.fusion):
        augmentation = Augmentation(**{name: values[name] for name in Augmentation.model_fields})
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
        InputError: the configuration would reject them.
    """
    units: tuple[int, ...] = UNITS.parse(text)
    return UNITS.check(units * LAYERS.check(layers) if len(units) == 1 else units)


def seeds_of(text: str) -> tuple[int, ...]:
    """The seeds, each once.

    Raises:
        InputError: the configuration would reject one, or there are more than 20.
    """
    seeds = tuple(dict.fromkeys(map(SEED.parse, text.split(","))))
    if len(seeds) > MOST_SEEDS:
        raise InputError(f"There must be at most {MOST_SEEDS} seeds, not {len(seeds)}.")
    return seeds


def from_address(
    parameters: Mapping[str, str], datasets: Collection[str]
) -> tuple[dict[str, Any], list[str]]:
    """The fields that an address fills in, and a sentence for each that it cannot.

    Args:
        parameters: of the address.
        datasets: names of the sets that are on this machine.
    """
    values: dict[str, Any] = {}
    problems = []
    readers = _readers(datasets)
    for name, text in parameters.items():
        if name not in readers:
            problems.append(
                f"The address has a parameter {name[:40]!r}, which is no field of the form."
                f"{nearest(name, list(readers))}"
            )
            continue
        try:
            values[name] = readers[name](text[:100])
        except InputError as error:
            problems.append(f"{error} The value in the address is ignored.")
    if "units" in values:
        layers = values["units"].count(",") + 1
        values |= {"layers": layers} if layers > 1 else {"layers": values.get("layers", 1)}
    return values, problems


def to_address(values: Mapping[str, Any]) -> dict[str, str]:
    """The parameters of an address that fills the form in so: what is not as usual, and no name or purpose.

    Args:
        values: every field of `defaults`, and ``dataset``.
    """
    usual = defaults(values["variant"]) | {"variant": ""}
    of_changes = () if values["augment"] else Augmentation.model_fields
    texts = {
        name: _text(value)
        for name, value in values.items()
        if name not in ("by", "why", *of_changes) and value != usual.get(name)
    }
    if "units" in texts:  # alone they would mean one layer
        texts["layers"] = _text(values["layers"])
    valid, _ = from_address(texts, {values["dataset"]})
    return {name: text for name, text in texts.items() if name in valid}


def _text(value: Any) -> str:
    """A field's value as an address has it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _readers(datasets: Collection[str]) -> dict[str, Callable[[str], Any]]:
    """How the text of each field in an address is read; name and purpose cannot be preset."""

    def dataset(text: str) -> str:
        if text.lower() not in datasets:
            raise InputError(
                f"There is no data set {text!r} on this machine.{nearest(text, list(datasets))}"
            )
        return text.lower()

    def size(text: str) -> int:
        pixels: int = FIELDS["size"].parse(text)
        sizes = sorted({each for facts in catalogue().values() for each in facts.sizes})
        if pixels not in sizes:
            raise InputError(
                f"Data sets have {' or '.join(map(str, sizes))} pixels a side, not {pixels}."
            )
        return pixels

    return {
        "dataset": dataset,
        "units": lambda text: ", ".join(map(str, units_of(text, 1))),
        "seeds": lambda text: ", ".join(map(str, seeds_of(text))),
        **{name: field.parse for name, field in FIELDS.items() if name not in ("by", "why")},
        "size": size,
    }
