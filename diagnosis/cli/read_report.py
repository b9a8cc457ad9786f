"""``read --report``: a prediction as a report."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diagnosis.cli.output import writable_file
from diagnosis.core.errors import InputError

if TYPE_CHECKING:
    from diagnosis.audit import Recorded
    from diagnosis.cases import Patient, Payload, Study
    from diagnosis.inference.prediction import Prediction
    from diagnosis.models.store import Version


def add_options(leaf: argparse.ArgumentParser) -> None:
    """Add them to ``read``."""
    leaf.add_argument(
        "--report", metavar="OUT", help="write a report to this .html, .json or .csv file"
    )
    leaf.add_argument(
        "--picture",
        action="store_true",
        help="show the picture in an .html report: what is burned into it is seen there, too",
    )


def report_file(args: argparse.Namespace) -> Path | None:
    """Where the report goes; None if none is asked for.

    Raises:
        InputError: it cannot go there, or its name has no known ending.
    """
    if args.report is None:
        if args.picture:
            raise InputError("--picture is for a report: give --report OUT.html, too.")
        return None
    from diagnosis.report import FORMATS

    path = writable_file(args.report, keep=Path(args.file))
    if path.suffix[1:] not in FORMATS:
        known = ", ".join(f".{each}" for each in FORMATS)
        raise InputError(f"The report's name must end in one of {known}, not {path.name[:40]!r}.")
    return path


def write(
    path: Path,
    prediction: "Prediction",
    version: "Version",
    scan: "Payload | Patient | Study",
    *,
    frame: int | None,
    entries: Sequence["Recorded"],
    picture: bool,
    parts: Mapping[str, Any] | None = None,
) -> None:
    """Write it; ``parts`` of a study, as of ``case_report``.

    Raises:
        OSError: it cannot be written.
    """
    from diagnosis.cases import Patient, Study
    from diagnosis.report import case_report, written
    from diagnosis.report.charts import charts

    report = case_report(prediction, version, scan, frame=frame, entries=entries, parts=parts)
    image = scan.scan if isinstance(scan, Study) else scan
    if image is None or isinstance(image, Patient):
        drawn = charts(prediction, version.config, picture=False)
    else:
        at = image.middle if frame is None else frame - 1
        drawn = charts(prediction, version.config, picture=picture, scan=image, frame=at)
    path.write_bytes(written(report, path.suffix[1:], drawn))
