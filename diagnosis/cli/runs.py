"""``python -m diagnosis runs``: trainings and how they stand; stop, cancel, kill, resume, measure."""

import argparse
import shlex
from typing import TYPE_CHECKING, Any

from diagnosis.cli.result import Result, table
from diagnosis.core import inert
from diagnosis.core.dates import moment

if TYPE_CHECKING:
    from diagnosis.jobs.record import Run


def add_to(commands: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Add ``runs list``, ``show``, ``stop``, ``cancel``, ``kill``, ``resume`` and ``measure``."""
    parser = commands.add_parser("runs", help="trainings: list, show, stop, kill, resume, measure")
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="list|show|stop|cancel|kill|resume|measure"
    )
    leaf = actions.add_parser("list", parents=[common], help="the latest trainings")
    leaf.add_argument("--limit", type=int, default=50, help="at most so many (default 50)")
    leaf.set_defaults(run=list_runs)
    for name, about, run in (
        ("show", "one training: state, plan, log", show_run),
        ("stop", "end it, and keep the best epoch so far", ask_run),
        ("cancel", "do not measure its best epoch now, which is kept", ask_run),
        ("kill", "end it, and keep nothing but the record", ask_run),
        ("resume", "go on after the last whole epoch, or begin one that waits", resume_run),
        ("measure", "measure and save a best epoch that is kept", measure_run),
    ):
        leaf = actions.add_parser(name, parents=[common], help=about)
        leaf.add_argument("run_id", metavar="RUN", help="its id, or the beginning of it")
        leaf.set_defaults(run=run)


def list_runs(args: argparse.Namespace) -> Result:
    """A list of objects, one for each run, newest first."""
    from diagnosis.jobs import record

    found = record.runs(limit=args.limit)
    if not found:
        return Result([], "Nothing was trained yet: `train DATASET VARIANT` begins.")
    rows: list[tuple[str, ...]] = [("run", "model", "state", "epoch", "submitted", "by", "")]
    for run in found:
        rows.append(
            (
                run.id[:8],
                run.model,
                run.state,
                f"{run.epoch} of {run.epochs}",
                moment(run.created),
                run.plan.by,
                run.sentence,
            )
        )
    return Result([_payload(run) for run in found], table(rows))


def show_run(args: argparse.Namespace) -> Result:
    """One object: the run, its plan, and the last lines of its log."""
    from diagnosis.jobs import record

    run = record.find(args.run_id)
    payload = _payload(run) | {"plan": run.plan.to_json(), "log": run.log}
    lines = [
        inert.terminal(f"{run.model}, run {run.id}: {run.state}. {run.sentence}"),
        inert.terminal(shlex.join(["python", "-m", "diagnosis", *run.plan.words()])),
        run.log,
    ]
    return Result(payload, "\n".join(lines))


def ask_run(args: argparse.Namespace) -> Result:
    """The run, as it stood when it was asked."""
    from diagnosis.jobs import record

    run = record.find(args.run_id)
    record.request(run.id, args.action)
    return Result(
        _payload(run), f"The run {run.id[:8]} is asked to end: see `runs show {run.id[:8]}`."
    )


def resume_run(args: argparse.Namespace) -> Result:
    """The result of `train`."""
    from diagnosis.cli.train import seen_through
    from diagnosis.jobs import launch, record

    run = record.find(args.run_id)
    launch.prepare(run)
    return seen_through(run.id, run.epochs)


def measure_run(args: argparse.Namespace) -> Result:
    """The result of `train`."""
    from diagnosis.cli.train import seen_through
    from diagnosis.jobs import launch, record

    run = record.find(args.run_id)
    launch.prepare_measuring(run)
    return seen_through(run.id, run.epochs)


def _payload(run: "Run") -> dict[str, Any]:
    return {
        "run": run.id,
        "model": run.model,
        "state": run.state,
        "sentence": run.sentence,
        "epoch": run.epoch,
        "epochs": run.epochs,
        "created": run.created.isoformat(timespec="seconds"),
        "version": run.version,
        "by": run.plan.by,
        "why": run.plan.why,
    }
