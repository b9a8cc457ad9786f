"""What a command answers, before anybody decides how it is printed."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """One answer in two forms: for a program and for a person."""

    payload: Any  # what `--json` prints: JSON-able, with stable keys
    text: str  # what a person reads on a terminal
