"""A patient's record as a case: what was read of a table of events."""

from dataclasses import dataclass
from math import isnan
from typing import Any, ClassVar

from diagnosis.records.record import Record


@dataclass(frozen=True, eq=False)
class Patient:
    """One record of a table.

    Attributes:
        name: the patient's identifier, as the table has it; it goes to the screen and to no log.
        record: the events and facts.
        format: of the table: "CSV", "Excel" or "Parquet".
        notes: what reading changed, a plain sentence each.
    """

    name: str
    record: Record
    format: str = "table"
    notes: tuple[str, ...] = ()

    kind: ClassVar[str] = "record"

    @property
    def sha256(self) -> str:
        """Of the events and facts: the same patient has the same in every table."""
        return self.record.sha256

    def to_json(self) -> dict[str, Any]:
        """What is known about it: no events; as ``Scan.to_json``."""
        record = self.record
        return {
            "format": self.format,
            "kind": self.kind,
            "patient": self.name,
            "events": len(record),
            "codes": len(set(record.codes.tolist())),
            "facts": {
                name: None if isnan(value) else value for name, value in record.facts.items()
            },
            "hours": record.hours,
            "sha256": self.sha256,
            "notes": list(self.notes),
        }
