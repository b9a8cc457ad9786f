"""Records in words: what was odd about a table, and where the prediction moved most."""

from typing import Any

from diagnosis.core.reason import Reason

_FINDINGS = {
    "duplicates": "{n:,} rows occur again and are read once.",
    "words": "{n:,} values are words and are read as part of the code.",
    "other-columns": "Columns that are not read: {columns}.",
    "after-prediction": (
        "{n:,} events of {patients:,} patients lie after the time of prediction and are left out."
    ),
    "no-events": "{n:,} patients of the table of patients have no event.",
    "no-row": "{n:,} patients with events are not in the table of patients and are left out.",
}


def finding_sentence(reason: Reason) -> str:
    """A sentence for a finding of ``records.reading``."""
    facts = dict(reason.facts)
    if reason.code == "other-columns":
        more = facts["n"] - len(facts["columns"])
        facts["columns"] = ", ".join(facts["columns"]) + (f" and {more:,} more" if more > 0 else "")
    return _FINDINGS[reason.code].format(**facts)


def event_words(event: dict[str, Any]) -> str:
    """An event of ``inference.by_event`` in a line: "Creatinine 3.1 mg/dL at 12.5 h"."""
    value = "" if event["value"] is None else f" {event['value']:.4g} {event['unit']}".rstrip()
    hours = "" if event["hours"] is None else f" at {event['hours']:.1f} h"
    return f"{event['code']}{value}{hours}"
