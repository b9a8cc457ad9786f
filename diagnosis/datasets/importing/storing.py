"""Keeping an imported set, and removing it: whole or not at all."""

import errno
import json
import re
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path

import numpy as np

from diagnosis import __version__
from diagnosis.core import strict_json
from diagnosis.core.access import require_write
from diagnosis.core.errors import nearest
from diagnosis.core.private_files import make_private, to_disk
from diagnosis.datasets.archive import CLASS_NAMES
from diagnosis.datasets.dataset import SPLITS, DatasetError
from diagnosis.datasets.facts import catalogue
from diagnosis.datasets.import_options import Options
from diagnosis.datasets.imported import CARD, SCHEMA, imported_files, imports_folder
from diagnosis.datasets.importing.preparing import Prepared
from diagnosis.datasets.loading import own_files
from diagnosis.datasets.unfinished import working_folder
from diagnosis.datasets.user_npz import safe_name
from diagnosis.scans import Limits


def check_name(name: str) -> None:
    """Check the name of a new set.

    Raises:
        DatasetError: it has other characters than a–z, 0–9, ``-`` and ``_``, is too long, begins like a
            published set's, or is taken.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name):
        proposal = safe_name(Path(re.sub(r"\W+", "-", name)[:40]))
        raise DatasetError(
            "A name has 1 to 40 lower-case letters, digits, - and _, and begins with a letter or digit; "
            f"such as {proposal.lstrip('-_') or 'my-scans'}."
        )
    stem, _, suffix = name.partition("_")
    if stem in catalogue() and (not suffix or suffix.isdigit()):
        raise DatasetError(f"{name} is the name of a published set: choose another name.")
    if name in imported_files():
        raise _taken(name)
    if name in own_files():
        raise DatasetError(f"There is a file {name} in $SCANLINE_DATA: choose another name.")


def store(prepared: Prepared, name: str, options: Options, *, keep_originals: bool = False) -> Path:
    """Write a set under a temporary name, then rename it.

    It belongs to its owner alone, and is on disk before it has its name.

    No file name, patient or path is written: only pictures reduced to their size, labels, the names of the
    classes, patient numbers 0, 1, 2 …, and the report without the files that it names.

    Args:
        prepared: what to store.
        name: of the set.
        options: it was prepared with.
        keep_originals: also write ``originals/SPLIT/000000.npz`` … in the order of the images: decoded
            ``pixels`` and ``window`` as `Scan` has them. The source must still be open, and is read again.

    Returns:
        Its folder.

    Raises:
        DatasetError: the report has errors, the name cannot be used, or the folder cannot be written to.
    """
    require_write("import")
    report = prepared.report
    if not report.ok:
        errors = [finding.described() for finding in report.of("error")]
        hint = ["Such files can be left out: --skip-unreadable."] if report.in_the_way else []
        raise DatasetError(" ".join([*errors, *hint]))

    def write(partial: Path) -> dict[str, object]:
        path = partial / f"{name}.npz"
        np.savez_compressed(path, **_arrays(prepared))  # type: ignore[arg-type]
        with path.open("rb") as file:
            sha256 = file_digest(file, "sha256").hexdigest()
        if keep_originals:
            _write_originals(prepared, partial / "originals")
        return _card(prepared, options, sha256) | {"originals": keep_originals}

    return store_as(name, write)


def store_as(name: str, write: Callable[[Path], Mapping[str, object]]) -> Path:
    """Keep a set of that name.

    Args:
        name: of the set.
        write: writes its files into a folder, and answers what ``set.json`` says of them.

    Returns:
        Its folder.

    Raises:
        DatasetError: the name cannot be used, or the folder cannot be written to.
    """
    check_name(name)
    place = imports_folder()
    try:
        with working_folder() as partial:
            card = {
                "schema": SCHEMA,
                "name": name,
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
                "code_version": __version__,
                **write(partial),
            }
            (partial / CARD).write_text(
                strict_json.dumps(card, ensure_ascii=False) + "\n", encoding="utf-8"
            )
            make_private(partial)
            partial.rename(place / name)
            to_disk(place)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):  # somebody was quicker
            raise _taken(name) from error
        raise _not_written(place, error) from error
    return place / name


def remove(name: str) -> Path:
    """Delete an imported set, the one way to; its folder disappears at once. Models trained on it stay.

    Returns:
        The folder that is gone.

    Raises:
        DatasetError: there is no such imported set, or it cannot be deleted.
    """
    require_write("remove data sets")
    if name not in imported_files():
        hint = nearest(name, list(imported_files())) if imported_files() else ""
        raise DatasetError(f"There is no imported set {name[:100]!r}.{hint}")
    folder = imports_folder() / name
    try:
        with working_folder() as gone:
            folder.rename(gone / name)
            to_disk(folder.parent)
            shutil.rmtree(gone / name)
    except OSError as error:
        raise DatasetError(
            f"{folder} could not be removed ({error.strerror}): check its permissions."
        ) from error
    return folder


def _arrays(prepared: Prepared) -> dict[str, np.ndarray]:
    arrays = {CLASS_NAMES: np.array(prepared.report.classes)}
    for split in SPLITS:
        arrays[f"{split}_images"] = prepared.images[split]
        arrays[f"{split}_labels"] = prepared.labels[split][:, None]
        if prepared.patients:
            arrays[f"{split}_patients"] = prepared.patients[split]
    return arrays


def _write_originals(prepared: Prepared, folder: Path) -> None:
    limits = Limits.from_environment()
    for split, pictures in prepared.pictures.items():
        (folder / split).mkdir(parents=True)
        for index, picture in enumerate(pictures):
            scan = picture.read(limits)
            np.savez_compressed(
                folder / split / f"{index:06d}.npz",
                pixels=scan.pixels[scan.middle],
                window=np.array(scan.window_of(scan.middle)),
            )


def _card(prepared: Prepared, options: Options, sha256: str) -> dict[str, object]:
    report = prepared.report
    return {
        "classes": list(report.classes),
        "finding": None if report.finding is None else report.classes.index(report.finding),
        "size": report.size,
        "channels": report.channels,
        "counts": {split: sum(report.counts[split]) for split in SPLITS},
        "class_counts": {split: list(report.counts[split]) for split in SPLITS},
        "patients": None if report.patients is None else dict(report.patients),
        "seed": options.seed,
        "report": json.loads(strict_json.dumps(report.to_json(names=False))),
        "sha256": sha256,
    }


def _taken(name: str) -> DatasetError:
    return DatasetError(
        f"There is an imported set {name} already: choose another name, or remove it first "
        f"(data remove {name})."
    )


def _not_written(place: Path, error: OSError) -> DatasetError:
    reason = (error.strerror or type(error).__name__).lower()
    return DatasetError(
        f"The set could not be written into {place} ({reason}): make room or change its permissions, or "
        "set SCANLINE_HOME to another folder."
    )
