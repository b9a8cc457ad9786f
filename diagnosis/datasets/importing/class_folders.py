"""The layout of one folder for each class, with or without a folder for each split around them.

What is a class and what a split is told from the pictures alone: a list, a licence or a folder of documents
beside them changes nothing, and is named as left out.
"""

from collections.abc import Collection
from dataclasses import dataclass

from diagnosis.datasets.dataset import DatasetError
from diagnosis.datasets.importing.labelled import (
    Files,
    Picture,
    Source,
    each,
    one_form,
    printable,
    split_of,
)
from diagnosis.datasets.importing.report import Finding, counted
from diagnosis.scans import ScanError
from diagnosis.scans.content import DICOM_BEGINNINGS, sniff

# Names of pictures; also of kinds that are not read here, so that such a class is missed by nobody.
ENDINGS = (
    *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff", ".bmp", ".dib", ".gif"),
    *(".webp", ".mpo", ".dcm", ".dicom", ".ima", ".nii", ".nii.gz", ".img", ".hdr", ".mha", ".mhd"),
    *(".nrrd", ".mgz", ".jp2", ".j2k", ".jpx", ".jxl", ".heic", ".heif", ".avif", ".exr", ".pgm"),
    *(".ppm", ".pnm", ".svs", ".ndpi", ".czi", ".lif", ".vsi", ".mrxs", ".scn", ".dng", ".psd"),
)
DOCUMENTS = frozenset(("doc", "docs", "documentation", "figures", "scripts", "code"))

Parts = tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """Where in a path, counted from the left, stand its class and its split."""

    around: Parts  # the folders around all of it
    label: int
    split: int | None

    def of(self, parts: Parts) -> tuple[str, str | None] | None:
        """Class and split of the files in a folder; None if they are in no class folder."""
        if parts[: len(self.around)] != self.around or len(parts) <= self.label:
            return None
        if self.split is None:
            return parts[self.label], None
        split = split_of(parts[self.split]) if len(parts) > self.split else None
        if split is None and self.split < self.label:
            return None
        return parts[self.label], split


def by_class_folders(files: Files) -> Source:
    """Pictures labelled by the folder that they lie in.

    ``CLASS/…/file``, ``SPLIT/CLASS/…/file`` or ``CLASS/SPLIT/…/file``, with splits called train, val and
    test; folders around all of it make no difference.

    Raises:
        DatasetError: no picture lies in a class folder.
    """
    folders = {path: path.rpartition("/")[0] for path in files.readers}
    parts = {folder: _parts(folder) for folder in set(folders.values())}
    likely = [path for path in files.readers if _is_picture(path, files)] or list(files.readers)
    layout = _layout({parts[folders[path]] for path in likely})
    found = {folder: layout.of(names) for folder, names in parts.items()}
    places = {path: found[folder] for path, folder in folders.items()}
    classes = {place[0] for path in likely if (place := places[path])} - _documents(places, likely)
    if not classes:
        raise DatasetError(
            f"The {files.kind} has no class folders: put the pictures of each class into a folder "
            "named after the class, or give a list of files and labels (--manifest)."
        )
    pictures, outside, without = [], [], []
    for path, place in places.items():
        if place is None:
            outside.append(path)
        elif place[0] not in classes:
            without.append(path)
        else:
            label, split = place
            pictures.append(
                Picture(printable(path), files.scan(path), printable(label), split=split)
            )
    findings = list(files.findings())
    for code, paths, why in (
        ("outside", outside, "in no class folder and so without a label"),
        ("no-pictures", without, "in a folder that holds documents or no picture"),
    ):
        if paths:
            sentence = f"Left out, as {why}: {counted(len(paths), 'file')}."
            findings.append(Finding("warning", code, sentence, each(paths)))
    return Source(f"a {files.kind} of class folders", tuple(pictures), tuple(findings))


def _is_picture(path: str, files: Files) -> bool:
    """Whether a file is one by its name, whole or not, or by its first bytes."""
    if path.casefold().endswith(ENDINGS):
        return True
    head = files.head(path)
    try:
        return bool(sniff(head))
    except ScanError:
        return any(start in head[:256] for start in DICOM_BEGINNINGS)


def _documents(places: dict[str, tuple[str, str | None] | None], likely: list[str]) -> set[str]:
    """Folders of documents beside at least two others."""
    labels = {place[0] for path in likely if (place := places[path])}
    documents = {label for label in labels if label.casefold() in DOCUMENTS}
    return documents if len(labels - documents) > 1 else set()


def _parts(folder: str) -> Parts:
    return tuple(map(one_form, folder.split("/"))) if folder else ()


def _layout(folders: Collection[Parts]) -> Layout:
    """How the folders that hold pictures are to be understood.

    Raises:
        DatasetError: there are folders for splits, and none for classes.
    """
    around: Parts = ()
    while (outer := _folder_around(folders)) is not None:
        around += (outer,)
        folders = {parts[1:] for parts in folders if parts[:1] == (outer,)}
    depth = len(around)
    first = {split_of(parts[0]) for parts in folders if parts}
    nested = {split_of(parts[0]) for parts in folders if len(parts) > 1} - {None}
    if nested and ("train" in nested or len(first - {None}) > 1):
        return Layout(around, depth + 1, depth)
    if len(first) > 1 and None not in first:
        raise DatasetError(
            "The folders for training and test hold no class folders: put the pictures of each class into "
            "a folder named after the class, or give a list of files and labels (--manifest)."
        )
    second = {split_of(parts[1]) for parts in folders if len(parts) > 1} - {None}
    if "train" in second and len(second) > 1:
        return Layout(around, depth, depth + 1)
    return Layout(around, depth, None)


def _folder_around(folders: Collection[Parts]) -> str | None:
    """The one folder that lies around all class folders, if there is one.

    Pictures directly in it, such as an overview, do not make it a class as long as two folders of pictures
    lie beside them.
    """
    names = {parts[0] for parts in folders if parts}
    names = {name for name in names if name.casefold() not in DOCUMENTS} or names
    if len(names) != 1:
        return None
    (name,) = names
    inner = {parts[1] for parts in folders if len(parts) > 1 and parts[0] == name}
    only = (name,) not in folders  # no picture lies directly in it
    return name if inner and (only or len(inner) > 1) else None
