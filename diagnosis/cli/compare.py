"""``python -m diagnosis compare``: one scan through several models, and how they were made."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diagnosis.cli.audit import enter
from diagnosis.cli.read import described_scan
from diagnosis.cli.result import Answer
from diagnosis.cli.table import table
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
        "file", metavar="FILE", help="PNG, JPEG, TIFF, BMP, WebP, GIF, DICOM or NIfTI"
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
        "--by", metavar="NAME", default="", help="who reads, for the audit trail (see `audit`)"
    )
    leaf.set_defaults(run=compare)


def compare(args: argparse.Namespace) -> Answer:
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
    config = _shared_task(versions)
    scan = read_scan_file(Path(args.file))
    case = Case.of(scan, args.frame, whole=config.encoder.whole)

    from diagnosis.audit.shown import answer_shown
    from diagnosis.comparison.agreement import agreement
    from diagnosis.comparison.case_predictions import predict_with_each
    from diagnosis.core.intended_use import IN_SHORT

    outcomes = predict_with_each(versions, case)
    found = agreement(outcomes)
    seen = case.selection.number
    enter(
        answer_shown(outcome.prediction, outcome.version, case=scan.sha256, frame=seen, by=args.by)
        for outcome in outcomes
        if outcome.prediction is not None
    )
    payload = {
        "agree": None if not found.predicting else not found.disagree,
        "sentence": found.sentence,
        "models": [_answer(outcome) for outcome in outcomes],
        "differences": _differences(versions),
        "scan": scan.to_json(),
        "frame": seen,
        "intended_use": IN_SHORT,
    }
    return Answer(payload, _described(payload))


def _shared_task(versions: Sequence["Version"]) -> "ModelConfig":
    """The configuration of the first version that has one.

    Raises:
        InputError: none has, or they answer different questions.
    """
    configs = []
    problem: InputError | None = None
    for version in versions:
        try:
            configs.append(version.config)
        except InputError as error:  # its own answer will say so
            problem = problem or error
    if problem is not None and not configs:
        raise problem
    for config in configs[1:]:
        if (config.task, config.classes) != (configs[0].task, configs[0].classes):
            raise InputError(
                f"The models answer different questions ({', '.join(configs[0].classes)}; "
                f"{', '.join(config.classes)}): give models with the same classes."
            )
    return configs[0]


def _answer(outcome: "Outcome") -> dict[str, Any]:
    """One model's answer; where it has none, ``problem`` says why and the rest is null."""
    prediction = outcome.prediction
    named = {"model": outcome.version.name, "version": outcome.version.version}
    if prediction is None or outcome.seconds is None:
        absent = (
            "population",
            "outcome",
            "predicted",
            "probabilities",
            "threshold",
            "decision_step",
            "milliseconds",
        )
        return named | dict.fromkeys(absent) | {"refusals": [], "problem": outcome.problem}
    return named | {
        "population": prediction.population.to_json(),
        "outcome": prediction.outcome,
        "predicted": list(prediction.predicted_classes) if prediction.is_predicted else None,
        "probabilities": prediction.by_class(prediction.probabilities),
        "threshold": prediction.threshold,
        "refusals": list(prediction.refusals),
        "decision_step": None if prediction.decision_step is None else prediction.decision_step + 1,
        "milliseconds": round(outcome.seconds * 1000, 3),
        "problem": None,
    }


def _remark(answer: dict[str, Any]) -> str:
    if answer["outcome"] == "rejected":
        return " ".join(("not analysed:", *answer["refusals"]))
    if answer["refusals"]:
        return " ".join(answer["refusals"])
    return answer["problem"] or ""


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


def _described(payload: dict[str, Any]) -> str:
    from diagnosis.comparison.agreement import in_words
    from diagnosis.comparison.configuration import label, shown
    from diagnosis.core.population import Population

    rows = described_scan(payload["scan"])
    if payload["scan"]["frames"] > 1 and payload["frame"] is not None:
        rows.append(("frame", f"{payload['frame']} of {payload['scan']['frames']:,}"))
    head = ("model", "version", "calls", "estimated probabilities", "settled at", "")
    answers: list[tuple[str, ...]] = [head]
    for each in payload["models"]:
        probabilities = each["probabilities"] or {}
        refused = each["outcome"] == "rejected"
        answers.append(
            (
                each["model"],
                each["version"],
                "–" if each["predicted"] is None else in_words(each["predicted"]),
                "" if refused else ", ".join(f"{n} {p:.3f}" for n, p in probabilities.items()),
                "–" if each["decision_step"] is None else str(each["decision_step"]),
                _remark(each),
            )
        )
    known = [each["population"] for each in payload["models"] if each["population"]]
    whom = dict.fromkeys(Population.from_json(population).sentence for population in known)
    parts = [table(rows), table(answers), payload["sentence"], " ".join(whom)]
    if payload["differences"]:
        names = [each["model"] for each in payload["models"]]
        differences = [("what differs", *names)]
        for field, values in payload["differences"].items():
            differences.append(
                (label(field), *("–" if value is None else shown(value)[:24] for value in values))
            )
        parts.append(table(differences))
    return "\n\n".join([*filter(None, parts), payload["intended_use"]])
