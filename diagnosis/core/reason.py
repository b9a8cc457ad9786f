"""A fact that speaks against a prediction: a code, and the numbers and terms behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reason:
    """What a check reports. The sentences are in ``diagnosis.text``."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)  # JSON values by name

    def to_json(self) -> dict[str, Any]:
        """``{"code", ...facts}``."""
        return {"code": self.code, **self.facts}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Reason":
        """Build from ``to_json``'s object.

        Raises:
            KeyError: it has no code.
        """
        facts = {name: value for name, value in document.items() if name != "code"}
        return cls(document["code"], facts)
