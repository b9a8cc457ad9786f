"""An NPZ in MedMNIST's layout as a source: its pictures are arrays already, its splits are given."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np

from diagnosis.datasets.archive import CLASS_NAMES, Declared, read_open
from diagnosis.datasets.dataset import SPLITS, DatasetError
from diagnosis.datasets.importing.labelled import MAX_FILES, Picture, Source
from diagnosis.datasets.importing.report import Finding
from diagnosis.datasets.user_npz import open_own
from diagnosis.scans import Limits, Scan

INSTEAD = "put it into the folder that SCANLINE_DATA names, where it is used as it is, or import it in parts"
LABEL_BYTES = 8  # of each label, once it is read


def by_arrays(file: BinaryIO, path: Path | None, most: int) -> Source:
    """Pictures and labels from arrays; the classes keep their numbers.

    Args:
        file: the open file.
        path: where it is; None of an upload.
        most: bytes of arrays that an upload may have.

    Raises:
        DatasetError: an error of `open_own`; volumes, or several labels a picture; too many pictures, or of
            an upload too many bytes.
    """

    def inspect(declared: Mapping[str, Declared]) -> None:
        images = [array for key, array in declared.items() if _is_images(key)]
        labels = [array for key, array in declared.items() if not _is_images(key)]
        count = sum(array.shape[0] for array in images)
        if count > MAX_FILES:
            raise DatasetError(
                f"The file has {count:,} pictures, and at most {MAX_FILES:,} are imported: {INSTEAD}."
            )
        size = sum(array.size for array in images)
        size += LABEL_BYTES * sum(array.size for array in labels)
        if path is None and size > most:
            raise DatasetError(
                f"The file has {size / 1e6:,.0f} MB of pictures and labels, and of an upload at most "
                f"{most / 1e6:,.0f} MB are read: {INSTEAD}."
            )

    archive = read_open(file, path or Path("the file.npz"), inspect=inspect)
    dataset = open_own(archive)
    facts = dataset.facts
    if facts.dimensions == 3 or facts.task == "multi-label":
        raise DatasetError(
            "Volumes and pictures with several labels are not imported: put the NPZ file into the folder "
            "that SCANLINE_DATA names, where it is used as it is."
        )
    pictures = [
        Picture(
            f"{split} image {index + 1}",
            _reader(dataset.images[split][index]),
            facts.classes[dataset.labels[split][index]],
            split=split,
        )
        for split in SPLITS
        for index in range(len(dataset.images[split]))
    ]
    unnamed = CLASS_NAMES not in archive.arrays
    findings = [Finding("note", "npz", note) for note in dataset.notes[:-1]]
    if unnamed:
        sentence = "The file does not name its classes: they are numbered."
        findings.append(Finding("note", "unnamed", sentence))
    return Source("an NPZ in MedMNIST's layout", tuple(pictures), tuple(findings), facts.classes)


def _is_images(key: str) -> bool:
    return key.endswith("_images") or key.startswith("x_")


def _reader(image: np.ndarray) -> Callable[[Limits], Scan]:
    def read(limits: Limits) -> Scan:
        pixels = np.ascontiguousarray(image if image.ndim == 3 else image[..., None])[None]
        return Scan(
            pixels=pixels,
            kind="picture",
            format="NPZ",
            bits=8,
            window=(0, 255),
            spacing=None,
            sha256=hashlib.sha256(pixels.tobytes()).hexdigest(),
            tags={},
            notes=(),
        )

    return read
