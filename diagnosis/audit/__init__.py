"""The audit log: who read which case when, what was predicted, and what a person read."""

from diagnosis.audit.entry import ACTIONS, CERTAINTY, Action, Entry
from diagnosis.audit.log import (
    AuditError,
    Integrity,
    Receipt,
    Recorded,
    append,
    check,
    entries,
    holds,
)

__all__ = [
    "ACTIONS",
    "CERTAINTY",
    "Action",
    "AuditError",
    "Entry",
    "Integrity",
    "Receipt",
    "Recorded",
    "append",
    "check",
    "entries",
    "holds",
]
