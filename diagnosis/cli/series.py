"""A series of files on the command line: a folder or a ZIP, read as one volume."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from diagnosis.cli.read_folder import is_folder
from diagnosis.core.errors import InputError

if TYPE_CHECKING:
    from diagnosis.scans.series import Arrangement, Series, Survey
    from diagnosis.scans.series.reading import Progress

ZIP = b"PK\x03\x04"
DICOM, AT = (
    b"DICM",
    128,
)  # a file of several frames is a series, too, where a part or time is asked for


def add_options(leaf: argparse.ArgumentParser) -> None:
    """Add the options of a series."""
    group = leaf.add_argument_group("a series: a folder or ZIP of DICOM files, read as one volume")
    group.add_argument(
        "--largest",
        action="store_true",
        help="use the largest consistent part where the files are not one consistent volume",
    )
    group.add_argument("--part", type=int, metavar="N", help="use the part of this number")
    leaf.add_argument(
        "--time",
        type=int,
        default=1,
        metavar="N",
        help="time point of a volume that has several (default: 1)",
    )


def is_series(args: argparse.Namespace) -> bool:
    """Whether a folder or a ZIP was given, or a part or time of a DICOM file of several frames."""
    if is_folder(args.file):
        return True
    try:
        with Path(args.file).open("rb") as file:
            start = file.read(AT + len(DICOM))
    except (OSError, ValueError):  # the reader of a single file says what is wrong
        return False
    return start.startswith(ZIP) or (start[AT:] == DICOM and any(_given(args).values()))


def _given(args: argparse.Namespace) -> dict[str, bool]:
    """The options of a series, and whether each was given."""
    return {"part": args.part is not None, "largest": args.largest, "time": args.time != 1}


def reject_series_options(args: argparse.Namespace, *, time: bool = True) -> None:
    """Reject options of a series where a single file, or each file of a folder, is read for itself.

    Args:
        args: as parsed.
        time: whether a time point may be asked for.

    Raises:
        InputError: there is such an option.
    """
    for option, is_given in _given(args).items():
        if is_given and not (time and option == "time"):
            raise InputError(
                f"--{option} is for a series that is read as one volume, and {args.file} is not: leave it "
                "out."
            )


@contextmanager
def surveyed(
    args: argparse.Namespace,
) -> Iterator[tuple["Survey", "Arrangement", "Progress"]]:
    """The headers of a folder or ZIP, and what was decided on them; the files can be read meanwhile.

    Raises:
        InputError: it cannot be opened, is unsafe or empty, or there is no such part or time.
    """
    from tqdm import tqdm

    from diagnosis.datasets.importing.opening import open_series
    from diagnosis.scans.series import survey

    bar = tqdm(unit="file", disable=None, leave=False, file=sys.stderr)

    def progress(done: int, of: int) -> None:
        bar.total = of
        bar.update(done - bar.n)

    with bar, open_series(Path(args.file)) as files:
        found = survey(files, progress=progress)
        yield found, found.arrange(part=args.part, largest=args.largest, time=args.time), progress


def read(args: argparse.Namespace) -> "Series":
    """The volume that a folder or ZIP holds.

    Raises:
        InputError: it holds none: each fault, and what can be chosen.
    """
    from diagnosis.scans.series import SeriesError, read_volume
    from diagnosis.text.series import stopped_sentence

    with surveyed(args) as (found, arrangement, progress):
        try:
            return read_volume(found, arrangement, progress=progress)
        except SeriesError as error:
            names = names_of(arrangement) if args.names else None
            sentence = stopped_sentence(arrangement, names)
            if any(fault.code == "nothing" for fault in arrangement.faults):
                sentence += " For a table of single scans, give --out table.csv."
            raise InputError(sentence) from error


def names_of(arrangement: "Arrangement") -> list[str]:
    """The files' names, in their order."""
    by_file = {row.file: row.name for row in arrangement.table}
    return [by_file[number] for number in sorted(by_file)]


def rows(arrangement: "Arrangement", *, names: bool) -> list[tuple[str, ...]]:
    """Faults of a series, and its parts where there are several, as rows of a table."""
    from diagnosis.text.series import fault_sentences, part_text

    known = names_of(arrangement) if names else None
    used = sum(row.used for row in arrangement.table)
    files = len({row.file for row in arrangement.table})
    found: list[tuple[str, ...]] = [
        ("series", f"{files:,} files, {used:,} of {len(arrangement.table):,} frames used")
    ]
    found += [("", sentence) for sentence in fault_sentences(arrangement.faults, known)]
    if len(arrangement.parts) > 1:
        found += [(f"part {part.number}", part_text(part)) for part in arrangement.parts]
    return found
