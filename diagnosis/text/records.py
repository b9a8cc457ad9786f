"""What was odd about a table of events, in words. Codes and facts: ``diagnosis.records.reading.Records``."""

from collections.abc import Callable, Iterable, Mapping

from diagnosis.core.reason import Reason

LONGEST = 40  # letters of a patient's name that a sentence has
NAMED = 6  # codes that a sentence names, the most frequent; the others are counted

_SENTENCES = {
    "duplicates": "{n:,} {row} again and {is_} read once.",
    "same-rows": "{n:,} {row} of the table of patients again and {is_} read once.",
    "words": "{n:,} {value}, read as part of {its} code.",
    "other-columns": "Columns that are not read: {columns}.",
    "not-facts": (
        "Columns of patients that are not read, since they could be outcomes: {columns}. What is known "
        "from the start belongs into the events, as rows without a time."
    ),
    "impossible": "{n:,} {event} an impossible value and {is_} left out: {codes}.",
    "impossible-facts": "{n:,} {fact} an impossible value and {counts} as not known: {codes}.",
    "unknown-facts": "{n:,} facts are not known: {codes}.",
    "unknown-values": "{n:,} values are not known, and no event: {codes}.",
    "after-prediction": (
        "{n:,} events of {patients:,} patients are after the time of prediction and left out."
    ),
    "no-events": "{n:,} {patient} no event.",
    "no-label": "{n:,} {patient} no label.",
    "no-row": "{n:,} {patient} events and no row in the table of patients, and {is_} left out.",
}


def record_findings(
    findings: Iterable[Reason], title_of: Callable[[str], str] = str
) -> tuple[str, ...]:
    """A sentence for each finding.

    Args:
        findings: of ``records.reading`` and of what reads a set.
        title_of: the name of a code for people; by default codes stand as they are in the table.
    """
    return tuple(record_finding(reason, title_of) for reason in findings)


def record_finding(reason: Reason, title_of: Callable[[str], str] = str) -> str:
    """The sentence of one finding."""
    facts = dict(reason.facts)
    one = facts.get("n") == 1
    facts |= {
        "value": "value is a word" if one else "values are words",
        "its": "its" if one else "their",
        "row": "row occurs" if one else "rows occur",
        "patient": "patient has" if one else "patients have",
        "event": "event has" if one else "events have",
        "fact": "fact has" if one else "facts have",
        "counts": "counts" if one else "count",
        "is_": "is" if one else "are",
    }
    if isinstance(codes := facts.get("codes"), Mapping):
        facts["codes"] = _counted({title_of(code): n for code, n in codes.items()})
    if "columns" in facts:
        more = facts["n"] - len(facts["columns"])
        facts["columns"] = ", ".join(facts["columns"]) + (f" and {more} more" if more else "")
    return _SENTENCES[reason.code].format(**facts)


def _counted(codes: Mapping[str, int]) -> str:
    ordered = sorted(codes.items(), key=lambda item: -item[1])
    named = ", ".join(f"{code} {n:,}" for code, n in ordered[:NAMED])
    rest = sum(n for _, n in ordered[NAMED:])
    return named + (f", others {rest:,}" if rest else "")


def other_patient(name: str) -> str:
    """Why a picture and a record are not read together: the picture states another patient."""
    return (
        f"The picture states another patient than {name[:LONGEST]!r}, whose record is given: give a picture "
        "and a record of one patient."
    )
