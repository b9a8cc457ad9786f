"""How versions were made: their fields side by side, and what tells one from another."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from diagnosis.models.store import Version
from diagnosis.training.config import TrainingConfig

ABSENT = "–"  # a version that has no such field, such as one trained without augmentation
SEED = "training.seed"
_NAMED = 3  # differences that fit a name


@lru_cache(maxsize=256)  # a version never changes, and a page asks for the same ones at every run
def configuration(version: Version) -> Mapping[str, Any]:
    """The fields of a version's configuration, training recipe and data, ``"training.seed"`` and the like.

    Raises:
        InputError: its files cannot be read.
    """
    recipe = version.card["training"]
    document = version.config.to_json() | {
        "training": {
            name: recipe[name]
            for name in TrainingConfig.model_fields
            if recipe.get(name) is not None
        },
        "data": {"sha256": version.card["dataset"]["sha256"]},
    }
    return MappingProxyType(dict(_flat(document)))


def differing(configurations: Sequence[Mapping[str, Any]]) -> list[str]:
    """The fields, in order, that are not the same in all configurations."""
    every = dict.fromkeys(field for each in configurations for field in each)
    return [
        field
        for field in every
        if any(
            each.get(field, ABSENT) != configurations[0].get(field, ABSENT)
            for each in configurations
        )
    ]


def words(field: str, value: Any) -> str:
    """A field and its value as part of a name: ``128 units``, ``seed 2``, ``dropout 0.1``."""
    if field == "units":
        return f"{shown(value)} units"
    return f"{label(field).rpartition(': ')[2]} {shown(value)}"


def label(field: str) -> str:
    """A field as the label of a row: ``training: batch size``."""
    return field.replace("_", " ").replace(".", ": ")


def shown(value: Any) -> str:
    """A value as a person writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, list | tuple):
        return " + ".join(map(shown, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def distinction(version: Version, usual: Version) -> str:
    """What tells a version from the usual one of its variant, in a few words; may be empty.

    Its units and its seed; only if they are the same, the first other differences.

    Raises:
        InputError: the files of one of them cannot be read.
    """
    own, others = configuration(version), configuration(usual)
    fields = [field for field in differing([own, others]) if not field.startswith("data.")]
    first = [field for field in ("units", SEED) if field in fields]  # what a person asks for
    return ", ".join(words(field, own.get(field, ABSENT)) for field in first or fields[:_NAMED])


def _flat(document: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """``{"a": {"b": 1}}`` becomes ``[("a.b", 1)]``."""
    pairs: list[tuple[str, Any]] = []
    for name, value in document.items():
        if isinstance(value, Mapping):
            pairs += _flat(value, f"{prefix}{name}.")
        else:
            pairs.append((prefix + name, list(value) if isinstance(value, tuple) else value))
    return pairs
