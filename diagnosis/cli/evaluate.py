"""``python -m diagnosis evaluate``: a model measured afresh on a split of a data set."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diagnosis.cli.performance import (
    abstention_rate,
    check_point,
    curves,
    operating_point,
    point_words,
)
from diagnosis.cli.result import Result, figure_rows, table
from diagnosis.core.errors import InputError
from diagnosis.core.paths import typed
from diagnosis.datasets import SPLITS, Dataset, catalogue, load, own_files
from diagnosis.datasets.measurable import check_measurable
from diagnosis.datasets.record_places import is_record_folder
from diagnosis.datasets.record_set import recoded
from diagnosis.records.studies import is_study
from diagnosis.text.evaluation import availability_rows, extent_sentences, figure

if TYPE_CHECKING:
    from diagnosis.inference.abstention import Selective
    from diagnosis.inference.split_predictions import Predictions
    from diagnosis.models.card import ModelCard
    from diagnosis.models.config import ModelConfig
    from diagnosis.models.store import Version


def add_to(commands: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Add ``evaluate``; ``common`` is the parent parser with the options of every command."""
    leaf = commands.add_parser("evaluate", parents=[common], help="measure a model on a split")
    leaf.add_argument(
        "model", metavar="MODEL", help="DATASET/VARIANT[/VERSION], or a version's folder"
    )
    leaf.add_argument("--split", choices=SPLITS, default="test", help="which cases (default test)")
    leaf.add_argument(
        "--data",
        metavar="DATASET",
        help="another data set, by name, NPZ file or folder of records (default: its own)",
    )
    leaf.add_argument(
        "--against",
        metavar="MODEL",
        help="subtract this model's figures, case by case; or a CSV file of anybody's predictions",
    )
    leaf.add_argument(
        "--threshold", type=float, metavar="P", help="call the finding from here on (binary models)"
    )
    leaf.add_argument(
        "--prevalence", type=float, metavar="P", help="of the finding where it is used, 0 to 1"
    )
    leaf.set_defaults(run=evaluate)


def evaluate(args: argparse.Namespace) -> Result:
    """One object: the model, the data, ``n``, every metric with its interval, and what they hang on."""
    from diagnosis.models import store

    version = store.find(args.model)
    check_point(args, version)
    other = _other(args.against)
    dataset = data_of(args, version)
    notes = notes_on(version, dataset, args.split)
    if other is not None and not isinstance(other, Path):
        _check_fit(dataset, other.config, other.name)

    from diagnosis.core.intended_use import IN_SHORT
    from diagnosis.inference.split_predictions import predict
    from diagnosis.jobs.card_contents import measure, rounded
    from diagnosis.models.forward import Forward

    check_measurable(dataset, args.split)
    found = predict(Forward(version), dataset, args.split)
    abstained = abstention_rate(found, version)
    if args.threshold is not None:
        found = found.at(args.threshold)
    rejected = _rejected_share(version, dataset, args.split)
    point = operating_point(found, version, dataset, args.prevalence)
    payload: dict[str, Any] = {
        "model": version.name,
        "version": version.version,
        "population": version.population.to_json(),
        "dataset": dataset.facts.name,
        "sha256": dataset.sha256,
        "split": args.split,
        "n": len(dataset.labels[args.split]),
        "threshold": found.threshold,
        "rejected": rejected,
        "abstention": None if abstained is None else abstained.to_json(),
        "metrics": {name: rounded(estimate).to_json() for name, estimate in measure(found).items()},
        "extent": None if version.card.extent is None else version.card.extent.to_json(),
        "availability": None
        if version.card.availability is None
        else version.card.availability.to_json(),
        "operating_point": None if point is None else point.to_json(),
        "calibration_curve": curves(found),
        "notes": notes,
    }
    against = [] if other is None else _against(payload, version, other, dataset, found)
    lines = [
        f"{version.name}, version {version.version}, on the {args.split} split of "
        f"{dataset.facts.title}{' (synthetic)' if dataset.facts.synthetic else ''}, "
        f"n = {payload['n']:,}:",
        version.population.sentence,
        table(figure_rows(payload["metrics"])),
        *extent_sentences(version.card.extent, version.card.metrics.test.estimates),
        *availability_lines(version.card),
        *_abstained(rejected, abstained),
        *([point_words(point)] if point else []),
        *(f"Note: {note}" for note in notes),
        *against,
        "",
        IN_SHORT,
    ]
    return Result(payload, "\n".join(lines))


def availability_lines(card: "ModelCard") -> list[str]:
    """What a model of several parts reaches with some of them missing, as its card has it."""
    rows = availability_rows(card.availability)
    return [f"AUC on the test split by what is there:\n{table(rows)}"] if rows else []


def data_of(args: argparse.Namespace, version: "Version") -> Dataset:
    """The data set that is asked for; of records with the model's own codes.

    Raises:
        InputError: there is none, or it cannot be used.
    """
    encoder = version.config.encoder
    folder = None if args.data is None else typed(args.data)
    if encoder.embedded and not encoder.parts and folder is not None and is_record_folder(folder):
        from diagnosis.datasets.record_outside import outside

        config = version.config
        return outside(
            folder, args.split, like=version.dataset, task=config.task, classes=config.classes,
            finding=config.finding, codes=getattr(encoder, "codes", ()), length=encoder.length,
        )  # fmt: skip
    records = encoder.embedded and not encoder.parts
    size = 28 if records else encoder.data_size  # of images; records have the size they have
    dataset = load(args.data or _own_name(version), size=size, progress=sys.stderr.isatty())
    with_records = encoder.embedded and dataset.codes
    return recoded(dataset, getattr(encoder, "codes", ())) if with_records else dataset


def notes_on(version: "Version", dataset: Dataset, split: str) -> list[str]:
    """What must be known beside the figures.

    Raises:
        InputError: the data are of another kind than the model reads.
    """
    notes = [*dataset.notes, *_check_fit(dataset, version.config, version.name)]
    trained_on = version.card.dataset
    if trained_on.name == dataset.facts.name and trained_on.sha256 != dataset.sha256:
        notes.append("This is not the file that the model was trained on (its SHA-256 differs).")
    if split == "train":
        notes.append("The training split says nothing about new cases.")
    return notes


def _abstained(rejected: dict[str, Any] | None, abstained: "Selective | None") -> list[str]:
    """Lines about the cases for which the model abstains, by reason."""
    lines = []
    if rejected:
        lines.append(f"Rejected as out-of-distribution: {figure(rejected)}")
    if abstained:
        lines.append(
            f"Indeterminate: {abstained.abstention_rate}; error rate of the predicted cases "
            f"{abstained.error_predicted}, of the indeterminate ones {abstained.error_abstained}"
        )
    return lines


def _other(given: str | None) -> "Version | Path | None":
    """The version or the file of predictions that is compared with.

    Raises:
        InputError: there is no such version.
    """
    from diagnosis.models import store

    if given is None:
        return None
    return Path(given) if given.lower().endswith(".csv") else store.find(given)


def _against(
    payload: dict[str, Any],
    version: "Version",
    other: "Version | Path",
    dataset: Dataset,
    found: "Predictions",
) -> list[str]:
    """Put the differences to others' predictions into the payload; the same in words."""
    from diagnosis.comparison.predictions_file import read_predictions
    from diagnosis.evaluation.decision_rule import LABEL_THRESHOLD, DecisionRule
    from diagnosis.evaluation.paired import compare
    from diagnosis.inference.split_predictions import predict
    from diagnosis.models.forward import Forward
    from diagnosis.text.comparison import difference_text, meaning
    from diagnosis.text.evaluation import metric_name

    config = version.config
    if isinstance(other, Path):
        name, number = other.name, None
        probabilities = read_predictions(other, config, payload["n"])
        threshold = LABEL_THRESHOLD if config.task == "binary" else None
        rule = DecisionRule(config.task, config.finding, threshold)
    else:
        name, number = other.name, other.version
        theirs = predict(Forward(other), dataset, payload["split"])
        probabilities, rule = theirs.probabilities, theirs.rule
    differences = compare(
        found.labels, found.probabilities, probabilities, rules=(found.rule, rule)
    )
    named = name if number is None else f"{name}/{number}"
    said = meaning(f"{version.name}/{version.version}", named, differences)
    payload["against"] = {
        "model": name,
        "version": number,
        "differences": {name: each.to_json() for name, each in differences.items()},
        "meaning": said,
    }
    rows = [(metric_name(name), difference_text(each)) for name, each in differences.items()]
    return ["", table([(f"minus {named}", "difference (95% interval)"), *rows]), said]


def _rejected_share(version: "Version", dataset: Dataset, split: str) -> dict[str, float] | None:
    """The share rejected as out-of-distribution, which metrics include; null without the check."""
    from diagnosis.inference.interpreter import ood_detector
    from diagnosis.jobs.card_contents import rounded
    from diagnosis.jobs.ood_fit import rejected_share

    detector = ood_detector(version)
    if detector is None:
        return None
    return rounded(rejected_share(detector, version.config, dataset, split)).to_json()


def _own_name(version: "Version") -> str:
    """The name of the data set that a model was trained on, if it can still be found by name."""
    name = version.card.dataset.name
    if name not in catalogue() and name not in own_files():
        raise InputError(
            f"The data set {name}, on which {version.name} was trained, is not found by its name: "
            "give its NPZ file with --data."
        )
    return name


def _check_fit(dataset: Dataset, config: "ModelConfig", model: str) -> list[str]:
    """Notes about a data set that a model can read.

    Raises:
        InputError: its images, task or classes are not the model's.
    """
    facts, encoder = dataset.facts, config.encoder
    images = next(iter(dataset.images.values()))
    shape, expected = encoder.own(images).shape[1:], encoder.example_shape
    lacks = bool(dataset.codes) != bool(encoder.embedded) or encoder.parts
    if lacks and not is_study(images):
        raise InputError(
            f"{facts.title} has {'records' if dataset.codes else 'images'}, and {model} reads "
            f"{config.kind.reads}: choose another data set."
        )
    if encoder.embedded and dataset.codes != getattr(encoder, "codes", ()):
        raise InputError(f"{model} learned other codes: choose a model of the same vocabulary.")
    if shape != expected:
        raise InputError(
            f"{facts.title} has images of {_by(shape)}, and {model} reads {_by(expected)}: "
            "choose a data set of that shape."
        )
    single = {"multi-class", "ordinal"}  # an imported set is never taken for ordinal
    same_task = facts.task == config.task or {facts.task, config.task} <= single
    named = facts.classes != tuple(f"class {k}" for k in range(len(facts.classes)))
    same_names = facts.classes == config.classes or not named
    if not same_task or len(facts.classes) != len(config.classes) or not same_names:
        raise InputError(
            f"{facts.title} ({facts.task}: {_listed(facts.classes)}) does not fit {model} "
            f"({config.task}: {_listed(config.classes)}): choose a data set with the same classes."
        )
    if facts.classes == config.classes:
        return []
    pairs = ", ".join(f"{k} is {name}" for k, name in enumerate(config.classes))
    return [f"The classes of {facts.title} have no names; its labels are taken so: {pairs}."]


def _by(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


def _listed(names: tuple[str, ...], most: int = 6) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
