"""``python -m diagnosis audit``: what was read on this machine, and whether the record of it is whole."""

import argparse
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from diagnosis.cli.output import writable_file, writing
from diagnosis.cli.result import Answer
from diagnosis.cli.table import table
from diagnosis.core import inert
from diagnosis.core.errors import InputError

if TYPE_CHECKING:
    from diagnosis.audit import Entry, Recorded


def add_to(commands: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Add ``audit list``, ``check`` and ``export``."""
    parser = commands.add_parser("audit", help="what was read here: list, check, export")
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|check|export")
    leaf = actions.add_parser("list", parents=[common], help="the latest lines of the audit trail")
    leaf.add_argument("--limit", type=int, default=50, help="at most so many (default 50)")
    leaf.add_argument("--case", metavar="SHA256", help="of one case; the beginning will do")
    leaf.set_defaults(run=list_lines)
    leaf = actions.add_parser(
        "check", parents=[common], help="see that nothing was changed after it was written"
    )
    leaf.add_argument("--line", type=int, metavar="NUMBER", help="and that this line is the one …")
    leaf.add_argument("--seal", metavar="SHA256", help="… that had this seal, as a report says")
    leaf.set_defaults(run=check_log)
    leaf = actions.add_parser("export", parents=[common], help="write all lines to a table")
    leaf.add_argument("--out", required=True, metavar="TABLE.csv", help="where to")
    leaf.set_defaults(run=export)


def enter(lines: Iterable["Entry"]) -> list["Recorded"]:
    """Enter what a command answers. Where that fails the answer is given all the same, and a sentence."""
    from diagnosis.audit import AuditError, append

    try:
        return append(lines)
    except AuditError as error:
        print(inert.terminal(str(error)), file=sys.stderr)
        return []


def list_lines(args: argparse.Namespace) -> Answer:
    """A list of objects, one for each line, newest first."""
    from diagnosis.audit import entries

    if args.limit < 1:
        raise InputError(f"--limit must be 1 or more, not {args.limit}.")
    found = entries(args.limit if args.case is None else None)
    if args.case is not None:
        of_case = [each for each in found if each.entry.case.startswith(args.case.lower())]
        found = of_case[: args.limit]
    if not found:
        return Answer([], "There is no such line: nothing was read here yet, or another case.")
    rows: list[tuple[str, ...]] = [
        ("line", "time (UTC)", "action", "by", "case", "model", "answer", "reading", "comment")
    ]
    rows += [_row(each) for each in found]
    return Answer([_payload(each) for each in found], table(rows, right={0}))


def check_log(args: argparse.Namespace) -> Answer:
    """One object: ``lines``, ``whole``, the ``seal`` of the last line, lines ``cut_short`` and ``recovered``.

    Raises:
        InputError: the trail was changed, or the line is not the one that was written.
    """
    from diagnosis.audit import Receipt, check, holds

    if (args.line is None) != (args.seal is None):
        raise InputError("--line and --seal belong together: give both, or neither.")
    found = check()
    if not found.whole:
        raise InputError(found.sentence)
    said = found.sentence
    if args.line is not None:
        if not holds(Receipt(args.line, args.seal.lower())):
            raise InputError(
                f"Line {args.line} of the audit trail is not the one that had that seal: the trail was "
                "written anew, or it is another one. Look for a copy of the file from before."
            )
        said += f" Line {args.line:,} is the one that had that seal."
    payload = {
        "lines": found.lines,
        "whole": True,
        "seal": found.seal,
        "cut_short": list(found.cut_short),  # by a full disk or a power failure, as they were left
        "recovered": list(found.recovered),  # these lines say that such a one was taken away
    }
    return Answer(payload, f"{said}\n{found.seal}" if found.lines else said)


def export(args: argparse.Namespace) -> Answer:
    """One object: where the table is, and how many lines it has."""
    from diagnosis.audit import entries, spreadsheet

    out = writable_file(args.out)
    if out.suffix != ".csv":  # the trail itself is none, so it cannot be written over
        raise InputError(f"The table's name must end in .csv, not {out.name[:40]!r}.")
    found = entries()
    with writing(out):
        out.write_bytes(spreadsheet.table(found))
    return Answer({"table": str(out), "lines": len(found)}, f"{len(found):,} lines in {out}")


def _row(recorded: "Recorded") -> tuple[str, ...]:
    entry = recorded.entry
    return (
        str(recorded.receipt.number),
        f"{recorded.time:%Y-%m-%d %H:%M:%S}",
        entry.action,
        entry.by,
        entry.case[:12],
        entry.model or "",
        ", ".join(entry.prediction) if entry.prediction else entry.outcome or "",
        ", ".join(entry.read or ()),
        " ".join(entry.comment.split())[:60],
    )


def _payload(recorded: "Recorded") -> dict[str, Any]:
    return {
        "line": recorded.receipt.number,
        "seal": recorded.receipt.seal,
        "time": recorded.time.isoformat(timespec="milliseconds"),
        **recorded.entry.to_json(),
    }
