"""``python -m diagnosis read``: one scan through one model, or all of a folder."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diagnosis.cli import read_report
from diagnosis.cli.audit import enter
from diagnosis.cli.output import writable_file, writing
from diagnosis.cli.read_folder import (
    add_options,
    is_folder,
    read_folder,
    refuse_folder_options,
)
from diagnosis.cli.result import Answer
from diagnosis.cli.table import table
from diagnosis.core.errors import InputError

if TYPE_CHECKING:
    from diagnosis.cases import Case
    from diagnosis.inference.prediction import Prediction
    from diagnosis.inference.predictor import Predictor


def add_to(commands: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Add ``read``; ``common`` is the parent parser with the options of every command."""
    leaf = commands.add_parser("read", parents=[common], help="read a scan with a model")
    leaf.add_argument(
        "file", metavar="FILE", help="PNG, JPEG, TIFF, BMP, WebP, GIF, DICOM or NIfTI; or a folder"
    )
    leaf.add_argument(
        "--model",
        required=True,
        metavar="MODEL",
        help="DATASET/VARIANT[/VERSION], or a version's folder",
    )
    leaf.add_argument(
        "--frame",
        type=int,
        metavar="N",
        help="frame, page or slice, from 1 (default: the first; the middle slice of a volume)",
    )
    leaf.add_argument(
        "--by", metavar="NAME", default="", help="who reads, for the audit trail (see `audit`)"
    )
    leaf.add_argument("--trace", metavar="OUT.npz", help="write every state and gate to this file")
    read_report.add_options(leaf)
    add_options(leaf)
    leaf.set_defaults(run=read)


def read(args: argparse.Namespace) -> Answer:
    """One object: the answer, the scan, its quality, and where the trace is (see `_payload`); of a folder
    what `read_folder` says.
    """
    if is_folder(args.file):
        return read_folder(args)
    refuse_folder_options(args)
    from diagnosis.audit.shown import answer_shown
    from diagnosis.cases import Case
    from diagnosis.models import store
    from diagnosis.scans import read_scan_file

    out = None if args.trace is None else writable_file(args.trace, keep=Path(args.file))
    report = read_report.report_file(args)
    version = store.find(args.model)
    if out is not None and not version.config.recurrent:
        raise InputError(
            f"{version.name} is a CNN and has no states to trace: leave --trace out, or choose "
            "an RNN, LSTM or GRU."
        )
    scan = read_scan_file(Path(args.file))
    case = Case.of(scan, args.frame, whole=version.config.encoder.whole)

    from diagnosis.inference.predictor import Predictor

    model = Predictor(version)
    prediction = model.predict(case)
    seen = case.selection.number
    entered = enter([answer_shown(prediction, version, case=scan.sha256, frame=seen, by=args.by)])
    if report is not None:
        with writing(report):
            read_report.write(
                report, prediction, version, scan, frame=seen, said=entered, picture=args.picture
            )
    if out is not None:
        _write_trace(prediction, out)
    payload = _payload(prediction, case, out) | {"report": report and str(report)}
    return Answer(payload, _described(payload, prediction, model))


def _write_trace(prediction: "Prediction", out: Path) -> None:
    from diagnosis.traces import archive

    assert (
        prediction.trace is not None and prediction.per_step is not None
    )  # recurrent: checked before
    with writing(out):
        archive.write(
            out, archive.arrays(prediction.trace, prediction.probabilities, prediction.per_step)
        )


def _payload(prediction: "Prediction", case: "Case", out: Path | None) -> dict[str, Any]:
    from diagnosis.core.intended_use import IN_SHORT

    return {
        **prediction.to_json(),
        "scan": case.payload.to_json(),
        "frame": case.selection.number,
        "trace": None if out is None else str(out),
        "intended_use": IN_SHORT,
    }


def described_scan(facts: dict[str, Any]) -> list[tuple[str, ...]]:
    """What is known about a file, as rows of a table."""
    frames, height, width, _ = facts["shape"]
    size = f"{width} × {height} pixels" + (f", {frames:,} frames" if frames > 1 else "")
    return [
        ("scan", f"{facts['format']} {facts['kind']}, {size}, {facts['bits']} bit"),
        *(("", note) for note in facts["notes"]),
    ]


def _described(payload: dict[str, Any], prediction: "Prediction", model: "Predictor") -> str:
    scan, quality = payload["scan"], payload["quality"]
    rows = [
        *described_scan(scan),
        ("model", f"{payload['model']}, version {payload['version']}"),
        ("", prediction.population.sentence),
    ]
    if scan["frames"] > 1 and payload["frame"] is not None:
        rows.append(("frame", f"{payload['frame']} of {scan['frames']:,}"))
    rows.append(("quality", quality["level"]))
    rows += [("", reason) for reason in quality["reasons"]]
    if payload["ood"] is not None:
        rows.append(("ood", f"{payload['ood']['level']}, p = {payload['ood']['p_value']:.3f}"))
        rows.append(("", payload["ood"]["sentence"]))
    if payload["outcome"] == "rejected":
        rows.append(("outcome", prediction.headline))
        rows += [("", reason) for reason in prediction.refusals]
    else:
        rows += _answer_rows(payload, prediction, model)
    if payload["trace"] is not None:
        rows.append(("trace", payload["trace"]))
        rows.append(("", f"replayed states differ by at most {payload['trace_difference']:.1e}"))
    return f"{table(rows)}\n\n{payload['intended_use']}"


def _answer_rows(
    payload: dict[str, Any], prediction: "Prediction", model: "Predictor"
) -> list[tuple[str, ...]]:
    config = model.config
    rows: list[tuple[str, ...]]
    if prediction.is_predicted:
        rows = [("predicted", ", ".join(prediction.predicted_classes) or "none of the labels")]
    else:
        rows = [("outcome", prediction.headline), *(("", reason) for reason in prediction.refusals)]
    if model.threshold is not None and config.finding is not None:
        finding = config.classes[config.finding]
        rows.append(("", f"{finding} is called from {model.threshold:.3f} on"))
    for index, (name, probability) in enumerate(payload["probabilities"].items()):
        rows.append(("" if index else "estimated probability", f"{probability:.3f}  {name}"))
    rows += [
        ("observed", f"{name}: {alike.sentence}") for name, alike in prediction.observed.items()
    ]
    if payload["decision_step"] is not None:
        steps = config.encoder.length
        unit = config.encoder.steps.singular
        rows.append(("decided", f"after {payload['decision_step']} of {steps} {unit}s read"))
    return rows
