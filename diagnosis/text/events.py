"""Events of a record in words."""

from typing import Any


def event_words(event: dict[str, Any]) -> str:
    """An event of ``inference.by_event`` in a line: "Creatinine 3.1 mg/dL at 12.5 h"."""
    value = "" if event["value"] is None else f" {event['value']:.4g} {event['unit']}".rstrip()
    hours = "" if event["hours"] is None else f" at {event['hours']:.1f} h"
    return f"{event['code']}{value}{hours}"
