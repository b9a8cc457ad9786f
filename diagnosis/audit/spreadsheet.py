"""The audit log as CSV, one row an entry."""

import csv
from collections.abc import Iterable
from io import StringIO

from diagnosis.audit.entry import CERTAINTY, Entry
from diagnosis.audit.log import Recorded
from diagnosis.core import inert
from diagnosis.core.intended_use import IN_SHORT
from diagnosis.text.classes import class_text

COLUMNS = (
    "number", "time", "action", "by", "session", "case", "source", "frame", "axis", "task", "model",
    "version", "outcome", "prediction", "reasons", "probabilities", "threshold", "quality", "read",
    "certainty", "label", "comment", "entry_hash",
)  # fmt: skip


def table(entries: Iterable[Recorded]) -> bytes:
    """In UTF-8; the first line begins with "#" and states the intended use."""
    text = StringIO()
    text.write(f"# {IN_SHORT}\n")
    lines = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    lines.writeheader()
    for recorded in entries:
        lines.writerow({name: inert.cell(cell) for name, cell in _cells(recorded).items()})
    return text.getvalue().encode()


def _cells(recorded: Recorded) -> dict[str, str]:
    entry, receipt = recorded.entry, recorded.receipt
    probabilities = (entry.probabilities or {}).items()
    return {
        "number": str(receipt.number),
        "time": recorded.time.isoformat(timespec="milliseconds"),
        **{name: _text(entry, name) for name in COLUMNS if hasattr(entry, name)},
        "probabilities": "; ".join(f"{name} {value:.4f}" for name, value in probabilities),
        "certainty": "" if entry.certainty is None else CERTAINTY[entry.certainty - 1],
        "entry_hash": receipt.entry_hash,
    }


def _text(entry: Entry, name: str) -> str:
    value = getattr(entry, name)
    if isinstance(value, tuple):
        return class_text(value)
    return "" if value is None else str(value)
