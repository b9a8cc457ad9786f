"""Reading every picture of a source once: what a data set would hold of it, and what is odd about it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from diagnosis.core.settings import parameter
from diagnosis.datasets.archive import MAX_BYTES
from diagnosis.datasets.dataset import DatasetError
from diagnosis.datasets.importing.fingerprints import digest, perceptual_hash
from diagnosis.datasets.importing.labelled import Picture, Source
from diagnosis.scans import Limits, Scan, ScanError, assess
from diagnosis.scans.quality import COLOUR, TINTED
from diagnosis.sequences import PictureEncoder
from diagnosis.sequences.pixels import framed
from diagnosis.text.quality import quality_sentence

Progress = Callable[
    [int, int], None
]  # pictures read, pictures in all; what it raises ends the import


@dataclass(frozen=True, eq=False)
class Examined:
    """One picture, read."""

    picture: Picture
    grey: np.ndarray  # uint8 (size, size)
    colour: np.ndarray | None  # uint8 (size, size, 3), of coloured pictures
    digest: bytes
    hash: np.ndarray  # uint8 (32,)
    format: str
    modality: str  # DICOM's, or an empty text
    sides: tuple[int, int]  # height, width
    frames: int
    unfit: str  # why it is not fit to be read, or an empty text
    burned_in: bool  # DICOM says that text is burned into the picture


def examine(
    source: Source, *, size: int, progress: Progress
) -> tuple[list[Examined], list[tuple[str, str]]]:
    """Read all pictures, one after the other; only what `Examined` has of them stays in memory.

    Args:
        source: must be open.
        size: pixels along each side of the reduced pictures.
        progress: called before the first and after every picture.

    Returns:
        The pictures in the source's order; and name and reason of each that cannot be read.

    Raises:
        DatasetError: they would take too much memory, or the source proves unusable while it is read.
        InputError: ``size`` or a limit in the environment is out of range.
    """
    parameter(PictureEncoder, "size").check(size)
    total = len(source.pictures)
    n_bytes = total * size * size
    _check_memory(n_bytes, source)
    limits = Limits.from_environment()
    examined, unreadable = [], []
    progress(0, total)
    for done, picture in enumerate(source.pictures, 1):
        try:
            examined.append(_examined(picture, picture.read(limits), size))
        except ScanError as error:
            unreadable.append((picture.name, str(error)))
        else:
            n_bytes += 0 if examined[-1].colour is None else examined[-1].colour.nbytes
            _check_memory(n_bytes, source)
        progress(done, total)
    return examined, unreadable


def _check_memory(n_bytes: int, source: Source) -> None:
    if n_bytes > source.most:
        path = (
            ""
            if source.most == MAX_BYTES
            else ", or import them with python -m diagnosis data import"
        )
        raise DatasetError(
            f"Reduced, the pictures have {n_bytes / 1e6:,.0f} MB or more; the limit is "
            f"{source.most / 1e6:,.0f} MB: choose a smaller size{path}."
        )


def _examined(picture: Picture, scan: Scan, size: int) -> Examined:
    frame = scan.middle
    shown = scan.display(frame)  # uint8 (height, width, 1 or 3)
    coloured = _is_coloured(shown)
    quality = assess(scan, frame, expects_grey=scan.pixels.shape[3] == 1)
    return Examined(
        picture=picture,
        grey=framed(shown, size=size),
        colour=framed(shown, size=size, channels=3) if coloured else None,
        digest=digest(scan.pixels[frame]),
        hash=perceptual_hash(shown),
        format=scan.format,
        modality=scan.tags.get("Modality", ""),
        sides=scan.pixels.shape[1:3],
        frames=scan.frames,
        unfit=" ".join(map(quality_sentence, quality.reasons)) if quality.level == "red" else "",
        burned_in=scan.tags.get("Burned-in annotation") == "YES",
    )


def _is_coloured(shown: np.ndarray) -> bool:
    """Whether there is more colour than compression leaves in a grey picture."""
    if shown.shape[2] == 1:
        return False
    return bool(np.mean(np.ptp(shown, axis=2) > COLOUR) > TINTED)
