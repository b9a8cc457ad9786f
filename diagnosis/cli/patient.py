"""A patient of a table of events on the command line: ``read RECORDS.csv --patient ID``."""

import argparse
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from diagnosis.core.errors import InputError
from diagnosis.core.paths import typed

if TYPE_CHECKING:
    from diagnosis.cases import Patient
    from diagnosis.models.config import ModelConfig
    from diagnosis.records.reading import Records
    from diagnosis.sequences import Encoder

MAX_BYTES = 2**30
NAMED = 5  # patients that a sentence names
IMAGES_ONLY = ("frame", "picture", "out", "workers", "largest", "part")  # options of images


def add_options(leaf: argparse.ArgumentParser) -> None:
    """Add the options of a record."""
    group = leaf.add_argument_group(
        "a patient record: a CSV, Excel or Parquet file with the columns patient, time, code and value; or a "
        "folder with events.parquet (or .csv) and patients.csv"
    )
    group.add_argument("--patient", metavar="ID", help="whose events are read, as in the table")
    group.add_argument(
        "--patients",
        metavar="FILE",
        help="a table of patients: the time of prediction, after which no event is read, and what does not "
        "change",
    )


def is_patient(args: argparse.Namespace, config: "ModelConfig", model: str) -> bool:
    """Whether a record is read.

    Raises:
        InputError: a patient is named for a model of images, or an option of images given for a record.
    """
    named = args.patient is not None or args.patients is not None
    if not config.encoder.embedded:
        if named:
            raise InputError(
                f"--patient is for models of patient records, and {model} reads images: leave it out, or "
                "choose a model of records."
            )
        return False
    given = {name: getattr(args, name, None) for name in IMAGES_ONLY}
    given["time"] = args.time != 1
    for option, value in given.items():
        if value not in (None, False):
            raise InputError(
                f"--{option} is for images, and {model} reads patient records: leave it out."
            )
    return True


def open_patient(args: argparse.Namespace, dataset: str, encoder: "Encoder") -> "Patient":
    """The record of the patient who is asked for.

    Args:
        args: as parsed.
        dataset: name of the set that the model learned from: a folder in its layout is read as the set is.
        encoder: the model's: of a table of patients the columns that it knows are read.

    Raises:
        InputError: no such file or patient, a table that cannot be read, or a record without events.
    """
    from diagnosis.batch.given_records import patient_of

    records, format = _records(args, dataset, encoder)
    return patient_of(records, _chosen(args.patient, list(records.by_patient)), format)


def _records(args: argparse.Namespace, dataset: str, encoder: "Encoder") -> tuple["Records", str]:
    """All records of a table or folder, and what it is."""
    from diagnosis.batch.given_records import read_given
    from diagnosis.datasets.record_folder import read_folder
    from diagnosis.records.table import format_of

    if typed(args.file).is_dir():
        if args.patients is not None:
            raise InputError("A folder of records has its own patients.csv: leave --patients out.")
        return read_folder(typed(args.file), dataset, labelled=False), "folder"
    data = table_bytes(args.file)
    of_patients = None if args.patients is None else table_bytes(args.patients)
    return read_given(data, of_patients, dataset, encoder), format_of(data)


def patient_rows(facts: dict[str, Any]) -> list[tuple[str, ...]]:
    """Facts of a record, as rows of a table."""
    size = f"{facts['events']:,} events of {facts['codes']:,} kinds in {facts['hours']:.1f} hours"
    return [
        ("record", f"{facts['format']}, patient {facts['patient']}: {size}"),
        *(("", note) for note in facts["notes"]),
    ]


def _chosen(asked: str | None, names: list[str]) -> str:
    """The patient who is meant.

    Raises:
        InputError: there is no such patient, or several and none is named.
    """
    few = ", ".join(name[:40] for name in names[:NAMED])
    there = f"the table has {len(names):,}, such as {few}" if len(names) > NAMED else few
    if asked is None:
        if len(names) == 1:
            return names[0]
        raise InputError(f"Give --patient ID: {there}.")
    if asked.strip() not in names:
        close = get_close_matches(asked.strip(), names, n=NAMED, cutoff=0.6)
        hint = f"Did you mean {', '.join(close)}?" if close else f"Patients: {there}."
        raise InputError(f"There is no patient {asked[:40]!r} in the table. {hint}")
    return asked.strip()


def table_bytes(given: str) -> bytes:
    """A whole file.

    Raises:
        InputError: there is none, or it is too large.
    """
    path = typed(given)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path} is larger than {MAX_BYTES >> 20:,} MB: split it by patient.")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"There is no file {str(given)[:100]!r} that can be read: check its name and permissions."
        ) from error
