"""Result of a command, before it is printed."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Result:
    """One result in two forms: for a program and for a person."""

    payload: Any  # what `--json` prints: JSON-able, with stable keys
    text: str  # what a person reads on a terminal
