"""Events of a record in words. Their facts: ``diagnosis.inference.by_event``."""

from collections.abc import Callable
from typing import Any

TitleOf = Callable[[str], str]  # the name of a code for people


def event_label(event: dict[str, Any], title_of: TitleOf = str) -> str:
    """What was measured or done: "Creatinine 3.1 mg/dL"."""
    value = "" if event["value"] is None else f" {event['value']:.4g} {event['unit']}".rstrip()
    return f"{title_of(event['code'])}{value}"


def event_words(event: dict[str, Any], title_of: TitleOf = str) -> str:
    """An event in a line: "Creatinine 3.1 mg/dL at 12.5 h"."""
    hours = "" if event["hours"] is None else f" at {event['hours']:.1f} h"
    return f"{event_label(event, title_of)}{hours}"


def change_parts(change: dict[str, Any], title_of: TitleOf = str) -> tuple[str, str, str]:
    """Where the probability changed most, in three parts, the event itself in the middle.

    Args:
        change: ``largest_change`` of ``by_event``.
        title_of: the name of a code for people; by default codes stand as they are in the table.
    """
    moved = "rose" if change["change"] > 0 else "fell"
    after = change["probabilities"][change["class"]]
    hour = "" if change["hours"] is None else f", hour {change['hours']:.1f}"
    return (
        f"The probability of {change['class']} {moved} most at ",
        f"{event_label(change, title_of)}{hour}",
        f" (event {change['step']}): from {after - change['change']:.2f} to {after:.2f}.",
    )
