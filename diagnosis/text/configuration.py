"""Fields of a model's configuration in words: labels of rows, values, and parts of a name."""

from collections.abc import Iterable
from typing import Any


def field_label(field: str) -> str:
    """A field as the label of a row: ``training: batch size``."""
    return field.replace("_", " ").replace(".", ": ")


def value_text(value: Any) -> str:
    """A value as a person writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, list | tuple):
        return " + ".join(map(value_text, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def fields_text(fields: Iterable[tuple[str, Any]]) -> str:
    """Fields as part of a name: ``128 units, seed 2``."""
    return ", ".join(
        f"{value_text(value)} units"
        if field == "units"
        else f"{field_label(field).rpartition(': ')[2]} {value_text(value)}"
        for field, value in fields
    )
