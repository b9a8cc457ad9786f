"""``python -m diagnosis audit``: the audit log of this machine."""

import argparse
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from diagnosis.cli.output import writable_file, writing
from diagnosis.cli.result import Result, table
from diagnosis.core import inert
from diagnosis.core.dates import moment
from diagnosis.core.errors import InputError

if TYPE_CHECKING:
    from diagnosis.audit import Entry, Recorded


def add_to(commands: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Add ``audit list``, ``check`` and ``export``."""
    parser = commands.add_parser("audit", help="the audit log of this machine: list, check, export")
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|check|export")
    leaf = actions.add_parser("list", parents=[common], help="the latest entries")
    leaf.add_argument("--limit", type=int, default=50, help="at most so many (default 50)")
    leaf.add_argument("--case", metavar="SHA256", help="of one case; the beginning will do")
    leaf.set_defaults(run=list_entries)
    leaf = actions.add_parser("check", parents=[common], help="verify that no entry was changed")
    leaf.add_argument("--entry", type=int, metavar="NUMBER", help="also verify this entry …")
    leaf.add_argument(
        "--hash", metavar="SHA256", help="… against this hash, as printed in a report"
    )
    leaf.set_defaults(run=check_log)
    leaf = actions.add_parser("export", parents=[common], help="write all entries to a table")
    leaf.add_argument("--out", required=True, metavar="TABLE.csv", help="where to")
    leaf.set_defaults(run=export)


def record(entries: Iterable["Entry"]) -> list["Recorded"]:
    """Append to the audit log; if that fails, print why and go on."""
    from diagnosis.audit import AuditError, append

    try:
        return append(entries)
    except AuditError as error:
        print(inert.terminal(str(error)), file=sys.stderr)
        return []


def list_entries(args: argparse.Namespace) -> Result:
    """A list of objects, one for each entry, newest first."""
    from diagnosis.audit import entries

    if args.limit < 1:
        raise InputError(f"--limit must be 1 or more, not {args.limit}.")
    found = entries(args.limit if args.case is None else None)
    if args.case is not None:
        of_case = [each for each in found if each.entry.case.startswith(args.case.lower())]
        found = of_case[: args.limit]
    if not found:
        return Result([], "There is no such entry: nothing was read here yet, or another case.")
    rows: list[tuple[str, ...]] = [
        ("entry", "time", "action", "by", "case", "model", "prediction", "read", "comment")
    ]
    rows += [_row(each) for each in found]
    return Result([_payload(each) for each in found], table(rows, right={0}))


def check_log(args: argparse.Namespace) -> Result:
    """One object: ``entries``, ``whole``, the last ``entry_hash``, ``cut_short`` and ``recovered``.

    Raises:
        InputError: the log was changed, or the entry has another hash.
    """
    from diagnosis.audit import Receipt, check, holds
    from diagnosis.text.audit import integrity_sentence

    if (args.entry is None) != (args.hash is None):
        raise InputError("--entry and --hash belong together: give both, or neither.")
    found = check()
    if not found.whole:
        raise InputError(integrity_sentence(found))
    words = integrity_sentence(found)
    if args.entry is not None:
        if not holds(Receipt(args.entry, args.hash.lower())):
            raise InputError(
                f"Entry {args.entry} of the audit log has another hash: the log was rewritten, or it is "
                "another one. Restore a copy of the file from before."
            )
        words += f" Entry {args.entry:,} has that hash."
    payload = {
        "entries": found.entries,
        "whole": True,
        "entry_hash": found.entry_hash,
        "cut_short": list(found.cut_short),
        "recovered": list(found.recovered),
    }
    return Result(payload, f"{words}\n{found.entry_hash}" if found.entries else words)


def export(args: argparse.Namespace) -> Result:
    """One object: where the table is, and how many entries it has."""
    from diagnosis.audit import entries, spreadsheet

    out = writable_file(args.out)
    if out.suffix != ".csv":  # the log itself is none, so it cannot be overwritten
        raise InputError(f"The table's name must end in .csv, not {out.name[:40]!r}.")
    found = entries()
    with writing(out):
        out.write_bytes(spreadsheet.table(found))
    return Result({"table": str(out), "entries": len(found)}, f"{len(found):,} entries in {out}")


def _row(recorded: "Recorded") -> tuple[str, ...]:
    entry = recorded.entry
    return (
        str(recorded.receipt.number),
        moment(recorded.time),
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
        "number": recorded.receipt.number,
        "entry_hash": recorded.receipt.entry_hash,
        "time": recorded.time.isoformat(timespec="milliseconds"),
        **recorded.entry.to_json(),
    }
