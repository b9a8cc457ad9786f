"""The layout of one folder for each class, with or without a folder for each split around them."""

from diagnosis.datasets.dataset import DatasetError
from diagnosis.datasets.importing.labelled import (
    SPLIT_WORDS,
    Files,
    Picture,
    Source,
    printable,
    scan_reader,
)
from diagnosis.datasets.importing.report import Finding, counted


def by_class_folders(files: Files) -> Source:
    """Pictures labelled by the folder that they lie in.

    ``CLASS/…/file``, or ``SPLIT/CLASS/…/file`` with splits called train, val and test; one folder around
    all of it makes no difference.

    Raises:
        DatasetError: no file lies in a folder.
    """
    depth = 0
    inner = [path for path in files.readers if "/" in path]
    while inner and _all_in_one(inner, depth):
        depth += 1
    words = {path.split("/")[depth].lower() for path in inner}
    has_splits = (
        bool(words)
        and words <= SPLIT_WORDS.keys()
        and all(path.count("/") >= depth + 2 for path in inner)
    )
    pictures, outside = [], []
    for path, reader in files.readers.items():
        parts = path.split("/")[depth:]
        if len(parts) < 2 + has_splits:
            outside.append((printable(path),))
            continue
        split = SPLIT_WORDS[parts[0].lower()] if has_splits else None
        label = printable(parts[1] if has_splits else parts[0]).strip()
        pictures.append(Picture(printable(path), scan_reader(reader), label, split=split))
    if not pictures:
        raise DatasetError(
            f"The {files.kind} has no class folders: put the pictures of each class into a folder "
            "named after the class, or give a list of files and labels (--manifest)."
        )
    findings = list(files.findings())
    if outside:
        sentence = f"Left out, as in no class folder and so without a label: {counted(len(outside), 'file')}."
        findings.append(Finding("warning", "outside", sentence, tuple(outside)))
    return Source(f"a {files.kind} of class folders", tuple(pictures), tuple(findings))


def _all_in_one(paths: list[str], depth: int) -> bool:
    """Whether one folder lies around everything, with class folders still inside."""
    first = paths[0].split("/")[depth]
    return all(path.count("/") >= depth + 2 and path.split("/")[depth] == first for path in paths)
