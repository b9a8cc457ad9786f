"""What every kind of source comes down to: pictures with labels, none of them read yet."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from unicodedata import normalize

from diagnosis.datasets.archive import MAX_BYTES
from diagnosis.datasets.importing.report import Finding, counted
from diagnosis.scans import Limits, Scan
from diagnosis.scans.decode import DECODE

MAX_FILES = 100_000  # of one source
MANIFEST_NAMES = (
    "manifest.csv",
    "manifest.xlsx",
)  # a file of the source with this name is its list
JUNK = frozenset(  # left by systems and file servers beside the files; upper or lower case
    (
        *("__macosx", "icon\r", "network trash folder", "temporary items"),  # macOS
        "thevolumesettingsfolder",
        *("thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "picasa.ini"),  # Windows
        *("$recycle.bin", "recycler", "system volume information"),
        *("@eadir", "@tmp", "#recycle", "#snapshot"),  # Synology
        *("@recycle", "@recently-snapshot", "@__thumb"),  # QNAP
        "lost+found",
    )
)
LONGEST_WORD = 40
ZONE = ":Zone.Identifier"  # where Windows notes that a file was fetched from elsewhere
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
    most: int = MAX_BYTES  # of the reduced pictures in all, colour counted three times


@dataclass(frozen=True, eq=False)
class Files:
    """The files of a folder or ZIP by their path in it, parts separated by ``/``."""

    kind: str  # "folder" or "ZIP"
    readers: Mapping[str, Callable[[Limits], bytes]]
    head: Callable[[str], bytes]  # the first bytes of one, some hundred; none if it cannot be read
    passed_over: tuple[str, ...] = ()  # hidden files and what systems leave behind
    links: tuple[
        str, ...
    ] = ()  # links, devices and the like in a folder, none of which is followed
    said: tuple[Finding, ...] = ()  # about the source as a whole

    def findings(self) -> tuple[Finding, ...]:
        """What is to be said about it, and about what is not among the files."""
        found = list(self.said)
        if names := self.passed_over:
            sentence = (
                f"Passed over, as hidden or left by the system: {counted(len(names), 'file')}."
            )
            found.append(Finding("note", "passed-over", sentence, each(names)))
        if names := self.links:
            sentence = f"Passed over, as links and devices are not followed: {counted(len(names), 'file')}."
            found.append(Finding("warning", "links", sentence, each(names)))
        return tuple(found)

    def scan(self, path: str) -> Callable[[Limits], Scan]:
        """What reads one of them as a scan."""
        return lambda limits: DECODE.get()(self.readers[path](limits), limits=limits)


def each(paths: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Files as a finding names them, one each."""
    return tuple((printable(path),) for path in paths)


def is_junk(path: str) -> bool:
    """Whether a file is hidden, in a hidden folder, or left by a system beside others."""
    return any(
        part.startswith((".", "~$")) or part.casefold() in JUNK or part.endswith(ZONE)
        for part in path.split("/")
    )


def is_list(path: str) -> bool:
    """Whether a file of a source has the name of a list."""
    return path.rpartition("/")[2].casefold() in MANIFEST_NAMES


def split_of(word: str) -> str | None:
    """The split that a word such as ``Training set`` means."""
    if len(word) > LONGEST_WORD:  # the pattern takes its time with long ones
        return None
    stem = re.sub(r"[\s_-]*(set|data|split|images)$", "", one_form(word).casefold())
    return SPLIT_WORDS.get(stem)


def one_form(text: str) -> str:
    """Names that look alike become equal: one Unicode form (NFC), and single spaces."""
    return " ".join(normalize("NFC", text).split())


def printable(name: str) -> str:
    """A foreign name fit for a line of text: nothing in it moves a terminal's cursor."""
    shown = name if len(name) <= 200 else f"{name[:99]}…{name[-100:]}"
    if shown.isprintable():
        return shown
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in shown
    )
