"""``python -m diagnosis models``: list, show and export model versions."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diagnosis.cli import decisions
from diagnosis.cli.output import writable_file, writing
from diagnosis.cli.result import Result, figure_rows, table
from diagnosis.core.dates import day, moment
from diagnosis.core.errors import InputError
from diagnosis.text.evaluation import extent_sentences, figure

if TYPE_CHECKING:
    from diagnosis.models.store import Version

FORMATS = ("keras", "onnx")


def add_to(commands: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Add ``models list``, ``show``, ``export``, and what decides about versions.

    ``common`` is the parent parser with the options of every command.
    """
    parser = commands.add_parser("models", help="models: list, show, export, decide about versions")
    actions = parser.add_subparsers(
        dest="action",
        required=True,
        metavar="list|show|export|promote|archive|rollback|history",
    )
    which = "DATASET/VARIANT[/VERSION], or a version's folder"

    leaf = actions.add_parser("list", parents=[common], help="all versions of all models")
    leaf.set_defaults(run=list_models)

    leaf = actions.add_parser("show", parents=[common], help="a model's card and configuration")
    leaf.add_argument("model", metavar="MODEL", help=which)
    leaf.set_defaults(run=show_model)

    leaf = actions.add_parser("export", parents=[common], help="a file that opens without Scanline")
    leaf.add_argument("model", metavar="MODEL", help=which)
    leaf.add_argument("--format", required=True, choices=FORMATS, help="of the file")
    leaf.add_argument("--out", required=True, metavar="FILE", help="ends in .keras or .onnx")
    leaf.set_defaults(run=export_model)

    decisions.add_to(actions, common)


def list_models(args: argparse.Namespace) -> Result:
    """A list of objects, one for each version; see `_summary` for the keys."""
    from diagnosis.models import store

    listed = [_summary(version) for version in store.versions()]
    if not listed:
        return Result([], "There is no model yet: train one with `train DATASET VARIANT`.")
    head = ("model", "version", "active", "parameters", "test n", "test AUC", "test accuracy", "")
    rows: list[tuple[str, ...]] = [head]
    for row in listed:
        test = row["test"] or {"n": None, "auc": None, "accuracy": None}
        rows.append(
            (
                row["model"],
                row["version"],
                "active" if row["active"] else "",
                f"{row['parameters']:,}" if row["parameters"] is not None else "–",
                f"{test['n']:,}" if test["n"] is not None else "–",
                figure(test["auc"]),
                figure(test["accuracy"]),
                row["problem"] or ("shipped" if row["shipped"] else ""),
            )
        )
    return Result(listed, table(rows, right={3, 4}))


def show_model(args: argparse.Namespace) -> Result:
    """One object: what the version is, where, its configuration and its card."""
    from diagnosis.models import store

    version = store.find(args.model)
    payload = {
        "model": version.name,
        "version": version.version,
        "active": _is_active(version),
        "shipped": _is_shipped(version),
        "path": str(version.folder),
        "population": version.population.to_json(),
        "config": version.config.to_json(),
        "card": version.card.to_json(),
    }
    from diagnosis.inference.policy import abstention_rules  # brings SciPy
    from diagnosis.text.outcome import rule_sentences

    return Result(payload, _described(payload, version, rule_sentences(abstention_rules(version))))


def export_model(args: argparse.Namespace) -> Result:
    """One object: the file, its SHA-256, and what goes in and comes out."""
    from diagnosis.models import store

    if Path(args.out).suffix.lower() != f".{args.format}":
        raise InputError(f"The name of the file must end in .{args.format}, not be {args.out!r}.")
    out = writable_file(args.out)
    version = store.find(args.model)

    from diagnosis.models.export import export
    from diagnosis.models.forward import Forward

    with writing(out):
        export(Forward(version), args.format, out)
        digest = store.sha256_of(out)
    config = version.config
    payload = {
        "model": version.name,
        "version": version.version,
        "format": args.format,
        "path": str(out),
        "sha256": digest,
        "bytes": out.stat().st_size,
        "input": {
            "name": "sequence",
            "shape": [None, config.encoder.length, config.encoder.features],
            "encoder": config.encoder.to_json(),
        },
        "output": {"name": "scores", "classes": list(config.classes)},
    }
    text = (
        f"{version.name}, version {version.version}: {out}\n"
        f"From sequences (batch, {config.encoder.length}, {config.encoder.features}), "
        f"prepared as `models show` says, to scores of {', '.join(config.classes)}. The scores are "
        f"not calibrated.\n\n{version.card.intended_use}"
    )
    return Result(payload, text)


def _summary(version: "Version") -> dict[str, Any]:
    """One version in short; where it cannot be read, ``problem`` says so and the rest is null."""
    row: dict[str, Any] = {
        "model": version.name,
        "version": version.version,
        "active": _is_active(version),
        "dataset": version.dataset,
        "variant": version.variant,
        "created": None,
        "parameters": None,
        "shipped": _is_shipped(version),
        "test": None,
        "problem": None,
    }
    try:
        card = version.card
    except InputError as error:
        return row | {"problem": str(error)}
    test = card.metrics.test.to_json()
    return row | {
        "created": card.created.isoformat(),
        "parameters": card.parameters,
        "test": {name: test[name] for name in ("n", "auc", "accuracy")},
    }


def _is_active(version: "Version") -> bool:
    from diagnosis.models import store

    active = store.active(version.name)
    return active is not None and active.folder == version.folder


def _is_shipped(version: "Version") -> bool:
    from diagnosis.models import store

    return version.folder.is_relative_to(store.SHIPPED)


def _described(show: dict[str, Any], version: "Version", abstained: list[str]) -> str:
    config, card = version.config, version.card
    data, training = card.dataset, card.training
    counts = ", ".join(f"{split} {n:,}" for split, n in data.counts.items())
    layers = ", ".join(map(str, config.units))
    rows: list[tuple[str, ...]] = [
        ("version", show["version"] + (", active" if show["active"] else "")),
        ("for", version.population.sentence),
        ("created", moment(card.created)),
        ("folder", show["path"]),
        ("task", f"{config.task}: {', '.join(config.classes)}"),
        ("units", f"{layers}; {card.parameters:,} parameters"),
        ("data set", data.name + (" (synthetic)" if data.synthetic else "") + f": {counts}"),
        ("", f"SHA-256 {data.sha256}"),
        ("licence", data.licence),
        *(("", note) for note in data.notes),
        (
            "training",
            f"epoch {training.best_epoch} of {training.epochs_run} was the best, "
            f"{training.seconds} s, seed {training.seed}",
        ),
        ("calibration", card.calibration.method),
        ("predicted", card.threshold_rule),
        *(("" if index else "abstains", words) for index, words in enumerate(abstained)),
        *(("limits" if not index else "", words) for index, words in enumerate(card.limits)),
    ]
    test = card.metrics.test
    return (
        f"{show['model']}\n\n{table(rows)}\n\n"
        f"Test split of {data.name}, n = {test.n:,}, measured {day(card.created)}:\n"
        + "\n".join(
            [table(figure_rows(test.estimates)), *extent_sentences(card.extent, test.estimates)]
        )
        + f"\n\n{card.intended_use}"
    )
