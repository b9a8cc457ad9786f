"""``python -m diagnosis scan``: what a file or a series is, without a model."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diagnosis.cli import series
from diagnosis.cli.read import described_scan
from diagnosis.cli.result import Result, table

if TYPE_CHECKING:
    from diagnosis.scans import Scan
    from diagnosis.scans.series import Arrangement


def add_to(commands: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Add ``scan``; ``common`` is the parent parser with the options of every command."""
    leaf = commands.add_parser(
        "scan", parents=[common], help="what a scan or a series of files holds, without a model"
    )
    leaf.add_argument(
        "file", metavar="FILE", help="a scan, or a folder or ZIP of the files of a DICOM series"
    )
    leaf.add_argument(
        "--axis",
        metavar="AXIS",
        help="read a volume along this axis: axial, coronal, sagittal; 1, 2, 3 where it has no place in "
        "the body",
    )
    leaf.add_argument(
        "--names", action="store_true", help="give the files' names, which may name a patient"
    )
    series.add_options(leaf)
    leaf.set_defaults(run=scan)


def scan(args: argparse.Namespace) -> Result:
    """One object: the scan, how it lies, and of a series its faults, parts and table.

    A series that is no consistent volume is a result, too: its ``scan`` is null.
    """
    arrangement: Arrangement | None = None
    found: Scan | None = None
    if series.is_series(args):
        from diagnosis.scans.series import read_volume

        with series.surveyed(args) as (surveyed, arrangement, progress):
            if arrangement.slices:
                found = read_volume(surveyed, arrangement, progress=progress).scan
    else:
        from diagnosis.scans import read_scan_file

        series.reject_series_options(args)
        found = read_scan_file(Path(args.file), time=args.time)
    if args.axis is not None and found is not None:
        from diagnosis.scans.reading_axis import along

        found = along(found, args.axis)
    payload = _payload(found, arrangement, names=args.names)
    return Result(payload, _described(payload, found, arrangement, names=args.names))


def _payload(
    found: "Scan | None", arrangement: "Arrangement | None", *, names: bool
) -> dict[str, Any]:
    from diagnosis.core.intended_use import IN_SHORT
    from diagnosis.scans.reading_axis import anisotropy, reading_axes

    facts: dict[str, Any] = {
        "scan": None, "tags": None, "spacing": None, "anisotropy": None, "geometry": None,
        "axes": [], "time": None, "times": None,
    }  # fmt: skip
    if found is not None:
        facts = {
            "scan": found.to_json(),
            "tags": dict(found.tags),
            "spacing": found.spacing and list(found.spacing),
            "anisotropy": anisotropy(found),
            "geometry": None if found.geometry is None else found.geometry.to_json(),
            "axes": list(reading_axes(found)),
            "time": found.time,
            "times": found.times,
        }
    described = None if arrangement is None else arrangement.to_json(names=names)
    return facts | {"series": described, "intended_use": IN_SHORT}


def _described(
    payload: dict[str, Any],
    found: "Scan | None",
    arrangement: "Arrangement | None",
    *,
    names: bool,
) -> str:
    from diagnosis.text.geometry import axis_title, reading_order, spacing_text
    from diagnosis.text.series import offer_sentence, why_text

    rows: list[tuple[str, ...]] = []
    if found is not None:
        rows += described_scan(payload["scan"])
        rows.append(("distances", spacing_text(found)))
        if payload["axes"]:
            rows.append(("read along", axis_title(payload["axes"][0])))
            rows.append(("", reading_order(found) or "the file does not say how it lies"))
        if found.times > 1:
            rows.append(("time", f"{found.time:,} of {found.times:,}"))
    if arrangement is None:
        return f"{table(rows)}\n\n{payload['intended_use']}"
    rows += series.rows(arrangement, names=names)
    if found is None and arrangement.remedy:
        rows.append(("", offer_sentence(arrangement)))
    listed = [
        (
            str(row.file), str(row.frame), str(row.slice or ""),
            "" if row.position is None else f"{row.position:.2f}",
            row.said or why_text(row.why), row.name if names else "",
        )
        for row in arrangement.table
    ]  # fmt: skip
    head = ("file", "frame", "slice", "mm", "", "")
    slices = table([head, *listed], right=(0, 1, 2, 3))
    return f"{table(rows)}\n\n{slices}\n\n{payload['intended_use']}"
