"""A picture and a record of one patient as one case; either may be missing."""

import hashlib
from dataclasses import dataclass
from typing import Any, ClassVar

from diagnosis.cases.patient import Patient
from diagnosis.core.errors import InputError
from diagnosis.scans import Scan


@dataclass(frozen=True, eq=False)
class Study:
    """What was given of one patient.

    Raises:
        InputError: neither a picture nor a record is there.
    """

    scan: Scan | None
    patient: Patient | None

    kind: ClassVar[str] = "study"

    def __post_init__(self) -> None:
        if self.scan is None and self.patient is None:
            raise InputError("A study needs a picture, a record, or both.")

    @property
    def sha256(self) -> str:
        """Of both parts; of a part that stands alone its own."""
        parts = [each.sha256 for each in (self.scan, self.patient) if each is not None]
        return parts[0] if len(parts) == 1 else hashlib.sha256("+".join(parts).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """What is known about it: no pixels, no events; as ``Scan.to_json``."""
        scan, patient = self.scan, self.patient
        return {
            "format": " and ".join(each.format for each in (scan, patient) if each is not None),
            "kind": self.kind,
            "image": None if scan is None else scan.to_json(),
            "record": None if patient is None else patient.to_json(),
            "sha256": self.sha256,
            "notes": [*(scan.notes if scan else ()), *(patient.notes if patient else ())],
        }
