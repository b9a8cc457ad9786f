"""The process of a run, from waiting for a slot to its end.

The training itself is a process of its own, or a worker's elsewhere, so that whatever it dies of can be told.
"""

import os
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from diagnosis.core.executors import ADDRESS, executor, lost
from diagnosis.jobs import locks, record
from diagnosis.jobs.endings import KILLED, NO_PROCESS, Ending, Obeyed, at_once, of_error
from diagnosis.jobs.record import Request, Run
from diagnosis.jobs.slots import Turn
from diagnosis.models.store import Version

CHECKS_EVERY_S = 0.5


def supervise(run_id: str, *, watch: Callable[[Run], None] = lambda run: None) -> Ending:
    """See a run to its end.

    Ctrl-C and SIGTERM ask it to stop, which keeps the best epoch so far; a second one kills it.

    Args:
        run_id: of a run that waits, or of one that is taken up again.
        watch: told twice a second how the run stands.

    Raises:
        InputError: another process works on it.
    """
    with locks.alive(run_id), _signals() as signalled:

        def look() -> Run:
            if signalled:
                record.request(run_id, signalled[-1])
                signalled.clear()
            run = record.find(run_id)
            watch(run)
            return run

        ending = _see_through(run_id, look)
        version = None if ending.folder is None else Version(Path(ending.folder))
        if ending.state in ("finished", "killed"):  # the others may go on
            shutil.rmtree(locks.checkpoint(run_id), ignore_errors=True)
        record.set_state(run_id, ending.state, ending.sentence, version=version)
        watch(record.find(run_id))
    return ending


def _see_through(run_id: str, look: Callable[[], Run]) -> Ending:
    if _elsewhere():  # the scheduler lets work wait
        return _train(run_id, look)
    with Turn() as turn:
        if not _wait(turn, look):
            return _ended_waiting(record.find(run_id))
        return _train(run_id, look)


def _train(run_id: str, look: Callable[[], Run]) -> Ending:
    locks.unclaim(run_id)
    record.set_state(run_id, "running", "Running.")
    try:
        with executor(gpu=record.find(run_id).plan.device == "gpu") as workers:
            return _follow(run_id, workers.submit(_work, run_id, _elsewhere()), look)
    except Exception as error:
        if lost(error):
            return NO_PROCESS
        ending = of_error(error)
        if ending.details:
            traceback.print_exc()
        return ending


def _ended_waiting(run: Run) -> Ending:
    if run.epoch and run.requested == "stop":
        return Ending("stopped", "Stopped while it waited to go on. Resume it.")
    return KILLED if run.epoch else Ending("killed", "Ended before it began: nothing was trained.")


def _wait(turn: Turn, look: Callable[[], Run]) -> bool:
    """Wait for a slot; False if the run is asked to end before."""
    while (run := look()).requested is None:
        if turn.take():
            return True
        sentence = f"Waiting for another training to end; {turn.ahead} before it."
        if run.sentence != sentence:
            record.set_state(run.id, "waiting", sentence)
        time.sleep(CHECKS_EVERY_S)
    return False


def _follow(run_id: str, future: "Future[Ending]", look: Callable[[], Run]) -> Ending:
    """Wait for the training.

    Raises:
        Obeyed: its end was requested, and no version is being saved. The executor ends the process; a worker
            elsewhere hears of the request by itself.
    """
    while True:
        try:
            return future.result(timeout=CHECKS_EVERY_S)
        except NotYet:
            ending = at_once(look().requested)
            if ending is not None and not _elsewhere() and locks.claim(run_id):
                raise Obeyed(ending) from None


def _elsewhere() -> bool:
    return ADDRESS in os.environ


def _work(run_id: str, elsewhere: bool) -> Ending:
    """Import what is heavy in the process that needs it."""
    with redirect_stdout(sys.stderr):  # what Keras prints is no part of the command's answer
        from diagnosis.jobs.work import work

        return work(run_id, elsewhere=elsewhere)


@contextmanager
def _signals() -> Iterator[list[Request]]:
    """What signals ask for: the first one to stop, later ones to kill."""
    signalled: list[Request] = []
    count = 0

    def hear(number: int, frame: Any) -> None:
        nonlocal count
        signalled.append("kill" if count else "stop")
        count += 1

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield signalled
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
