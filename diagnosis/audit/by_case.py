"""The entries of the audit log by the case that they are about."""

from collections.abc import Iterable
from dataclasses import dataclass

from diagnosis.audit.entry import Entry
from diagnosis.audit.log import Recorded


@dataclass(frozen=True)
class CaseEntries:
    """All entries about one case, oldest first; at least one."""

    entries: tuple[Recorded, ...]

    @property
    def latest(self) -> Recorded:
        """The last thing that happened."""
        return self.entries[-1]

    def last(self, action: str) -> Entry | None:
        """The last entry of an action; None if there is none."""
        found = [each.entry for each in self.entries if each.entry.action == action]
        return found[-1] if found else None

    @property
    def label(self) -> tuple[str, ...] | None:
        """What the data set says that the case is, if any entry has it."""
        labels = [each.entry.label for each in self.entries if each.entry.label is not None]
        return labels[-1] if labels else None


def by_case(recorded: Iterable[Recorded]) -> list[CaseEntries]:
    """Join entries of one case: the same file or sample, frame and task. Latest case first.

    Args:
        recorded: entries in any order.
    """
    found: dict[object, list[Recorded]] = {}
    for each in sorted(recorded, key=lambda each: each.receipt.number):
        found.setdefault(case_of(each.entry), []).append(each)
    cases = [CaseEntries(tuple(entries)) for entries in found.values()]
    return sorted(cases, key=lambda case: case.latest.receipt.number, reverse=True)


def case_of(entry: Entry) -> tuple[object, ...]:
    """A sample has its name and, by the image, a hash: the name alone outlives another copy of the set."""
    source = entry.case if entry.source == "file" else entry.source
    return (entry.task, source, entry.frame, entry.axis)
