"""``models promote``, ``archive``, ``rollback``, ``history``: decisions about versions, by whom and why."""

import argparse
import getpass
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

from diagnosis.cli.output import writing
from diagnosis.cli.result import Result, table
from diagnosis.core.dates import moment
from diagnosis.core.errors import InputError

if TYPE_CHECKING:
    from diagnosis.models.store import Version
    from diagnosis.registry.decision import Decision


def add_to(actions: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Add them to the actions of ``models``; ``common`` has the options of every command."""
    reasons = argparse.ArgumentParser(add_help=False)
    reasons.add_argument("--by", help="who decides: a name or initials (default: your login name)")
    reasons.add_argument("--why", required=True, help="the reason; it stays in the history")
    which = "a version from `models list`"

    leaf = actions.add_parser(
        "promote", parents=[common, reasons], help="make a version the active one"
    )
    leaf.add_argument("model", metavar="MODEL/VERSION", help=which)
    leaf.set_defaults(run=promote)

    leaf = actions.add_parser("archive", parents=[common, reasons], help="delete a version's files")
    leaf.add_argument("model", metavar="MODEL/VERSION", help=which)
    leaf.set_defaults(run=archive)

    leaf = actions.add_parser(
        "rollback",
        parents=[common, reasons],
        help="promote the version again that was active before",
    )
    leaf.add_argument("model", metavar="MODEL", help="DATASET/VARIANT")
    leaf.set_defaults(run=roll_back)

    leaf = actions.add_parser("history", parents=[common], help="all decisions about a model")
    leaf.add_argument("model", metavar="MODEL", help="DATASET/VARIANT")
    leaf.set_defaults(run=history)


def promote(args: argparse.Namespace) -> Result:
    """One object: what is active now, what was before, and the decision."""
    from diagnosis.registry import registry

    version = _known(args.model)
    with writing(version.folder):
        decision = registry.promote(version.name, version.version, by=_who(args), why=args.why)
    return _promoted(version.name, decision)


def archive(args: argparse.Namespace) -> Result:
    """One object: what was archived, and the decision."""
    from diagnosis.registry import registry

    version = _known(args.model)
    with writing(version.folder):
        decision = registry.archive(version.name, version.version, by=_who(args), why=args.why)
    return Result(
        _payload(version.name, decision),
        f"Version {version.version} of {version.name} is archived: its files are deleted, its record stays.",
    )


def roll_back(args: argparse.Namespace) -> Result:
    """One object, as of `promote`."""
    from diagnosis.models import store
    from diagnosis.registry import registry

    here = {version.version for version in store.versions(args.model)}
    if not here:
        store.find(args.model)  # says what there is
    active = store.active(args.model)
    others = here - {active.version if active else None}
    promotions = [each for each in registry.history(args.model) if each.promotes]
    before = next((each.before for each in promotions if each.before in others), None)
    if before is None:
        raise InputError(
            f"No version of {args.model} was active before the one that is now: see `models list`."
        )
    with writing(store.own_models()):
        decision = registry.promote(args.model, before, by=_who(args), why=args.why)
    return _promoted(args.model, decision)


def history(args: argparse.Namespace) -> Result:
    """A list of objects, one for each decision, the newest first."""
    from diagnosis.models import store
    from diagnosis.registry import registry

    if not store.versions(args.model):
        store.find(args.model)  # says what there is
    decisions = registry.history(args.model) if registry.known() else []
    for question in registry.questions(args.model) if registry.known() else []:
        print(question, file=sys.stderr)
    listed = [_payload(args.model, decision) for decision in decisions]
    if not listed:
        return Result([], f"Nothing has been decided about {args.model}.")
    head = ("when", "decision", "version", "active before", "by", "why")
    rows = [
        (
            moment(datetime.fromisoformat(each["when"])),
            each["action"],
            each["version"],
            each["before"] or "–",
            each["by"],
            each["why"],
        )
        for each in listed
    ]
    return Result(listed, table([head, *rows]))


def _known(model: str) -> "Version":
    """A version among the models of Scanline.

    Raises:
        InputError: there is none of that name, or it is in a folder of its own.
    """
    from diagnosis.models import store

    version = store.find(model)
    if (version.name, version.version) not in {(v.name, v.version) for v in store.versions()}:
        raise InputError(
            f"{model} is not among the models of `models list`: read it by its folder instead."
        )
    return version


def _who(args: argparse.Namespace) -> str:
    """The name in ``--by``, else the login name.

    Raises:
        InputError: the system does not know it.
    """
    if args.by is not None:
        return args.by
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:
        raise InputError("Your login name is not known: say who decides with --by.") from error


def _promoted(model: str, decision: "Decision") -> Result:
    before = "" if decision.before is None else f" It was {decision.before}."
    return Result(
        _payload(model, decision) | {"active": True, "previous": decision.before},
        f"The active version of {model} is {decision.version}.{before}",
    )


def _payload(model: str, decision: "Decision") -> dict[str, Any]:
    return {
        "model": model,
        "version": decision.version,
        "action": decision.action,
        "before": decision.before,
        "by": decision.by,
        "when": decision.when.isoformat(timespec="seconds"),
        "why": decision.why,
    }
