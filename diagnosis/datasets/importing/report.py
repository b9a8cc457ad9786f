"""What was found in a person's own images, in plain sentences, before anything is stored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

Level = Literal["error", "warning", "note"]
LEVELS: tuple[Level, ...] = get_args(Level)

UNREADABLE = "unreadable"  # code of files that are no pictures, or broken
LEFT_OUT = " Left out."
NAMED = 3  # files that a sentence names; the others are counted


def counted(n: int, noun: str) -> str:
    """``1 file`` or ``1,234 files``."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


@dataclass(frozen=True)
class Finding:
    """One thing that was found. An error keeps the images from being stored."""

    level: Level
    code: str  # stable across versions; the sentence is not
    sentence: str  # names no file and no patient
    groups: tuple[tuple[str, ...], ...] = ()  # the files: one each, or several that belong together

    def described(self) -> str:
        """The sentence, with the first of the files."""
        if not self.groups:
            return self.sentence
        shown = ", ".join(" = ".join(group) for group in self.groups[:NAMED])
        more = len(self.groups) - NAMED
        return f"{self.sentence} Files: {shown}" + (f" and {more:,} more." if more > 0 else ".")

    def to_json(self, *, names: bool) -> dict[str, Any]:
        """As a JSON object; without ``names`` what may be written to disk."""
        document: dict[str, Any] = {
            "level": self.level,
            "code": self.code,
            "sentence": self.sentence,
        }
        return document | ({"files": [list(group) for group in self.groups]} if names else {})


@dataclass(frozen=True)
class ImportReport:
    """What a source holds, and whether it can be stored."""

    kind: str  # of the source, such as "a ZIP of class folders"
    found: int  # pictures in it
    usable: int  # pictures that would be stored
    size: int  # pixels along each side
    channels: int  # 1 grey, 3 red-green-blue
    modalities: tuple[str, ...]  # DICOM's terms, if every picture states one
    classes: tuple[str, ...]  # in the order of the labels
    finding: str | None  # of two classes the one that is looked for: sensitivity means it
    counts: Mapping[str, tuple[int, ...]]  # by split, of each class; empty if there is no split
    patients: Mapping[str, int] | None  # by split; None if they are not known
    split_rule: str  # how the splits came about
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether the images can be stored."""
        return not self.of("error")

    @property
    def in_the_way(self) -> int:
        """How many files would have to be left out, and nothing else done; 0 if that is not enough."""
        errors = self.of("error")
        if any(finding.code != UNREADABLE for finding in errors):
            return 0
        return sum(len(finding.groups) for finding in errors)

    def leaving_out(self) -> "ImportReport":
        """The same when files that cannot be read are left out."""
        findings = [
            replace(finding, level="warning", sentence=finding.sentence + LEFT_OUT)
            if finding.level == "error" and finding.code == UNREADABLE
            else finding
            for finding in self.findings
        ]
        return replace(self, findings=by_level(findings))

    def of(self, level: Level) -> tuple[Finding, ...]:
        """The findings of one level."""
        return tuple(finding for finding in self.findings if finding.level == level)

    def to_json(self, *, names: bool = True) -> dict[str, Any]:
        """As a JSON object; without ``names`` what may be written to disk."""
        return {
            "ok": self.ok,
            "kind": self.kind,
            "found": self.found,
            "kept": self.usable,
            "size": self.size,
            "channels": self.channels,
            "modalities": list(self.modalities),
            "classes": list(self.classes),
            "finding": self.finding,
            "counts": {split: list(counts) for split, counts in self.counts.items()},
            "patients": None if self.patients is None else dict(self.patients),
            "split_rule": self.split_rule,
            "findings": [finding.to_json(names=names) for finding in self.findings],
        }


def by_level(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors first, then warnings, then notes; else in their order."""
    return tuple(sorted(findings, key=lambda finding: LEVELS.index(finding.level)))
