"""Configurations of versions side by side, and the fields that distinguish them."""

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
    recipe = version.card.training.to_json()
    document = version.config.to_json() | {
        "training": {
            name: recipe[name]
            for name in TrainingConfig.model_fields
            if recipe.get(name) is not None
        },
        "data": {"sha256": version.card.dataset.sha256},
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


def distinction(version: Version, usual: Version) -> list[tuple[str, Any]]:
    """Fields, with their values, that distinguish a version from the usual one of its variant.

    Units and seed; only if they are the same, the first other differences.

    Raises:
        InputError: the files of one of them cannot be read.
    """
    own, others = configuration(version), configuration(usual)
    fields = [field for field in differing([own, others]) if not field.startswith("data.")]
    first = [field for field in ("units", SEED) if field in fields]
    return [(field, own.get(field, ABSENT)) for field in first or fields[:_NAMED]]


def _flat(document: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """``{"a": {"b": 1}}`` becomes ``[("a.b", 1)]``."""
    pairs: list[tuple[str, Any]] = []
    for name, value in document.items():
        if isinstance(value, Mapping):
            pairs += _flat(value, f"{prefix}{name}.")
        else:
            pairs.append((prefix + name, list(value) if isinstance(value, tuple) else value))
    return pairs
