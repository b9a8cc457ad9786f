"""What every kind of source comes down to: pictures with labels, none of them read yet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from diagnosis.datasets.importing.report import Finding, counted
from diagnosis.scans import Limits, Scan
from diagnosis.scans.reading import DECODE

MAX_FILES = 100_000  # of one source
MANIFEST_NAMES = ("manifest.csv", "manifest.xlsx")  # so called, a file of the source is its list
JUNK = frozenset(("__MACOSX", "Thumbs.db", "desktop.ini"))  # left by systems beside the files
SPLIT_WORDS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}


@dataclass(frozen=True, eq=False)
class Picture:
    """One labelled picture. Its name and patient are used while importing and never stored."""

    name: str  # as it is shown: see `printable`
    read: Callable[[Limits], Scan]  # raises ScanError where there is nothing to be read
    label: str
    patient: str | None = None
    split: str | None = None  # "train", "val" or "test"


@dataclass(frozen=True, eq=False)
class Source:
    """All pictures of one source, in a stable order."""

    kind: str
    pictures: tuple[Picture, ...]
    findings: tuple[Finding, ...] = ()  # about the source as a whole
    classes: tuple[str, ...] = ()  # in the order of their numbers, where the source has one


@dataclass(frozen=True, eq=False)
class Files:
    """The files of a folder or ZIP by their path in it, parts separated by ``/``."""

    kind: str  # "folder" or "ZIP"
    readers: Mapping[str, Callable[[Limits], bytes]]
    passed_over: int  # hidden files and what systems leave behind
    links: int = 0  # links, devices and the like in a folder, none of which is followed

    def findings(self) -> tuple[Finding, ...]:
        """What is to be said about what is not among them."""
        found = []
        if self.passed_over:
            sentence = f"Passed over, as hidden or left by the system: {counted(self.passed_over, 'file')}."
            found.append(Finding("note", "passed-over", sentence))
        if self.links:
            sentence = f"Passed over, as links and devices are not followed: {counted(self.links, 'file')}."
            found.append(Finding("warning", "links", sentence))
        return tuple(found)


def scan_reader(reader: Callable[[Limits], bytes]) -> Callable[[Limits], Scan]:
    """From what gives bytes to what gives a scan."""
    return lambda limits: DECODE.get()(reader(limits), limits=limits)


def is_junk(path: str) -> bool:
    """Whether a file is hidden, in a hidden folder, or left by a system beside others."""
    return any(part.startswith(".") or part in JUNK for part in path.split("/"))


def printable(name: str) -> str:
    """A foreign name fit for a line of text: nothing in it moves a terminal's cursor."""
    shown = "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name
    )
    return shown if len(shown) <= 200 else f"{shown[:99]}…{shown[-100:]}"
