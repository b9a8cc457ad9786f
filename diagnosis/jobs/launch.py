"""Start a run in a process of its own, which outlives the page or command that starts it."""

import subprocess
import sys

from diagnosis.core.access import require_write
from diagnosis.core.errors import InputError
from diagnosis.core.paths import ROOT, environment
from diagnosis.core.private_files import private
from diagnosis.jobs import locks, record
from diagnosis.jobs.plan import Plan

MOST_ALIVE = 64  # trainings that run or wait, each of which is a process


def start(plan: Plan) -> str:
    """Start a training; the id of its run, whose record holds the plan.

    Raises:
        InputError: this Scanline is read-only, or too many run or wait already.
    """
    require_write("train")
    if sum(run.alive for run in record.runs(4 * MOST_ALIVE)) >= MOST_ALIVE:
        raise InputError(
            f"{MOST_ALIVE} trainings run or wait already: let some end, or stop them, and start it then."
        )
    run_id = record.create(plan)
    _spawn(run_id)
    return run_id


def resume(run_id: str) -> None:
    """Let a run that ended early go on after its last whole epoch.

    Raises:
        InputError: it runs, or there is nothing to go on from.
    """
    require_write("train")
    run = record.find(run_id)
    prepare(run)
    record.set_state(run.id, "waiting", "Waiting for its process to start.")
    _spawn(run.id)


def measure(run_id: str) -> None:
    """Let the best epoch of a training that is over be measured, which was cancelled or interrupted.

    Raises:
        InputError: nothing of it is kept to be measured.
    """
    require_write("train")
    run = record.find(run_id)
    prepare_measuring(run)
    record.set_state(run.id, "waiting", "Waiting for its process to start.")
    _spawn(run.id)


def prepare_measuring(run: record.Run) -> None:
    """See that a run may be measured, and drop a request that came when it had ended.

    Raises:
        InputError: it may not.
    """
    if not run.measurable:
        raise InputError(
            f"The run {run.id[:8]} has nothing that waits to be measured: it is {run.state}."
        )
    record.drop_request(run.id)


def prepare(run: record.Run) -> None:
    """See that a run may be resumed, and drop a request that came when it had ended.

    Raises:
        InputError: it may not.
    """
    if not (run.resumable or run.state == "waiting"):
        raise InputError(
            f"The run {run.id[:8]} cannot be resumed: it is {run.state}. Start a new one instead."
        )
    if run.resumable:
        record.drop_request(run.id)
        locks.fitted(run.id).unlink(missing_ok=True)  # it is trained further instead


def _spawn(run_id: str) -> None:
    with (private(locks.folder(run_id)) / "log.txt").open("ab") as log:
        subprocess.Popen(
            [sys.executable, "-m", "diagnosis", "runs", "resume", run_id],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
