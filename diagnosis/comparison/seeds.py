"""Versions that differ in nothing but the seed: how much of a figure is chance of training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from diagnosis.comparison.configuration import SEED, configuration
from diagnosis.core.errors import InputError
from diagnosis.models.store import Version

FIGURES = ("auc", "accuracy", "sensitivity", "specificity")  # those that a task has are taken


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation of a figure over seeds."""

    mean: float
    sd: float  # of the sample: n - 1 in the denominator

    def __str__(self) -> str:
        return f"{self.mean:.3f} ± {self.sd:.3f}"


@dataclass(frozen=True)
class SeedGroup:
    """Two or more versions with the same configuration and recipe on the same data."""

    versions: tuple[Version, ...]  # by seed, the newest of each
    seeds: tuple[int, ...]
    figures: Mapping[str, Spread]  # on the test split


def seed_groups(versions: Sequence[Version]) -> list[SeedGroup]:
    """Group versions that differ in the seed only; those that cannot be read are passed over.

    Args:
        versions: of one data set, older before newer.

    Returns:
        The groups with two seeds or more, in the order of their first versions.
    """
    groups: dict[str, dict[int, Version]] = {}
    for version in versions:
        try:
            fields = dict(configuration(version))
        except InputError:
            continue
        seed = fields.pop(SEED)
        groups.setdefault(repr(sorted(fields.items())), {})[seed] = version
    return [_group(by_seed) for by_seed in groups.values() if len(by_seed) > 1]


def _group(by_seed: Mapping[int, Version]) -> SeedGroup:
    seeds = tuple(sorted(by_seed))
    versions = tuple(by_seed[seed] for seed in seeds)
    measured = [version.card.metrics.test.estimates for version in versions]
    figures = {}
    for name in FIGURES:
        values = [figure[name].estimate for figure in measured if name in figure]
        if len(values) == len(versions):
            figures[name] = Spread(float(np.mean(values)), float(np.std(values, ddof=1)))
    return SeedGroup(versions, seeds, figures)
