"""``python -m diagnosis train``: from a data set and a variant to a measured model version."""

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diagnosis.cli.output import writable_folder
from diagnosis.cli.parser import Parser
from diagnosis.cli.result import Result, table
from diagnosis.core.errors import InputError
from diagnosis.core.intended_use import IN_SHORT
from diagnosis.core.paths import typed
from diagnosis.datasets import Dataset, load
from diagnosis.models.variants import VARIANTS, Variant, variant

if TYPE_CHECKING:
    from diagnosis.core.settings import Parameter
    from diagnosis.jobs.plan import Plan
    from diagnosis.jobs.record import Run
    from diagnosis.models.store import Version
    from diagnosis.training.config import TrainingConfig

BEGAN = time.time()  # of the command: what the start of a training costs is counted from here
OWN = ("size", "device", "devices", "by", "why")  # options that a plan has itself


def add_to(commands: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Add ``train``; ``common`` is the parent parser with the options of every command."""
    leaf = commands.add_parser(
        "train", parents=[common], help="train a variant on a data set", options=_add_options
    )
    leaf.add_argument("dataset", metavar="DATASET", help="a name from `data list`, or an NPZ file")
    leaf.add_argument("variant", metavar="VARIANT", help=f"one of {', '.join(VARIANTS)}")
    leaf.add_argument("--out", metavar="FOLDER", help="keep the version here, not with your models")
    leaf.add_argument("--probe", action="store_true", help="only measure how long it would take")
    leaf.set_defaults(run=train)


def train(args: argparse.Namespace) -> Result:
    """One object: the run, what was trained, where it is, and its test figures; or how long it would take."""
    plan = _plan(args)
    dataset = load(plan.dataset, size=plan.size, progress=sys.stderr.isatty())
    _check_size(dataset, getattr(args, "size", None))
    plan.checked(dataset)  # what the set does not allow is said before anything is recorded
    if args.probe:
        return _probed(plan, dataset)

    from diagnosis.jobs import record

    return seen_through(record.create(plan), plan.training.epochs)


def _probed(plan: "Plan", dataset: Dataset) -> Result:
    """One object: seconds of an epoch, of the start, of all; parameters."""
    from diagnosis.jobs import probe

    found = probe.measure(plan, dataset, began=BEGAN)
    return Result(
        probe.to_json(found),
        f"About {found.seconds_per_epoch:.1f} s an epoch, {found.total_seconds:.0f} s for all "
        f"{plan.training.epochs} if validation does not end it sooner; {found.parameters:,} parameters.",
    )


def seen_through(run_id: str, epochs: int) -> Result:
    """See a run to its end, with a progress bar, and answer what came of it.

    Raises:
        InputError: nothing came of it; the sentence says why.
        KeyboardInterrupt: it was stopped by Ctrl-C.
    """
    from diagnosis.jobs.supervise import supervise
    from diagnosis.models.store import Version

    with _bar(epochs) as watch:
        ending = supervise(run_id, watch=watch)
    if ending.folder is None:
        raise InputError(ending.sentence)
    payload = _payload(run_id, ending.state, Version(Path(ending.folder)))
    return Result(payload, f"{ending.sentence}\n{_described(payload)}\n\n{IN_SHORT}")


def _plan(args: argparse.Namespace) -> "Plan":
    from diagnosis.jobs.plan import OPTIONS, Plan

    given = typed(args.dataset)
    return Plan(
        dataset=str(given.resolve()) if given.suffix and given.exists() else args.dataset,
        variant=args.variant,
        units=_units(args, variant(args.variant)),
        options=_given(args, OPTIONS),
        training=_recipe(args),
        out=None if args.out is None else str(writable_folder(args.out).resolve()),
        **_given(args, OWN),
    )


def _add_options(leaf: Parser) -> None:
    """The options that the configurations define; called only when ``train`` is used."""
    from diagnosis.core.settings import flag, parameter
    from diagnosis.jobs.plan import OPTIONS, Plan
    from diagnosis.models.config import LAYERS
    from diagnosis.sequences import Augmentation
    from diagnosis.training.config import TrainingConfig

    def add(group: argparse._ActionsContainer, *parameters: "Parameter") -> None:
        for each in parameters:
            group.add_argument(flag(each.name), **each.option())

    add(leaf, *(parameter(Plan, name) for name in OWN))
    recipe = (name for name in TrainingConfig.model_fields if name != "augmentation")
    add(leaf.add_argument_group("training"), *(parameter(TrainingConfig, name) for name in recipe))
    group = leaf.add_argument_group("augmentation: how far a training scan is changed")
    group.add_argument("--no-augmentation", action="store_true", help="change nothing")
    group.add_argument(
        "--strong",
        action="store_true",
        help="far, for scans of other machines (docs/calibration.md)",
    )
    add(group, *(parameter(Augmentation, name) for name in Augmentation.model_fields))
    of_variant = [parameter(Plan, "units"), *(OPTIONS[name] for name in ("dropout", "dense"))]
    group = leaf.add_argument_group("model")
    add(group, *(replace(each, default="the variant's") for each in of_variant), LAYERS)
    add(group, *(each for each in OPTIONS.values() if each not in of_variant))


def _given(args: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(args, name) for name in names if hasattr(args, name)}


def _recipe(args: argparse.Namespace) -> "TrainingConfig":
    from diagnosis.core.settings import flag
    from diagnosis.sequences import STRONG, Augmentation
    from diagnosis.training.config import TrainingConfig

    changes = _given(args, Augmentation.model_fields)
    if args.no_augmentation and changes:
        raise InputError(
            f"--no-augmentation and {flag(next(iter(changes)))} exclude each other: leave one out."
        )
    if args.no_augmentation and args.strong:
        raise InputError("--no-augmentation and --strong exclude each other: leave one out.")
    usual = STRONG if args.strong else Augmentation()
    augmentation = None if args.no_augmentation else usual.changed(**changes)
    return TrainingConfig(augmentation=augmentation, **_given(args, TrainingConfig.model_fields))


def _units(args: argparse.Namespace, kind: Variant) -> tuple[int, ...] | None:
    """Units of each layer, one number being repeated for ``--layers``; None for the variant's own."""
    given: tuple[int, ...] | None = getattr(args, "units", None)
    if not hasattr(args, "layers"):
        return given
    units = kind.units if given is None else given
    if len(set(units)) > 1 or len(given or ()) > 1:
        raise InputError(
            f"--layers repeats one number of units, not {','.join(map(str, units))}: "
            "give a single number to --units, or leave --layers out."
        )
    return units[:1] * args.layers


def _check_size(dataset: Dataset, size: int | None) -> None:
    if size is not None and size != dataset.size:
        raise InputError(
            f"{dataset.facts.title} has scans of {dataset.size} pixels a side, not {size}: "
            "leave --size out."
        )


class _bar:  # noqa: N801 - a context manager, used like a function
    """A progress bar on a terminal's standard error, moved by what the record of the run says."""

    def __init__(self, epochs: int) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=epochs, unit="epoch", disable=None, leave=False, file=sys.stderr)

    def __enter__(self) -> "Callable[[Run], None]":
        return self._move

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def _move(self, run: "Run") -> None:
        shown = {
            name: f"{run.figures[name]:.4f}" for name in ("loss", "val_loss") if name in run.figures
        }
        self._bar.set_description(run.state, refresh=False)
        self._bar.set_postfix(shown, refresh=False)
        self._bar.update(run.epoch - self._bar.n)


def _payload(run_id: str, state: str, version: "Version") -> dict[str, Any]:
    from diagnosis.models import store

    card, current = version.card, store.active(version.name)
    measured = card.metrics.test.to_json()
    return {
        "run": run_id,
        "state": state,
        "model": version.name,
        "version": version.version,
        "path": str(version.folder),
        "active": current is not None and current.folder == version.folder,
        "seconds": card.training.seconds,
        "epochs": card.training.epochs_run,
        "best_epoch": card.training.best_epoch,
        "parameters": card.parameters,
        "split": "test",
        "n": measured.pop("n"),
        "metrics": measured,
        "notes": list(card.dataset.notes),
    }


def _described(payload: dict[str, Any]) -> str:
    from diagnosis.cli.result import figure_rows

    name, version = payload["model"], payload["version"]
    lines = [
        f"{name}, version {version}, trained in {payload['seconds']} s; "
        f"{payload['parameters']:,} parameters.",
        f"Kept in {payload['path']}",
        f"It is a candidate. To use it: models promote {name}/{version} --why '...'",
        *(f"Note: {note}" for note in payload["notes"]),
        "",
        f"Test split, n = {payload['n']:,}:",
        table(figure_rows(payload["metrics"])),
    ]
    return "\n".join(lines)
