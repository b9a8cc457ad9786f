"""The trail as CSV, one line an entry."""

import csv
from collections.abc import Iterable
from io import StringIO

from diagnosis.audit.entry import CERTAINTY, Entry
from diagnosis.audit.log import Recorded
from diagnosis.core import inert
from diagnosis.core.intended_use import IN_SHORT

COLUMNS = (
    "number", "time", "action", "by", "visit", "case", "source", "frame", "task", "model", "version",
    "outcome", "prediction", "probabilities", "threshold", "quality", "read", "certainty", "label", "comment",
    "seal",
)  # fmt: skip


def table(found: Iterable[Recorded]) -> bytes:
    """In UTF-8; the first line begins with "#" and says what it is for."""
    text = StringIO()
    text.write(f"# {IN_SHORT}\n")
    lines = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    lines.writeheader()
    for recorded in found:
        lines.writerow({name: inert.cell(cell) for name, cell in _cells(recorded).items()})
    return text.getvalue().encode()


def _cells(recorded: Recorded) -> dict[str, str]:
    entry, receipt = recorded.entry, recorded.receipt
    estimated = (entry.probabilities or {}).items()
    return {
        "number": str(receipt.number),
        "time": recorded.time.isoformat(timespec="milliseconds"),
        **{name: _text(entry, name) for name in COLUMNS if hasattr(entry, name)},
        "probabilities": "; ".join(f"{name} {value:.4f}" for name, value in estimated),
        "certainty": "" if entry.certainty is None else CERTAINTY[entry.certainty - 1],
        "seal": receipt.seal,
    }


def _text(entry: Entry, name: str) -> str:
    value = getattr(entry, name)
    if isinstance(value, tuple):
        return ", ".join(value) or "none of the labels"
    return "" if value is None else str(value)
