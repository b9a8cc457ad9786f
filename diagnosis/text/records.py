"""What was odd about a table of events, in words. Codes and facts: ``diagnosis.records.reading.Records``."""

from collections.abc import Iterable, Mapping

from diagnosis.core.reason import Reason

NAMED = 6  # codes that a sentence names, the most frequent; the others are counted

_SENTENCES = {
    "duplicates": "{n:,} {row} again and {is_} read once.",
    "same-rows": "{n:,} {row} of the table of patients again and {is_} read once.",
    "words": "{n:,} values are words, read as part of their code.",
    "other-columns": "Columns that are not read: {columns}.",
    "not-facts": (
        "Columns of patients that are not read, since they could be outcomes: {columns}. What is known "
        "from the start belongs into the events, as rows without a time."
    ),
    "impossible": "{n:,} events with a value that cannot be are left out: {codes}.",
    "impossible-facts": "{n:,} facts with a value that cannot be count as not known: {codes}.",
    "unknown-facts": "{n:,} facts are not known: {codes}.",
    "unknown-values": "{n:,} values are not known, and no event: {codes}.",
    "after-prediction": (
        "{n:,} events of {patients:,} patients are after the time of prediction and left out."
    ),
    "no-events": "{n:,} {patient} no event.",
    "no-label": "{n:,} {patient} no label.",
    "no-row": "{n:,} {patient} events and no row in the table of patients, and {is_} left out.",
}


def record_findings(findings: Iterable[Reason]) -> tuple[str, ...]:
    """A sentence for each finding; codes stand as they are in the table."""
    return tuple(record_finding(reason) for reason in findings)


def record_finding(reason: Reason) -> str:
    """The sentence of a finding."""
    facts = dict(reason.facts)
    one = facts.get("n") == 1
    facts |= {
        "row": "row occurs" if one else "rows occur",
        "patient": "patient has" if one else "patients have",
        "is_": "is" if one else "are",
    }
    if isinstance(codes := facts.get("codes"), Mapping):
        facts["codes"] = _counted(codes)
    if "columns" in facts:
        more = facts["n"] - len(facts["columns"])
        facts["columns"] = ", ".join(facts["columns"]) + (f" and {more} more" if more else "")
    return _SENTENCES[reason.code].format(**facts)


def _counted(codes: Mapping[str, int]) -> str:
    ordered = sorted(codes.items(), key=lambda item: -item[1])
    named = ", ".join(f"{code} {n:,}" for code, n in ordered[:NAMED])
    rest = sum(n for _, n in ordered[NAMED:])
    return named + (f", others {rest:,}" if rest else "")
