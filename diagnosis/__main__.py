"""The command line, ``python -m diagnosis``: everything the pages do, without a browser."""

import errno
import os
import sys
from collections.abc import Sequence

from diagnosis import __version__
from diagnosis.cli import (
    audit,
    compare,
    data,
    evaluate,
    features,
    models,
    read,
    runs,
    scan,
    train,
    tune,
)
from diagnosis.cli.parser import Parser
from diagnosis.cli.result import Result
from diagnosis.core import inert, strict_json
from diagnosis.core.errors import InputError
from diagnosis.core.private_files import keep_private

BAD_INPUT, INTERRUPTED, BROKEN_PIPE = (
    2,
    130,
    141,
)  # the last two: 128 + the signal, as shells have it
# What the person who runs the machine can put right: full, read-only or broken disks, permissions.
OF_THE_MACHINE = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS),
    *(errno.EACCES, errno.EPERM, errno.EIO, errno.ENOTDIR),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: its words, without the program's name; of this process by default.

    Returns:
        The exit code: 0, 2 for what a person can put right (one sentence on standard error and
        nothing on standard output), 130 after Ctrl-C, 141 if the reader of the output is gone.
    """
    try:
        keep_private()
        args = parser().parse_args(argv)
        result: Result = args.run(args)
        _print(strict_json.dumps(result.payload) if args.json else result.text)
    except InputError as error:
        print(inert.terminal(str(error)), file=sys.stderr)
        return BAD_INPUT
    except OSError as error:
        if isinstance(
            error, BrokenPipeError
        ):  # such as `| head`; what is buffered must not fail at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return BROKEN_PIPE
        if error.errno not in OF_THE_MACHINE:
            raise
        where = f" ({error.filename})" if error.filename else ""
        print(
            f"{error.strerror}{where}: see that there is room on the disk and that Scanline may write to "
            "its data folder.",
            file=sys.stderr,
        )
        return BAD_INPUT
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    return 0


def parser() -> Parser:
    """The parser of all commands. Making it imports nothing that is slow."""
    top = Parser(
        prog="python -m diagnosis",
        description="Scanline: see how a recurrent network reads a medical scan, row by row and "
        "gate by gate. Research and education only.",
    )
    top.add_argument("--version", action="version", version=f"Scanline {__version__}")
    common = Parser(add_help=False)
    common.add_argument("--json", action="store_true", help="answer with JSON")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for family in (data, train, runs, tune, evaluate, scan, read, features, compare, models, audit):
        family.add_to(commands, common)
    return top


def _print(text: str) -> None:
    text = "\n".join(map(inert.terminal, text.split("\n")))
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), flush=True)


if __name__ == "__main__":
    sys.exit(main())
