"""``python -m diagnosis read FOLDER``: all files of a folder through one model, into a table."""

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

from diagnosis.cli.output import writable_file, writing
from diagnosis.cli.result import Result, table
from diagnosis.core.errors import InputError
from diagnosis.core.population import Population

MOST = 8  # processes unless more are asked for: each holds TensorFlow, about 0.6 GB


def add_options(leaf: argparse.ArgumentParser) -> None:
    """Add the options that only a folder has."""
    group = leaf.add_argument_group("a folder of scans, each read for itself")
    group.add_argument(
        "--out", metavar="TABLE", help="write a row for each file to this .csv or .parquet"
    )
    group.add_argument(
        "--workers", type=int, metavar="N",
        help=f"processes on this machine (default: its cores, at most {MOST})",
    )  # fmt: skip
    group.add_argument(
        "--names", action="store_true",
        help="write the files' paths, which may name a patient; without it their SHA-256 alone",
    )  # fmt: skip
    group.add_argument("--force", action="store_true", help="replace the table if there is one")


def is_folder(text: str) -> bool:
    """Whether a folder was given."""
    try:
        return Path(text).is_dir()
    except (OSError, ValueError):  # no name that a file could have
        return False


def reject_folder_options(args: argparse.Namespace, *, names: bool = False) -> None:
    """Reject options for a folder where a single file or a series is given.

    Args:
        args: as parsed.
        names: whether the files' names may be asked for.

    Raises:
        InputError: there is such an option.
    """
    for option in ("out", "workers", "force") if names else ("out", "workers", "names", "force"):
        if getattr(args, option) not in (None, False):
            raise InputError(
                f"--{option} is for a folder, and {args.file} is none: leave it out, or correct the name."
            )


def read_folder(args: argparse.Namespace) -> Result:
    """One object: counts by outcome and predicted class, the table's path, and the speed."""
    out = _table(args)
    workers = _workers(args.workers)
    from diagnosis.batch.listing import listing

    contents = listing(Path(args.file))
    if out.resolve().is_relative_to(contents.folder.resolve()):
        raise InputError(
            f"{out} lies in the folder that is read: write the table to another folder."
        )
    from diagnosis.models import store

    version = store.find(args.model)
    from tqdm import tqdm

    from diagnosis.batch import folder

    start = time.monotonic()
    bar = tqdm(total=len(contents.files), unit="scan", disable=None, leave=False, file=sys.stderr)
    with writing(out), bar:
        summary = folder.read_folder(
            contents, version, out,
            workers=workers, names=args.names, by=args.by, progress=bar.update,
        )  # fmt: skip
    seconds = time.monotonic() - start
    from diagnosis.batch.rows import OUTCOMES
    from diagnosis.core.intended_use import IN_SHORT

    payload = {
        "model": version.name,
        "version": version.version,
        "population": version.population.to_json(),
        "folder": str(contents.folder),
        "table": str(out),
        "files": summary.files,
        "outcomes": {outcome: summary.outcomes[outcome] for outcome in OUTCOMES},
        "predictions": {name: summary.predictions[name] for name in version.config.classes},
        "resumed": summary.resumed,
        "passed_over": contents.passed_over,
        "links": contents.links,
        "seconds": round(seconds, 3),
        "scans_per_second": round((summary.files - summary.resumed) / seconds, 1),
        "intended_use": IN_SHORT,
    }
    return Result(payload, _described(payload))


def _table(args: argparse.Namespace) -> Path:
    from diagnosis.batch.spreadsheet import SUFFIXES

    if args.out is None:
        raise InputError(
            f"{args.file} is a folder: give --out table.csv to read all files in it, or one of the files."
        )
    for option in ("frame", "trace", "report", "picture", "explain"):
        if getattr(args, option) not in (None, False, []):
            raise InputError(f"--{option} is for a single file: leave it out, or give one file.")
    out = writable_file(args.out)
    if out.suffix not in SUFFIXES:
        raise InputError(f"The table's name must end in {' or '.join(SUFFIXES)}, not {out.name!r}.")
    if out.exists() and not args.force:
        raise InputError(f"There is a file {out} already: add --force to replace it.")
    return out


def _workers(number: int | None) -> int:
    if number is None:
        return min(MOST, os.cpu_count() or 1)
    if not 1 <= number <= 256:
        raise InputError(f"--workers must be 1 to 256, not {number}.")
    return number


def _described(payload: dict[str, Any]) -> str:
    outcomes = payload["outcomes"]
    counts = [f"{number:,} {name}" for name, number in payload["predictions"].items()]
    rows = [
        ("files", f"{payload['files']:,} in {payload['folder']}"),
        ("model", f"{payload['model']}, version {payload['version']}"),
        ("", Population.from_json(payload["population"]).sentence),
        ("predicted", f"{outcomes['predicted']:,}: {', '.join(counts)}"),
        ("indeterminate", f"{outcomes['indeterminate']:,}"),
        ("rejected", f"{outcomes['rejected']:,}: image quality, population or out-of-distribution"),
        ("unreadable", f"{outcomes['unreadable']:,}"),
    ]
    if payload["resumed"]:
        rows.append(("", f"{payload['resumed']:,} files had been read before"))
    for key, words in (
        ("passed_over", "hidden or left by the system"),
        ("links", "links or devices, which are not followed"),
    ):
        if payload[key]:
            rows.append(("passed over", f"{payload[key]:,} {words}"))
    rows.append(("time", f"{payload['seconds']:.1f} s, {payload['scans_per_second']:,} scans/s"))
    rows.append(("table", payload["table"]))
    return f"{table(rows)}\n\n{payload['intended_use']}"
