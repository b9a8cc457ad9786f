"""``python -m diagnosis compare``: one scan through several models, and how they were made."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diagnosis.cli import patient, series, study
from diagnosis.cli.audit import record
from diagnosis.cli.read import described_scan, frame_rows
from diagnosis.cli.result import Result, table
from diagnosis.core.errors import InputError

if TYPE_CHECKING:
    from diagnosis.comparison.case_predictions import Outcome
    from diagnosis.models.config import ModelConfig
    from diagnosis.models.store import Version

FEWEST, MOST = 2, 6


def add_to(commands: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Add ``compare``; ``common`` is the parent parser with the options of every command."""
    leaf = commands.add_parser("compare", parents=[common], help="read a scan with several models")
    leaf.add_argument(
        "file",
        metavar="FILE",
        help="PNG, JPEG, TIFF, BMP, WebP, GIF, DICOM or NIfTI; a folder or ZIP of a DICOM series; a "
        "table of patient records",
    )
    leaf.add_argument(
        "--models",
        required=True,
        nargs="+",
        metavar="MODEL",
        help=f"{FEWEST} to {MOST} of DATASET/VARIANT[/VERSION], or versions' folders",
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
    leaf.add_argument(
        "--names", action="store_true", help="name the files of a series, which may name a patient"
    )
    series.add_options(leaf)
    patient.add_options(leaf)
    study.add_options(leaf)
    leaf.set_defaults(run=compare)


def compare(args: argparse.Namespace) -> Result:
    """One object: what each model answers, whether they agree, and in which fields they differ."""
    from diagnosis.cases import Case
    from diagnosis.models import store
    from diagnosis.scans import read_scan_file

    versions = [store.find(model) for model in args.models]
    folders = {version.folder for version in versions}
    if not FEWEST <= len(versions) <= MOST or len(folders) < len(versions):
        raise InputError(
            f"Give {FEWEST} to {MOST} different models, not {len(folders)}"
            + (": one is named twice." if len(folders) < len(versions) else ".")
        )
    configs = _shared_task(versions)
    config, opened = next(iter(configs.values())), None
    if study.is_study(args, *configs.values()):
        reads_both = next(version for version, each in configs.items() if each.encoder.parts)
        case = study.open_study(args, reads_both)
    elif patient.is_patient(args, config, versions[0].name):
        case = Case.of(patient.open_patient(args, versions[0].dataset, config.encoder))
    else:
        opened = series.read(args) if series.is_series(args) else None
        if opened is None:
            series.reject_series_options(args)
        scan = opened.scan if opened else read_scan_file(Path(args.file), time=args.time)
        case = Case.of(scan, args.frame, whole=config.encoder.whole)

    from diagnosis.audit.prediction_entry import prediction_entry
    from diagnosis.comparison.agreement import agreement
    from diagnosis.comparison.case_predictions import predict_with_each
    from diagnosis.core.intended_use import IN_SHORT
    from diagnosis.text.comparison import agreement_sentence

    outcomes = predict_with_each(versions, case)
    found = agreement(outcomes)
    seen = case.selection.number
    record(
        prediction_entry(
            outcome.prediction, outcome.version, case=case.sha256, frame=seen, by=args.by
        )
        for outcome in outcomes
        if outcome.prediction is not None
    )
    payload = {
        "agree": None if not found.predicting else not found.disagree,
        "agreement": found.to_json(),
        "models": [_prediction(outcome) for outcome in outcomes],
        "differences": _differences(versions),
        "scan": case.payload.to_json(),
        "series": opened and opened.arrangement.to_json(names=args.names),
        "frame": seen,
        "intended_use": IN_SHORT,
    }
    decisions = [_decision(outcome) for outcome in outcomes]
    return Result(payload, _described(payload, agreement_sentence(found), decisions))


def _shared_task(versions: Sequence["Version"]) -> dict["Version", "ModelConfig"]:
    """The configurations of those versions that have one.

    Raises:
        InputError: none has, or they answer different questions.
    """
    found = {}
    problem: InputError | None = None
    for version in versions:
        try:
            found[version] = version.config
        except InputError as error:  # its own answer will say so
            problem = problem or error
    if problem is not None and not found:
        raise problem
    configs = list(found.values())
    for config in configs[1:]:
        if (config.task, config.classes) != (configs[0].task, configs[0].classes):
            raise InputError(
                f"The models answer different questions ({', '.join(configs[0].classes)}; "
                f"{', '.join(config.classes)}): give models with the same classes."
            )
    return found


def _prediction(outcome: "Outcome") -> dict[str, Any]:
    """One model's prediction; if it failed, ``problem`` says why and the rest is null."""
    prediction = outcome.prediction
    named = {"model": outcome.version.name, "version": outcome.version.version}
    if prediction is None or outcome.seconds is None:
        absent = (
            "population",
            "outcome",
            "prediction",
            "probabilities",
            "threshold",
            "decision_step",
            "milliseconds",
        )
        return named | dict.fromkeys(absent) | {"reasons": [], "problem": outcome.problem}
    return named | {
        "population": prediction.population.to_json(),
        "outcome": prediction.outcome,
        "prediction": prediction.prediction_json(),
        "probabilities": prediction.by_class(prediction.probabilities),
        "threshold": prediction.threshold,
        "reasons": [reason.to_json() for reason in prediction.reasons],
        "decision_step": None if prediction.decision_step is None else prediction.decision_step + 1,
        "milliseconds": round(outcome.seconds * 1000, 3),
        "problem": None,
    }


def _decision(outcome: "Outcome") -> str:
    from diagnosis.text.prediction import decision_of

    if outcome.prediction is None:
        return "–"
    return decision_of(outcome.prediction, outcome.version.config.encoder.steps.singular) or "–"


def _remark(model: dict[str, Any]) -> str:
    from diagnosis.core.reason import Reason
    from diagnosis.text.outcome import OUTCOMES, sentences

    if model["reasons"]:
        words = " ".join(sentences(map(Reason.from_json, model["reasons"])))
        return f"{OUTCOMES['rejected']}: {words}" if model["outcome"] == "rejected" else words
    return model["problem"] or ""


def _differences(versions: Sequence["Version"]) -> dict[str, list[Any]]:
    """Field -> its value in each version, for the fields that differ; null where one has no such field."""
    from diagnosis.comparison.configuration import configuration, differing

    known: list[Mapping[str, Any]] = []
    for version in versions:
        try:
            known.append(configuration(version))
        except InputError:
            known.append({})
    readable = [fields for fields in known if fields]
    return {field: [fields.get(field) for fields in known] for field in differing(readable)}


def _described(payload: dict[str, Any], agreement: str, decisions: Sequence[str]) -> str:
    from diagnosis.core.population import Population
    from diagnosis.text.classes import class_text
    from diagnosis.text.configuration import field_label, value_text

    rows = [*described_scan(payload["scan"]), *frame_rows(payload)]
    head = ("model", "version", "prediction", "probabilities", "decision step", "")
    predictions: list[tuple[str, ...]] = [head]
    for each, decision in zip(payload["models"], decisions, strict=True):
        probabilities, predicted = each["probabilities"] or {}, each["prediction"]
        rejected = each["outcome"] == "rejected"
        predictions.append(
            (
                each["model"],
                each["version"],
                class_text([predicted] if isinstance(predicted, str) else predicted),
                "" if rejected else ", ".join(f"{n} {p:.3f}" for n, p in probabilities.items()),
                decision,
                _remark(each),
            )
        )
    known = [each["population"] for each in payload["models"] if each["population"]]
    whom = dict.fromkeys(Population.from_json(population).sentence for population in known)
    parts = [table(rows), table(predictions), agreement, " ".join(whom)]
    if payload["differences"]:
        names = [each["model"] for each in payload["models"]]
        differences = [("what differs", *names)]
        for field, values in payload["differences"].items():
            differences.append(
                (
                    field_label(field),
                    *("–" if value is None else value_text(value)[:24] for value in values),
                )
            )
        parts.append(table(differences))
    return "\n\n".join([*filter(None, parts), payload["intended_use"]])
