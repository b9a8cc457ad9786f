"""``python -m diagnosis train``: from a data set and a variant to a measured model version."""

import argparse
import sys
import time
import typing
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diagnosis.commands.answer import Answer
from diagnosis.commands.output import writable_folder
from diagnosis.commands.parser import Parser
from diagnosis.commands.table import table
from diagnosis.datasets import Dataset, catalogue, load
from diagnosis.datasets.measurable import check_measurable
from diagnosis.errors import InputError
from diagnosis.intended_use import IN_SHORT
from diagnosis.models.variants import VARIANTS, Variant, variant
from diagnosis.places import typed

if TYPE_CHECKING:
    from diagnosis.models.store import Version
    from diagnosis.runs.plan import Plan
    from diagnosis.runs.record import Run
    from diagnosis.training.config import TrainingConfig

BEGAN = time.time()  # of the command: what the start of a training costs is counted from here

# What each option says about itself; its type and default come from the configuration.
TRAINING = {
    "epochs": "at most this many; early stopping usually ends sooner",
    "batch_size": "scans in a batch",
    "learning_rate": "at the start",
    "optimizer": "adam or adamw",
    "weight_decay": "for adamw",
    "schedule": "how the learning rate falls",
    "clip_norm": "largest norm of the whole gradient; 0 for no limit",
    "patience": "epochs without a better validation loss before stopping; 0 never stops early",
    "balanced": "weigh classes inversely to their frequency",
    "seed": "of the first weights, the shuffle and the augmentation",
    "mixed_precision": "float16 arithmetic with float32 weights: for GPUs",
}
AUGMENTATION = {
    "shift": "of the side",
    "rotate": "degrees",
    "scale": "of the size",
    "flip": "mirror half of the scans left to right, where the data set allows it",
    "intensity": "of contrast, and of the grey range for brightness",
    "noise": "standard deviation, of the grey range",
}
MODEL = {
    "recurrent_dropout": "share of the state that is dropped",
    "reset_after": "GRU: Keras' and cuDNN's form; without it that of Cho et al. (2014)",
    "padded": "mask padding, for sequences of unequal lengths",
}
PREPARATION = {
    "order": "how a scan is read",
    "standardise": "zero mean and unit variance for each scan",
}
USUAL = {"dropout": float, "dense": int}  # as MODEL, but each variant has its own default


def add_to(commands: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Add ``train``; ``common`` is the parent parser with the options of every command."""
    leaf = commands.add_parser(
        "train", parents=[common], help="train a variant on a data set", options=_add_options
    )
    leaf.add_argument("dataset", metavar="DATASET", help="a name from `data list`, or an NPZ file")
    leaf.add_argument("variant", metavar="VARIANT", help=f"one of {', '.join(VARIANTS)}")
    leaf.add_argument("--size", type=int, help="pixels along each side, where there is a choice")
    leaf.add_argument("--out", metavar="FOLDER", help="keep the version here, not with your models")
    leaf.add_argument("--device", choices=("auto", "cpu", "gpu"), default="auto", help="where")
    leaf.add_argument(
        "--devices", type=int, default=1, help="share each batch between several devices (JAX)"
    )
    leaf.add_argument("--by", metavar="NAME", default="", help="who asks for it, for the record")
    leaf.add_argument("--why", metavar="TEXT", default="", help="what for, for the record")
    leaf.add_argument("--probe", action="store_true", help="only measure how long it would take")
    leaf.add_argument("--run", metavar="ID", dest="run_id", help=argparse.SUPPRESS)
    leaf.set_defaults(run=train)


def train(args: argparse.Namespace) -> Answer:
    """One object: the run, what was trained, where it is, and its test figures; or how long it would take."""
    plan = _plan(args)
    dataset = load(plan.dataset, size=plan.size, progress=sys.stderr.isatty())
    _check_size(dataset, args.size)
    _check_flip(dataset, plan.training)
    plan.config(dataset)  # what the set does not allow is said before anything is recorded
    for split in ("val", "test"):
        check_measurable(dataset, split)
    if args.probe:
        return _probed(plan, dataset)

    from diagnosis.runs import record

    return seen_through(args.run_id or record.create(plan), plan.training.epochs)


def _probed(plan: "Plan", dataset: Dataset) -> Answer:
    """One object: seconds of an epoch, of the start, of all; parameters."""
    from diagnosis.runs import probe

    found = probe.measure(plan, dataset, began=BEGAN)
    return Answer(
        probe.to_json(found),
        f"About {found.seconds_per_epoch:.1f} s an epoch, {found.total_seconds:.0f} s for all "
        f"{plan.training.epochs} if validation does not end it sooner; {found.parameters:,} parameters.",
    )


def seen_through(run_id: str, epochs: int) -> Answer:
    """See a run to its end, with a progress bar, and answer what came of it.

    Raises:
        InputError: nothing came of it; the sentence says why.
        KeyboardInterrupt: it was stopped by Ctrl-C.
    """
    from diagnosis.models.store import Version
    from diagnosis.runs.supervise import supervise

    with _bar(epochs) as watch:
        ending = supervise(run_id, watch=watch)
    if ending.folder is None:
        raise InputError(ending.sentence)
    payload = _payload(run_id, ending.state, Version(Path(ending.folder)))
    return Answer(payload, f"{ending.sentence}\n{_described(payload)}\n\n{IN_SHORT}")


def _plan(args: argparse.Namespace) -> "Plan":
    from diagnosis.runs.plan import Plan

    kind = variant(args.variant)
    given = typed(args.dataset)
    return Plan(
        dataset=str(given.resolve()) if given.suffix and given.exists() else args.dataset,
        variant=kind.name,
        size=args.size or 28,
        units=_units(args.units, args.layers, kind),
        options=_given(args, MODEL | PREPARATION | USUAL),
        training=_recipe(args),
        device=args.device,
        devices=args.devices,
        by=args.by,
        why=args.why,
        out=None if args.out is None else str(writable_folder(args.out).resolve()),
    )


def _add_options(leaf: Parser) -> None:
    """The options that the configurations define; called only when ``train`` is used."""
    from diagnosis.models.config import ModelConfig
    from diagnosis.sequences import Augmentation, Preparation
    from diagnosis.training.config import TrainingConfig

    group = leaf.add_argument_group("training")
    _add_fields(group, TrainingConfig, TRAINING)
    group = leaf.add_argument_group("augmentation: how far a training scan is changed")
    group.add_argument("--no-augmentation", action="store_true", help="change nothing")
    _add_fields(group, Augmentation, AUGMENTATION)
    group = leaf.add_argument_group("model")
    group.add_argument(
        "--units",
        help="hidden units of each layer (of a CNN: filters), such as 128 or 64,64 "
        "(default: the variant's)",
    )
    group.add_argument("--layers", type=int, help="repeat the units for this many layers")
    for name, kind in USUAL.items():
        about = {
            "dropout": "of each layer's output",
            "dense": "hidden dense units before the answer",
        }
        group.add_argument(
            _flag(name),
            type=kind,
            default=argparse.SUPPRESS,
            help=f"{about[name]} (default: the variant's)",
        )
    _add_fields(group, ModelConfig, MODEL)
    _add_fields(group, Preparation, PREPARATION)


def _add_fields(group: argparse._ArgumentGroup, config: type, about: dict[str, str]) -> None:
    """One option for each field in ``about``; not in the namespace unless it is given."""
    types = typing.get_type_hints(config)
    defaults = {field.name: field.default for field in fields(config)}
    for name, words in about.items():
        kind, default = types[name], defaults[name]
        options: dict[str, Any] = {"type": kind}
        if kind is bool:
            options = {"action": argparse.BooleanOptionalAction}
        elif choices := typing.get_args(kind):
            options = {"choices": choices}
        shown = (
            ("on" if default else "off")
            if kind is bool
            else f"{default:g}"
            if kind is float
            else default
        )
        group.add_argument(
            _flag(name), default=argparse.SUPPRESS, help=f"{words} (default {shown})", **options
        )


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _given(args: argparse.Namespace, names: Any) -> dict[str, Any]:
    return {name: getattr(args, name) for name in names if hasattr(args, name)}


def _recipe(args: argparse.Namespace) -> "TrainingConfig":
    from diagnosis.sequences import Augmentation
    from diagnosis.training.config import TrainingConfig

    changes = _given(args, AUGMENTATION)
    if args.no_augmentation and changes:
        raise InputError(
            f"--no-augmentation and {_flag(next(iter(changes)))} exclude each other: leave one out."
        )
    augmentation = None if args.no_augmentation else replace(Augmentation(), **changes)
    return TrainingConfig(augmentation=augmentation, **_given(args, TRAINING))


def _units(text: str | None, layers: int | None, kind: Variant) -> tuple[int, ...] | None:
    """Units of each layer, one number being repeated for ``layers``; None for the variant's own."""
    if text is None and layers is None:
        return None
    units = kind.units
    if text is not None:
        parts = text.split(",")
        if not all(part.strip().isdecimal() for part in parts):
            raise InputError(f"--units must be whole numbers such as 128 or 64,64, not {text!r}.")
        units = tuple(int(part) for part in parts)
    if layers is None:
        return units
    if not 1 <= layers <= 8:
        raise InputError(f"--layers must be 1 to 8, not {layers}.")
    if len(set(units)) > 1 or (text is not None and len(units) > 1):
        raise InputError(
            f"--layers repeats one number of units, not {','.join(map(str, units))}: "
            "give a single number to --units, or leave --layers out."
        )
    return units[:1] * layers


def _check_size(dataset: Dataset, size: int | None) -> None:
    if size is not None and size != dataset.size:
        raise InputError(
            f"{dataset.facts.title} has scans of {dataset.size} pixels a side, not {size}: "
            "leave --size out."
        )


def _check_flip(dataset: Dataset, recipe: "TrainingConfig") -> None:
    facts = dataset.facts
    flips = recipe.augmentation is not None and recipe.augmentation.flip
    if flips and not facts.flip and facts.name in catalogue():  # of one's own sets nothing is known
        raise InputError(
            f"A mirrored scan of {facts.title} would not be a plausible one: leave --flip out."
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
    measured = dict(card["metrics"]["test"])
    return {
        "run": run_id,
        "state": state,
        "model": version.name,
        "version": version.version,
        "path": str(version.folder),
        "active": current is not None and current.folder == version.folder,
        "seconds": card["training"]["seconds"],
        "epochs": card["training"]["epochs_run"],
        "best_epoch": card["training"]["best_epoch"],
        "parameters": card["parameters"],
        "split": "test",
        "n": measured.pop("n"),
        "metrics": measured,
        "notes": card["dataset"]["notes"],
    }


def _described(payload: dict[str, Any]) -> str:
    from diagnosis.commands.figures import figure_rows

    name, version = payload["model"], payload["version"]
    lines = [
        f"{name}, version {version}, trained in {payload['seconds']} s; "
        f"{payload['parameters']:,} parameters.",
        f"Kept in {payload['path']}",
        f"It is a candidate. To use it: models activate {name}/{version} --why '...'",
        *(f"Note: {note}" for note in payload["notes"]),
        "",
        f"Test split, n = {payload['n']:,}:",
        table(figure_rows(payload["metrics"])),
    ]
    return "\n".join(lines)
