"""What the codes of known sets of records mean; ``variables.toml`` has the facts, and their sources."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

WORD = "//"  # between a code and the word that is its value: "cp//asymptomatic"


@dataclass(frozen=True)
class Variable:
    """What one code means."""

    name: str  # for people
    unit: str = ""  # of its values; empty if they have none
    possible: tuple[float, float] | None = None  # the lowest and the highest value; None if any is


@cache
def variables(name: str) -> Mapping[str, Variable]:
    """The variables of a set of the catalogue by code; none for any other."""
    with Path(__file__).with_name("variables.toml").open("rb") as file:
        rows = tomllib.load(file).get(name, {})
    return MappingProxyType({code: _variable(row) for code, row in rows.items()})


def title_of_code(name: str, code: str) -> str:
    """A code of a set for people, its word included: ``Chest pain: asymptomatic``."""
    code, _, word = code.partition(WORD)
    known = variables(name).get(code)
    title = code if known is None else known.name
    return f"{title}: {word}" if word else title


def units(name: str) -> dict[str, str]:
    """The units of a set's values by code, where they have one."""
    return {code: each.unit for code, each in variables(name).items() if each.unit}


def possible_values(name: str) -> dict[str, tuple[float, float]]:
    """The lowest and the highest value that there can be, by code of a set."""
    return {code: each.possible for code, each in variables(name).items() if each.possible}


def _variable(row: Mapping[str, object]) -> Variable:
    possible = row.get("possible")
    limits = (float(possible[0]), float(possible[1])) if isinstance(possible, list) else None
    return Variable(str(row["name"]), str(row["unit"]), limits)
