"""``python -m diagnosis read``: one scan or series through one model, or all scans of a folder."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diagnosis.cli import patient, read_explained, read_report, series, study
from diagnosis.cli.audit import record
from diagnosis.cli.output import writable_file, writing
from diagnosis.cli.read_folder import (
    add_options,
    is_folder,
    read_folder,
    reject_folder_options,
)
from diagnosis.cli.result import Result, table
from diagnosis.core.errors import InputError

if TYPE_CHECKING:
    from diagnosis.cases import Case
    from diagnosis.inference.prediction import Prediction
    from diagnosis.inference.predictor import Predictor


def add_to(commands: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Add ``read``; ``common`` is the parent parser with the options of every command."""
    leaf = commands.add_parser("read", parents=[common], help="read a scan with a model")
    leaf.add_argument(
        "file",
        metavar="FILE",
        help="PNG, JPEG, TIFF, BMP, WebP, GIF, DICOM or NIfTI; a folder or ZIP of a DICOM series; a table of "
        "patient records; or, with --out, a folder of scans",
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
        "--by",
        metavar="NAME",
        default="",
        help="name of the reader, for the audit log (see `audit`)",
    )
    leaf.add_argument("--trace", metavar="OUT.npz", help="write every state and gate to this file")
    read_explained.add_options(leaf)
    read_report.add_options(leaf)
    add_options(leaf)
    series.add_options(leaf)
    patient.add_options(leaf)
    study.add_options(leaf)
    leaf.set_defaults(run=read)


def read(args: argparse.Namespace) -> Result:
    """One object: prediction, scan, quality and the trace's file (see `_payload`); of a folder the summary
    of `read_folder`.
    """
    is_series = args.patient is None and series.is_series(args)
    if is_folder(args.file) and (args.out is not None or args.workers is not None or args.force):
        series.reject_series_options(args, time=False)
        return read_folder(args)
    reject_folder_options(args, names=is_series)
    if not is_series:
        series.reject_series_options(args)
    from diagnosis.audit.prediction_entry import prediction_entry
    from diagnosis.cases import Case
    from diagnosis.models import store
    from diagnosis.scans import read_scan_file

    out = None if args.trace is None else writable_file(args.trace, keep=Path(args.file))
    report = read_report.report_file(args)
    version = store.find(args.model)
    if out is not None and not version.config.recurrent:
        raise InputError(
            f"{version.name} is a {version.config.kind.title} and has no states to trace: leave --trace "
            "out, or choose an RNN, LSTM or GRU."
        )
    encoder = version.config.encoder
    opened, scan = None, None
    if study.is_study(args, version.config):
        case = study.open_study(args, version)
    elif patient.is_patient(args, version.config, version.name):
        case = Case.of(patient.open_patient(args, version.dataset, encoder))
    else:
        opened = series.read(args) if is_series else None
        scan = opened.scan if opened else read_scan_file(Path(args.file), time=args.time)
        case = Case.of(scan, args.frame, whole=encoder.whole)

    from diagnosis.inference.predictor import Predictor

    model = Predictor(version)
    prediction = model.predict(case)
    seen = case.selection.number
    explanations = read_explained.explained(args.explain, model, case, prediction)
    entries = record(
        [prediction_entry(prediction, version, case=case.sha256, frame=seen, by=args.by)]
    )
    parts = study.parts_of(model, case, prediction)
    if report is not None:
        with writing(report):
            read_report.write(
                report, prediction, version, scan or case.payload, frame=seen, entries=entries,
                picture=args.picture, parts=parts,
            )  # fmt: skip
    if out is not None:
        _write_trace(prediction, out)
    payload = _payload(prediction, case, out) | {"report": report and str(report)}
    if parts is not None:
        payload["parts"] = parts
    elif scan is None:
        from diagnosis.inference.by_event import by_event

        payload |= by_event(prediction, encoder)
    payload["explanations"] = explanations
    arrangement = opened and opened.arrangement
    payload["series"] = arrangement and arrangement.to_json(names=args.names)
    of_series = series.rows(arrangement, names=args.names) if arrangement else []
    return Result(payload, _described(payload, prediction, model, of_series))


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
    """Facts of a file, as rows of a table."""
    if facts["kind"] == "study":
        parts = (facts[name] for name in ("image", "record"))
        return [row for each in parts if each is not None for row in described_scan(each)]
    if facts["kind"] == "record":
        return patient.patient_rows(facts)
    frames, height, width, _ = facts["shape"]
    size = f"{width} × {height} pixels" + (f", {frames:,} frames" if frames > 1 else "")
    return [
        ("scan", f"{facts['format']} {facts['kind']}, {size}, {facts['bits']} bit"),
        *(("", note) for note in facts["notes"]),
    ]


def frame_rows(payload: dict[str, Any]) -> list[tuple[str, ...]]:
    """Which frame was read of how many, as a row of a table; none where there is one."""
    scan, frame = payload["scan"], payload["frame"]
    image = scan["image"] if scan["kind"] == "study" else scan
    if frame is None or image["frames"] == 1:
        return []
    return [("frame", f"{frame} of {image['frames']:,}")]


def _outcome_rows(prediction: "Prediction") -> list[tuple[str, ...]]:
    from diagnosis.text.classes import class_text
    from diagnosis.text.outcome import headline, sentences

    if prediction.is_predicted:
        return [("prediction", class_text(prediction.predicted_classes))]
    title = headline(prediction.outcome, prediction.reasons)
    return [("outcome", title), *(("", sentence) for sentence in sentences(prediction.reasons))]


def _described(
    payload: dict[str, Any],
    prediction: "Prediction",
    model: "Predictor",
    of_series: list[tuple[str, ...]],
) -> str:
    from diagnosis.text.outcome import ood_sentence, scan_kind_sentence
    from diagnosis.text.quality import quality_sentence

    scan, quality = payload["scan"], payload["quality"]
    rows = [
        *described_scan(scan),
        *of_series,
        ("model", f"{payload['model']}, version {payload['version']}"),
        ("", prediction.population.sentence),
    ]
    rows += frame_rows(payload)
    rows.append(("quality", quality["level"]))
    rows += [("", quality_sentence(reason)) for reason in prediction.quality.reasons]
    if prediction.scan_kind is not None:
        rows.append(("kind of scan", scan_kind_sentence(prediction.scan_kind)))
    if prediction.ood is not None:
        rows.append(("OOD check", f"{prediction.ood.level}, p = {prediction.ood.p_value:.3f}"))
        rows.append(("", ood_sentence(prediction.ood)))
    rows += _outcome_rows(prediction)
    if prediction.outcome != "rejected":
        rows += _probability_rows(payload, prediction, model)
        rows += study.part_rows(payload.get("parts", {}), prediction)
    rows += read_explained.explained_rows(payload["explanations"])
    if payload["trace"] is not None:
        rows.append(("trace", payload["trace"]))
        rows.append(("", f"replayed states differ by at most {payload['trace_difference']:.1e}"))
    return f"{table(rows)}\n\n{payload['intended_use']}"


def _probability_rows(
    payload: dict[str, Any], prediction: "Prediction", model: "Predictor"
) -> list[tuple[str, ...]]:
    from diagnosis.inference.unpadded import unpadded
    from diagnosis.text.evaluation import observed_sentence
    from diagnosis.text.events import event_words
    from diagnosis.text.prediction import decision_of

    config = model.config
    rows: list[tuple[str, ...]] = []
    if model.threshold is not None and config.finding is not None:
        finding = config.classes[config.finding]
        rows.append(("threshold", f"{model.threshold:.3f} for {finding}"))
    for index, (name, probability) in enumerate(payload["probabilities"].items()):
        rows.append(("" if index else "probability", f"{probability:.3f}  {name}"))
    rows += [
        ("observed", observed_sentence(similar, name))
        for name, similar in prediction.observed.items()
    ]
    drawn = unpadded(prediction, config.encoder.parts)  # a person counts the steps that are there
    if decision := decision_of(drawn, config.encoder.steps.singular):
        of = "" if prediction.never_crossed else f" of {int(prediction.sequence.mask.sum())}"
        event = payload.get("decision_event")
        what = f": {event_words(event)}" if event else ""
        rows.append(("decision step", f"{decision}{of}{what}"))
    if change := payload.get("largest_change"):
        moved = "rose" if change["change"] > 0 else "fell"
        rows.append((f"{moved} most at", f"{event_words(change)} ({change['change']:+.3f})"))
    return rows
