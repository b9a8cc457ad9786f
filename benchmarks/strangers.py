"""Who gets a prediction that should not: strangers of many kinds, given to the shipped models as files.

    python -m benchmarks.strangers                                  # every shipped model, by its data set
    python -m benchmarks.strangers pneumoniamnist/lstm --most 400

For each kind the share with a prediction, the indeterminate, and the rejected. Volumes, slices and films are
the files of ``$SCANLINE_DATA``; pictures of other data sets and drawn ones are given as PNG, which states
nothing. A model's own test split is read as samples of its data set, and once more as PNG: what it costs
where a file does not say what it is.
"""

import argparse
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TypeVar
from zipfile import ZipFile

import numpy as np
from PIL import Image

from benchmarks.drawn import DRAWN
from benchmarks.ood import MEDNIST
from diagnosis.cases import Case, Selection
from diagnosis.core.errors import InputError
from diagnosis.datasets import load
from diagnosis.inference.predictor import Predictor
from diagnosis.models import store
from diagnosis.scans import Scan, ScanError, read_scan

OUTCOMES = ("predicted", "indeterminate", "rejected")
SETS = {"pneumoniamnist": "chest films of children", "breastmnist": "breast ultrasound"}
File = tuple[Scan, int]  # and the frame that is read
Things = TypeVar("Things", list[File], np.ndarray)


def main() -> None:
    """Print a table for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", help="DATASET/VARIANT[/VERSION]; default: all shipped")
    parser.add_argument("--most", type=int, default=100, help="pictures of each kind")
    arguments = parser.parse_args()
    shipped = (one for one in store.versions() if one.folder.is_relative_to(store.SHIPPED))
    for version in map(store.find, arguments.models) if arguments.models else shipped:
        print(f"\n{version.name}, version {version.version}")
        print(
            f"{'':34} {'n':>5} {'prediction':>11} {'indeterminate':>14} {'rejected':>9}", flush=True
        )
        model = Predictor(version)
        dataset = load(version.dataset)
        numbers = _some(np.arange(1, len(dataset.labels["test"]) + 1), arguments.most)
        own = (
            model.predict(dataset.case("test", number), trace=False).outcome for number in numbers
        )
        _line("its own test split", own)
        images = dataset.images["test"][numbers - 1]
        _line("the same as PNG", _outcomes(model, map(_png, images)))
        for kind, files in _strangers(arguments.most).items():
            if kind != SETS.get(version.dataset):
                _line(kind, _outcomes(model, files))


def _outcomes(model: Predictor, files: Iterable[File]) -> Iterator[str]:
    for scan, frame in files:
        yield model.predict(Case(scan, Selection(frame)), trace=False).outcome


def _line(kind: str, outcomes: Iterable[str]) -> None:
    counts = Counter(outcomes)
    shares = (f"{counts[outcome] / counts.total():.1%}" for outcome in OUTCOMES)
    print("{:34} {:5} {:>11} {:>14} {:>9}".format(kind, counts.total(), *shares), flush=True)


@cache
def _strangers(most: int) -> dict[str, list[File]]:
    """Kind to files; what is not on this machine is left out."""
    found: dict[str, list[File]] = {}
    for path, scan in _files():
        if scan.frames == 1 and scan.format != "DICOM":
            kind = f"picture, {path.name}"
        elif scan.tags.get("Modality") == "CR":
            kind = "film of an adult, DICOM"
        else:
            modality = "MR" if scan.format == "NIfTI" else scan.tags.get("Modality", "no modality")
            kind = f"{modality}, {'NIfTI' if scan.format == 'NIfTI' else 'DICOM'}"
        found.setdefault(kind, []).extend((scan, frame) for frame in range(scan.frames))
    for kind in [kind for kind in found if kind.startswith(("CT,", "MR,"))]:
        found[f"{kind}, slices as PNG"] = [_png(scan.display(frame)) for scan, frame in found[kind]]
    for name, title in SETS.items():
        found[title] = [_png(image) for image in _some(load(name).images["test"], most)]
    for name in ("mednist28", "bccd28"):
        try:
            other = load(name)
        except InputError as error:
            print(f"{name}: left out. {error}")
            continue
        images, labels = other.images["test"], other.labels["test"]
        titles = MEDNIST if name == "mednist28" else ()
        for index, title in enumerate(titles):
            found[f"MedNIST, {title}"] = [_png(one) for one in _some(images[labels == index], most)]
        if not titles:
            found["blood cells"] = [_png(image) for image in _some(images, most)]
    for kind, draw in DRAWN.items():
        found[f"drawn, {kind}"] = [_png(image) for image in draw()]
    return {kind: _some(files, most) for kind, files in found.items()}


def _files() -> Iterator[tuple[Path, Scan]]:
    """The scans among the data, those in archives too; what cannot be read gives no prediction anyway."""
    folder = Path(os.environ.get("SCANLINE_DATA", "."))
    for path in sorted((*folder.glob("scans/**/*"), *folder.glob("dicom/**/*"))):
        if not path.is_file() or path.suffix == ".md":
            continue
        contents = [path.read_bytes()]
        if path.suffix == ".zip":
            with ZipFile(path) as archive:
                names = [name for name in archive.namelist() if not name.endswith("/")]
                contents = [archive.read(name) for name in names]
        for data in contents:
            try:
                yield path, read_scan(data)
            except ScanError:
                continue


def _png(image: np.ndarray) -> File:
    file = BytesIO()
    Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(file, "PNG")
    return read_scan(file.getvalue()), 0


def _some(things: Things, most: int) -> Things:
    """Evenly drawn, at most so many."""
    return things[:: max(1, -(-len(things) // most))]


if __name__ == "__main__":
    main()
