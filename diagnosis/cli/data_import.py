"""``data import`` and ``data remove``: a person's own labelled images as a data set, and away with it."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from diagnosis.cli.parser import Parser
from diagnosis.cli.result import Result, table
from diagnosis.core.errors import InputError
from diagnosis.core.paths import typed

if TYPE_CHECKING:  # reading pictures brings what is slow to import
    from diagnosis.datasets.importing import ImportReport


def add_to(actions: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Add both to ``data``; ``common`` is the parent parser with the options of every command."""
    leaf = actions.add_parser(
        "import",
        parents=[common],
        help="make a set of your own labelled images",
        options=_add_options,
    )
    leaf.add_argument(
        "source",
        metavar="SOURCE",
        help="a folder or ZIP of one folder for each class, an NPZ in MedMNIST's layout, or a list "
        "(CSV, Excel) with its files beside it",
    )
    leaf.add_argument(
        "--manifest",
        metavar="FILE",
        help="a list (CSV, Excel) with columns file, label and, if known, patient and split",
    )
    leaf.add_argument("--name", help="of the new set; needed unless --check")
    leaf.add_argument(
        "--keep-originals",
        action="store_true",
        help="also keep the decoded pixels at full size, without the files' headers and names",
    )
    leaf.add_argument("--check", action="store_true", help="only report; store nothing")
    leaf.set_defaults(run=import_set)

    leaf = actions.add_parser("remove", parents=[common], help="delete an imported set")
    leaf.add_argument("name", help="of an imported set")
    leaf.set_defaults(run=remove_set)


def _add_options(leaf: Parser) -> None:
    """What a person may choose; called only when ``data import`` is used."""
    from diagnosis.core.settings import flag, parameter
    from diagnosis.datasets.import_options import Options

    for name in Options.model_fields:
        leaf.add_argument(flag(name), **parameter(Options, name).option())


def import_set(args: argparse.Namespace) -> Result:
    """One object: ``name``, ``path``, ``sha256`` of what was stored (null after --check), and ``report``."""
    if args.name is None and not args.check:
        raise InputError(
            "Give the set a name with --name, or look at the report only with --check."
        )
    from diagnosis.datasets.imported import imported_card
    from diagnosis.datasets.importing import Options, check_name, open_source, prepare, store

    if args.name is not None:
        check_name(args.name)
    options = Options(
        **{name: getattr(args, name) for name in Options.model_fields if hasattr(args, name)}
    )
    manifest = None if args.manifest is None else typed(args.manifest)
    with open_source(typed(args.source), manifest) as source, _bar() as bar:
        prepared = prepare(source, options, progress=bar)
        report = prepared.report
        payload: dict[str, Any] = {"name": None, "path": None, "sha256": None}
        if not args.check:
            folder = store(prepared, args.name, options, keep_originals=args.keep_originals)
            sha256 = imported_card(args.name)["sha256"]
            payload = {"name": args.name, "path": str(folder), "sha256": sha256}
    payload["report"] = report.to_json()
    return Result(payload, _described(report, payload))


def remove_set(args: argparse.Namespace) -> Result:
    """One object: the name and the folder of the set that is gone."""
    from diagnosis.datasets.importing import remove

    folder = remove(args.name)
    text = f"{args.name} is removed. Models that were trained on it stay."
    return Result({"name": args.name, "path": str(folder)}, text)


class _bar:  # noqa: N801 - a context manager, used like a function
    """A progress bar on a terminal's standard error, moved by how many pictures were read."""

    def __enter__(self) -> "_bar":
        from tqdm import tqdm

        self._bar = tqdm(unit="picture", disable=None, leave=False, file=sys.stderr)
        return self

    def __call__(self, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def __exit__(self, *_: object) -> None:
        self._bar.close()


def _described(report: "ImportReport", payload: dict[str, Any]) -> str:
    kind = "colour" if report.channels == 3 else "grey"
    lines = [
        f"{report.kind[:1].upper()}{report.kind[1:]}: {report.found:,} pictures, of which {report.usable:,} "
        f"can be stored as {kind} images of {report.size} × {report.size}."
    ]
    for finding in report.findings:
        lines.append(f"{finding.level.capitalize()}: {finding.described()}")
    if report.counts:
        rows: list[tuple[str, ...]] = [("class", *report.counts)]
        for index, name in enumerate(report.classes):
            rows.append((name, *(f"{counts[index]:,}" for counts in report.counts.values())))
        if report.patients is not None:
            rows.append(("(patients)", *(f"{n:,}" for n in report.patients.values())))
        lines += [report.split_rule, "", table(rows, right={1, 2, 3}), ""]
    if report.finding is not None:
        (other,) = set(report.classes) - {report.finding}
        lines.append(
            f"The finding, of which sensitivity speaks: {report.finding} (--finding chooses {other})."
        )
    if payload["name"]:
        lines.append(f"Stored in {payload['path']}. Train on it: train {payload['name']} lstm")
    elif report.ok:
        lines.append("It can be stored: give it a --name and leave --check out.")
    else:
        without = " without --skip-unreadable" if report.in_the_way else ""
        lines.append(f"It cannot be stored as it is{without}.")
    return "\n".join(lines)
