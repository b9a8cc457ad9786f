"""``python -m diagnosis tune``: the search for hidden units, by cross-validation."""

import argparse
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from diagnosis.cli.parser import Parser
from diagnosis.cli.result import Result, table
from diagnosis.core.errors import InputError
from diagnosis.models.variants import VARIANTS, recurrent_variants, variant

if TYPE_CHECKING:
    from optuna import Study

    from diagnosis.tuning.summary import Summary, TrialRow

SHOWN = 10  # trials on a terminal
SPACE = ("units", "layers", "dropout", "learning_rate")
HOW = ("sampler", "folds", "epochs", "batch_size", "seed")
# Options that are part of the plan, which a resumed search has already.
PLANNED = (*SPACE, *HOW, "size", "no_augmentation", "study")


def add_to(commands: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Add ``tune``; ``common`` is the parent parser with the options of every command."""
    leaf = commands.add_parser(
        "tune",
        parents=[common],
        help="search for units, layers, dropout and learning rate",
        options=_add_options,
    )
    leaf.add_argument(
        "dataset", nargs="?", metavar="DATASET", help="a name from `data list`, or an NPZ file"
    )
    leaf.add_argument(
        "variant", nargs="?", metavar="VARIANT",
        help=f"one of {', '.join(recurrent_variants())}",
    )  # fmt: skip
    stored = leaf.add_argument_group("searches that are stored")
    stored.add_argument(
        "--study",
        metavar="NAME",
        default=argparse.SUPPRESS,
        help="name of the search (default: from data set, variant and sampler)",
    )
    only = stored.add_mutually_exclusive_group()
    only.add_argument("--resume", metavar="NAME", help="continue a stored search with its own plan")
    only.add_argument("--show", metavar="NAME", help="what a search has found so far")
    only.add_argument(
        "--stop", metavar="NAME", help="let a running search end after its present folds"
    )
    leaf.set_defaults(run=tune)


def _add_options(leaf: Parser) -> None:
    """The options that the plan defines; called only when ``tune`` is used."""
    from diagnosis.core.settings import flag, parameter
    from diagnosis.tuning.plan import TRIALS, Budget, Plan
    from diagnosis.tuning.space import PARAMETERS, usual

    texts = usual("lstm", "tpe") | {"layers": "as many as the variant has"}
    group = leaf.add_argument_group(
        "what is searched: a list such as 16,32,64, a range such as 16:64, or one value that stays"
    )
    for name, text in texts.items():
        group.add_argument(
            flag(name), default=argparse.SUPPRESS,
            help=f"{PARAMETERS[name].allowed} (default {text})",
        )  # fmt: skip
    group = leaf.add_argument_group("how")
    for name in (*HOW, "size"):
        group.add_argument(flag(name), **parameter(Plan, name).option())
    group.add_argument(
        "--no-augmentation", action="store_true", default=argparse.SUPPRESS, help="change no scan"
    )
    group = leaf.add_argument_group(
        f"how long (default: {TRIALS} trials, unless --minutes is given)"
    )
    for name in Budget.model_fields:
        group.add_argument(flag(name), **parameter(Budget, name).option())


def tune(args: argparse.Namespace) -> Result:
    """One object: the search, its best setting, all its trials, and the rules of thumb."""
    from diagnosis.tuning import studies
    from diagnosis.tuning.summary import summary

    if args.show or args.stop:
        _alone(args)
        study = studies.find(args.show or args.stop)
        if args.stop:
            studies.ask_to_stop(study)
    else:
        study = _resumed(args) if args.resume else _planned(args)
        _search(study, args)
    found = summary(study)
    failed = found.of("failed")
    if not (args.show or args.stop) and found.best is None and failed:
        raise InputError(f"No trial was completed. {failed[-1].problem or ''}".strip())
    return Result(found.to_json(), _described(found))


def _alone(args: argparse.Namespace) -> None:
    """A stored search is named, not described again."""
    given = [name for name in PLANNED if hasattr(args, name)]
    if args.dataset is not None or given:
        word = args.dataset if args.dataset is not None else f"--{given[0].replace('_', '-')}"
        option = next(f"--{name}" for name in ("resume", "show", "stop") if getattr(args, name))
        raise InputError(f"{option} takes the search as it was planned: leave {word} out.")


def _resumed(args: argparse.Namespace) -> "Study":
    from diagnosis.datasets import load
    from diagnosis.tuning import studies

    _alone(args)
    study = studies.find(args.resume)
    plan = studies.plan_of(study)
    dataset = load(plan.dataset, size=plan.size, download=False)
    return studies.create(plan.changed(sha256=dataset.sha256), dataset, args.resume)


def _planned(args: argparse.Namespace) -> "Study":
    if args.dataset is None or args.variant is None:
        raise InputError(
            "Give a data set and a variant, such as `tune phantoms lstm`, or a stored search with --resume, "
            "--show or --stop."
        )
    from diagnosis.datasets import load
    from diagnosis.datasets.folds import fold_numbers
    from diagnosis.tuning import studies
    from diagnosis.tuning.plan import Plan
    from diagnosis.tuning.space import Space, usual

    kind = variant(args.variant)
    texts = usual(kind.name, getattr(args, "sampler", "tpe"))
    space = Space.read({name: getattr(args, name, text) for name, text in texts.items()})
    options = _given(args, HOW) | {"augmented": not hasattr(args, "no_augmentation")}
    size = getattr(args, "size", None)
    # What is wrong with the options is said before a data set is opened, which takes time.
    Plan(
        dataset=args.dataset, size=size or 28, sha256="", variant=kind.name, space=space, **options
    )
    dataset = load(args.dataset, size=size or 28, progress=sys.stderr.isatty())
    if size is not None and size != dataset.size:
        raise InputError(
            f"{dataset.facts.title} has scans of {dataset.size} pixels a side, not {size}: leave --size out."
        )
    plan = Plan.of(dataset, args.dataset, kind.name, space, **options)
    fold_numbers(dataset, plan.folds, plan.seed)
    return studies.create(plan, dataset, getattr(args, "study", plan.default_name))


def _search(study: "Study", args: argparse.Namespace) -> None:
    from tqdm import tqdm

    from diagnosis.jobs.slots import BUDGET
    from diagnosis.tuning import studies
    from diagnosis.tuning.plan import TRIALS, Budget
    from diagnosis.tuning.search import at_once, search

    budget = Budget(**_given(args, Budget.model_fields))
    if budget.trials is None and budget.minutes is None:
        budget = budget.changed(trials=study.user_attrs.get(studies.TRIALS) or TRIALS)
    if (limit := at_once(budget.workers)) < budget.workers:
        print(
            f"{limit} of {budget.workers} workers: {BUDGET} says how much this machine trains at once.",
            file=sys.stderr,
        )
    with tqdm(total=budget.trials, unit="trial", disable=None, leave=False, file=sys.stderr) as bar:

        def progress(done: int, best: float | None) -> None:
            bar.set_postfix({} if best is None else {"best AUC": f"{best:.4f}"}, refresh=False)
            bar.update(done - bar.n)

        try:
            search(study, **dict(budget), progress=progress)
        except KeyboardInterrupt:
            bar.close()
            print(f"Go on with: tune --resume {study.study_name}", file=sys.stderr)
            raise


def _given(args: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(args, name) for name in names if hasattr(args, name)}


def _described(found: "Summary") -> str:
    from diagnosis.core.intended_use import IN_SHORT

    plan, about = found.plan, found.about
    lines = [
        f"{found.name}: {VARIANTS[plan.variant].title} on {about['title']}"
        + (" (synthetic)" if about["synthetic"] else "")
        + f", {found.done} trials of {plan.folds} folds by {'patient' if about['by_patient'] else 'class'}. "
        + found.sentence
    ]
    best = found.best
    if best is None:
        lines.append("No trial is complete yet.")
    else:
        lines += [
            f"Best, trial {best.number}: {best.setting}: AUC {_score(best)} over the folds "
            "(mean ± standard deviation).",
            f"Train it: train {plan.dataset} {plan.variant} {' '.join(train_words(best))}",
            "",
            table(
                [
                    ("trial", "state", "units", "dropout", "learning rate", "AUC", "parameters"),
                    *_rows(found),
                ],
                {0, 3, 4},
            ),
        ]
    if found.done > SHOWN:
        lines.append(f"The best {SHOWN} of {found.done} trials; --json has all.")
    lines += ["", "Rules of thumb for the units of feed-forward networks:"]
    lines.append(
        table([(rule.name, rule.formula, _units(rule.low, rule.high)) for rule in found.rules], {2})
    )
    return "\n".join([*lines, "", IN_SHORT])


def train_words(trial: "TrialRow") -> list[str]:
    """The options of ``train`` that make a model of a trial's setting."""
    setting = trial.setting
    assert setting is not None
    return [
        *("--units", ",".join(map(str, setting.of_each_layer))),
        *("--dropout", f"{setting.dropout:.3g}", "--learning-rate", f"{setting.learning_rate:.3g}"),
    ]


def _rows(found: "Summary") -> list[tuple[str, ...]]:
    ended = [trial for trial in found.trials if trial.state in ("complete", "pruned", "failed")]
    ended.sort(key=lambda trial: (trial.state != "complete", -(trial.score or 0)))
    return [
        (
            str(trial.number),
            trial.state,
            " + ".join(map(str, trial.setting.of_each_layer)),
            f"{trial.setting.dropout:.3g}",
            f"{trial.setting.learning_rate:.3g}",
            _score(trial),
            f"{trial.folds[0]['parameters']:,}" if trial.folds else "–",
        )
        for trial in ended[:SHOWN]
        if trial.setting is not None
    ]


def _score(trial: "TrialRow") -> str:
    if trial.score is None:
        return "–"
    return f"{trial.score:.4f}" + ("" if trial.spread is None else f" ± {trial.spread:.4f}")


def _units(low: float, high: float) -> str:
    return f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"
