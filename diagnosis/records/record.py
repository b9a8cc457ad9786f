"""One patient's events, as a network reads them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np


@dataclass(frozen=True, eq=False)
class Record:
    """The events of one patient, the earliest first, and what is known besides.

    Dates are dropped: times count from the first event of the table's patient, or from wherever a table
    that has minutes counts.

    Attributes:
        minutes: float64 ``(events,)``, never falling.
        codes: str, ``(events,)``: what was measured or done.
        values: float32 ``(events,)``; NaN for an event that has none.
        facts: what does not change, such as the age, by name; NaN if it is stated without a value.
        label: its class, from 0; None if there is none.
    """

    minutes: np.ndarray
    codes: np.ndarray
    values: np.ndarray
    facts: Mapping[str, float] = field(default_factory=dict)
    label: int | None = None

    def __len__(self) -> int:
        return len(self.minutes)

    @property
    def hours(self) -> float:
        """From the first event to the last; 0 without events."""
        return 0.0 if not len(self) else float(self.minutes[-1] - self.minutes[0]) / 60

    @cached_property
    def sha256(self) -> str:
        """Of the events and facts; no patient number and no date is in it."""
        digest = hashlib.sha256(self.minutes.astype("<f8").tobytes())
        digest.update(self.values.astype("<f4").tobytes())
        words = [self.codes.tolist(), sorted(self.facts.items())]
        digest.update(json.dumps(words, ensure_ascii=True).encode())
        return digest.hexdigest()

    def until(self, minute: float) -> "Record":
        """The record as it was known then, events of that minute included."""
        n = int(np.searchsorted(self.minutes, minute, side="right"))
        return Record(self.minutes[:n], self.codes[:n], self.values[:n], self.facts, self.label)
