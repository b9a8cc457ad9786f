"""A list of files and labels, and the pictures that it names."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from diagnosis.datasets.importing.labelled import (
    Files,
    Picture,
    Source,
    each,
    one_form,
    printable,
    split_of,
)
from diagnosis.datasets.importing.list_file import LabelList, Row
from diagnosis.datasets.importing.report import Finding, Level, counted
from diagnosis.scans import Limits, Scan, ScanError

DEEP = 4  # folders, the file's name counted, by which a file is looked for elsewhere
NAMED = 3  # files named of those that a row may mean


def by_manifest(files: Files, listed: LabelList, *, listed_itself: str | None = None) -> Source:
    """Pictures labelled by a list.

    A file is found by its path, else by as much of its end as fits: its name alone if only one has it.
    Unicode forms make no difference, nor do upper and lower case if nothing else fits. One that is not there
    becomes a picture that cannot be read.

    Args:
        files: where the pictures are.
        listed: the list.
        listed_itself: the list's own path among the files; theirs may be relative to it.
    """
    finder = _Finder(files.readers, (listed_itself or "").rpartition("/")[0])
    chosen: dict[str, Row] = {}
    pictures: list[Picture] = []
    unlabelled, odd_splits, conflicting, several, elsewhere, repeated = [], [], [], [], [], 0
    for row in listed.rows:
        shown = printable(row.file)
        if not row.file or not row.label:
            unlabelled.append((shown or "(no file)",))
            continue
        split = split_of(row.split)
        if row.split and split is None:
            odd_splits.append((shown,))
            continue
        places, is_elsewhere = finder.find(row.file)
        if len(places) > 1:
            several.append((shown, *map(printable, places[:NAMED])))
            continue
        key = places[0] if places else row.file
        if key in chosen:
            if chosen[key] == row:
                repeated += 1
            else:
                conflicting.append((shown,))
            continue
        chosen[key] = row
        if is_elsewhere:
            elsewhere.append((shown, printable(key)))
        read = files.scan(key) if places else _absent
        pictures.append(
            Picture(shown, read, printable(row.label), patient=row.patient or None, split=split)
        )
    rows = f"Left out, as they repeat another: {counted(repeated, 'row')} of the list."
    left = sorted(files.readers.keys() - chosen.keys() - {listed_itself})
    rest = f"Left out, as not in the list: {counted(len(left), 'file')} of the {files.kind}."
    findings = [
        *files.findings(),
        *listed.findings,
        *_found("error", "no-label", unlabelled, "Rows of the list without a file or a label"),
        *_found("error", "odd-split", odd_splits, "Rows whose split is not train, val or test"),
        *_found("error", "listed-twice", conflicting, "Files listed twice with different entries"),
        *_found("error", "several", several, "Names in the list that several files have"),
        *_found("note", "elsewhere", elsewhere, "Files that lie in another folder than is listed"),
        *([Finding("note", "repeated", rows)] if repeated else []),
        *([Finding("note", "not-listed", rest, each(left))] if left else []),
    ]
    return Source(f"a {files.kind} with a list of labels", tuple(pictures), tuple(findings))


class _Finder:
    """Where listed files are among those that there are; nothing else can be reached."""

    def __init__(self, paths: Iterable[str], beside: str) -> None:
        self._beside = _parts(beside)
        self._whole: dict[str, list[str]] = defaultdict(list)
        self._ends: dict[str, list[str]] = defaultdict(list)
        for path in paths:
            parts = _parts(path)
            for key in _keys(parts):
                self._whole[key].append(path)
            for n in range(1, min(len(parts), DEEP) + 1):
                for key in _keys(parts[-n:]):
                    self._ends[key].append(path)

    def find(self, file: str) -> tuple[Sequence[str], bool]:
        """The paths that a listed file may mean, and whether a folder of the list's is not theirs."""
        listed = _parts(file)
        for parts in ([*self._beside, *listed], listed):
            for key in _keys(parts):
                if key in self._whole:
                    return self._whole[key], False
        if ".." in listed:
            return (), False
        for n in range(min(len(listed), DEEP), 0, -1):
            for key in _keys(listed[-n:]):
                if key in self._ends:
                    found = self._ends[key]
                    return found, len(found) == 1 and n < len(listed)
        return (), False


def _parts(path: str) -> list[str]:
    """Folders and name of a path in one Unicode form."""
    parts = path.replace("\\", "/").split("/")
    return [one_form(part) for part in parts if part not in ("", ".")]


def _keys(parts: list[str]) -> Iterator[str]:
    """What a path is looked up by, the surest first."""
    path = "/".join(parts)
    yield path
    yield f"\0{path.casefold()}"  # no path of a file begins so


def _found(level: Level, code: str, names: Sequence[tuple[str, ...]], what: str) -> list[Finding]:
    return [Finding(level, code, f"{what}: {len(names):,}.", tuple(names))] if names else []


def _absent(limits: Limits) -> Scan:
    raise ScanError("There is no such file: check its name in the list.")
