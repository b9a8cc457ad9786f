"""``python -m diagnosis features``: the last hidden state of each case as a feature vector, into a table."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from diagnosis.cli.evaluate import data_of, notes_on
from diagnosis.cli.output import writable_file, writing
from diagnosis.cli.result import Result, table
from diagnosis.core.errors import InputError
from diagnosis.core.paths import typed
from diagnosis.datasets import SPLITS

if TYPE_CHECKING:
    from diagnosis.models.store import Version


def add_to(commands: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Add ``features``; ``common`` is the parent parser with the options of every command."""
    leaf = commands.add_parser(
        "features", parents=[common], help="write the last hidden state of each case to a table"
    )
    leaf.add_argument(
        "model", metavar="MODEL", help="DATASET/VARIANT[/VERSION], or a version's folder"
    )
    leaf.add_argument(
        "files", nargs="*", metavar="FILE",
        help="scans, each a case, or a table of patient records, each patient a case (default: a split)",
    )  # fmt: skip
    leaf.add_argument("--split", choices=SPLITS, help="which cases of a data set (default test)")
    leaf.add_argument(
        "--data", metavar="DATASET",
        help="another data set, by name, NPZ file or folder of records (default: its own)",
    )  # fmt: skip
    leaf.add_argument(
        "--out",
        required=True,
        metavar="TABLE",
        help="a .csv, .parquet or .npz, a row for each case",
    )
    leaf.add_argument("--force", action="store_true", help="replace the table if there is one")
    leaf.set_defaults(run=features)


def features(args: argparse.Namespace) -> Result:
    """One object: the model, how many cases and units, the table's path, and notes."""
    from diagnosis.batch.features import SUFFIXES, Features

    out = writable_file(args.out)
    if out.suffix not in SUFFIXES:
        raise InputError(
            f"The table's name must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}, not {out.name!r}."
        )
    if out.exists() and not args.force:
        raise InputError(f"There is a file {out} already: add --force to replace it.")
    if args.files and (args.split or args.data):
        raise InputError("Give files, or a data set with --data and --split, not both.")

    from diagnosis.batch.about import about
    from diagnosis.core.intended_use import IN_SHORT
    from diagnosis.models import store
    from diagnosis.models.forward import Forward
    from diagnosis.traces.last_state import LastStates

    version = store.find(args.model)
    if not version.config.recurrent:
        raise InputError(
            f"{version.name} is a {version.config.kind.title} and has no hidden state: choose an RNN, LSTM "
            "or GRU."
        )
    args.split = args.split or "test"
    cases, labels, examples, notes = (
        _of_files(args.files, version) if args.files else _of_split(args, version)
    )
    read = LastStates(Forward(version).model)
    found = Features(cases, labels, read.names, read(version.config.encoder.batch(examples)))
    with writing(out):
        found.write(out, about(version))
    payload: dict[str, Any] = {
        "model": version.name,
        "version": version.version,
        "split": None if args.files else args.split,
        "n": len(cases),
        "units": len(read.names),
        "table": str(out),
        "notes": notes,
        "intended_use": IN_SHORT,
    }
    rows = [
        ("model", f"{version.name}, version {version.version}"),
        ("cases", f"{len(cases):,}" + ("" if args.files else f", {args.split} split")),
        ("features", f"{len(read.names):,}: the last hidden state"),
        ("table", str(out)),
        *(("note", note) for note in notes),
    ]
    return Result(payload, f"{table(rows)}\n\n{IN_SHORT}")


Cases = tuple[list[str], list[str] | None, np.ndarray, list[str]]  # names, labels, examples, notes


def _of_split(args: argparse.Namespace, version: "Version") -> Cases:
    """The cases of a split, numbered from 1."""
    from diagnosis.text.classes import class_text

    dataset = data_of(args, version)
    notes = notes_on(version, dataset, args.split)
    examples, classes = dataset.images[args.split], version.config.classes
    labels = [
        class_text(tuple(np.array(classes)[np.flatnonzero(each)].tolist()))
        if np.ndim(each)
        else classes[int(each)]
        for each in dataset.labels[args.split]
    ]
    return [str(number) for number in range(1, len(examples) + 1)], labels, examples, notes


def _of_files(files: list[str], version: "Version") -> Cases:
    """Files: scans by their SHA-256, records by their patients.

    Raises:
        InputError: a file cannot be read, or is not what the model reads.
    """
    from diagnosis.batch.given_records import patient_of, read_given
    from diagnosis.cases import Case
    from diagnosis.cli.patient import table_bytes
    from diagnosis.records.table import format_of
    from diagnosis.scans import read_scan_file

    encoder = version.config.encoder
    if encoder.parts:
        raise InputError(
            f"{version.name} reads an image and a record together: give a data set with --data and --split."
        )
    names, examples = [], []
    for file in files:
        if encoder.embedded:
            data = table_bytes(file)
            records = read_given(data, None, version.dataset, encoder)
            for name in records.by_patient:
                names.append(name)
                examples.append(
                    encoder.example(Case.of(patient_of(records, name, format_of(data))))
                )
        else:
            case = Case.of(read_scan_file(Path(typed(file))), whole=encoder.whole)
            names.append(case.sha256)
            examples.append(encoder.example(case))
    return names, None, np.stack(examples), []
