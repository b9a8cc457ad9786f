"""The driver of a search: it asks Optuna for trials, has their folds computed, and tells what came out."""

import multiprocessing
import os
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from diagnosis.core.access import require_write
from diagnosis.core.errors import InputError
from diagnosis.core.executors import ADDRESS
from diagnosis.jobs.slots import Turn, budget
from diagnosis.tuning import processes, studies
from diagnosis.tuning.fold import FoldWork
from diagnosis.tuning.plan import Budget
from diagnosis.tuning.space import Setting
from diagnosis.tuning.trial_queue import PROBLEM, Asking
from diagnosis.tuning.worker import Worker, is_lost

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import Trial

LOOKS_EVERY_S = 1.0  # at the clock and at requests to stop
ATTEMPTS = 3  # at a fold whose worker is lost
FOLDS = "folds"  # of a trial: what its folds gave

ENDINGS = {
    "budget": "All trials of the budget are done.",
    "exhausted": "Every setting of the space has been tried.",
    "time": "The time of the budget is over.",
    "stopped": "It was stopped.",
    "interrupted": "It was interrupted.",
    "failed": "It gave up: the first trials all failed.",
}


@dataclass
class _Running:
    """A trial that is being computed."""

    trial: "Trial"
    setting: Setting
    worker: Worker
    turn: Turn | None = (
        None  # in the queue for a slot; None on a cluster, where the scheduler lets work wait
    )
    folds: list[dict[str, Any]] = field(default_factory=list)
    attempt: int = 1

    def leave(self) -> None:
        """Give its slot to others."""
        if self.turn is not None:
            self.turn.release()


def search(
    study: "Study",
    *,
    trials: int | None,
    minutes: float | None = None,
    workers: int = 1,
    progress: Callable[[int, float | None], None] = lambda done, best: None,
) -> str:
    """Search until the budget is used up or a stop is requested.

    Args:
        study: from ``studies.create``; what was done before is gone on with.
        trials: that the study is to have in all; None for as many as the minutes allow.
        minutes: of this call; folds that are then being computed are finished.
        workers: folds that are computed at once, as far as the machine's budget allows.
        progress: told how many trials have ended and the best score, after every fold.

    Returns:
        Why it ended, a key of `ENDINGS`.

    Raises:
        InputError: the budget is no number above 0, another process drives the study, or the first trials
            all failed.
    """
    require_write("search")
    Budget(trials=trials, minutes=minutes, workers=workers)
    if trials is None and minutes is None:
        raise InputError("A search needs a budget: give a number of trials or of minutes.")
    with processes.driving(study.study_name):
        study.set_user_attr(studies.STOP, False)
        study.set_user_attr(studies.ENDED, None)
        study.set_user_attr(studies.TRIALS, trials)
        processes.show_life(study)
        ended = "interrupted"
        try:
            ended = _Driver(study, Asking(study, trials, minutes), progress).run(workers)
        except InputError:
            ended = "failed"
            raise
        finally:
            study.set_user_attr(
                studies.ENDED,
                {"reason": ended, "at": datetime.now(UTC).isoformat()},
            )
    return ended


def at_once(workers: int) -> int:
    """How many folds are computed at once by so many workers: on this machine within its budget."""
    return workers if ADDRESS in os.environ else min(workers, budget())


class _Driver:
    """Has the folds of trials computed, one after the other by each worker."""

    def __init__(
        self, study: "Study", asking: Asking, progress: Callable[[int, float | None], None]
    ) -> None:
        self._study, self._asking, self._progress = study, asking, progress
        self._plan = studies.plan_of(study)
        self._idle: list[Worker] = []
        self._waiting: list[_Running] = []  # for a slot
        self._running: dict[Future[dict[str, Any]], _Running] = {}
        self._seen = 0.0

    def run(self, workers: int) -> str:
        others = set(multiprocessing.active_children())
        with ExitStack() as stack:
            self._idle = [stack.enter_context(Worker()) for _ in range(at_once(workers))]
            try:
                while True:
                    while self._idle and not self._asking.finished():
                        self._begin(self._asking.ask())
                    self._submit_waiting()
                    if not self._running:
                        reason = None if self._waiting else self._asking.finished()
                        if reason and not self._asking.others_run():
                            return reason
                        time.sleep(LOOKS_EVERY_S)
                    done, _ = wait(self._running, LOOKS_EVERY_S, return_when=FIRST_COMPLETED)
                    self._show_life()
                    for future in done:
                        self._take(future)
            except BaseException:
                for child in set(multiprocessing.active_children()) - others:
                    child.terminate()
                for run in self._begun():
                    self._asking.put_back(run.trial)
                raise
            finally:
                for run in self._begun():
                    run.leave()

    def _begin(self, trial: "Trial") -> None:
        run = _Running(trial, self._plan.space.setting(trial.params), self._idle.pop())
        self._beat(trial)
        for known in self._known(trial):
            if self._reported(run, known):
                self._idle.append(run.worker)
                return
        self._queue(run)

    def _begun(self) -> list[_Running]:
        """The trials that are computed, or wait for a slot."""
        return [*self._running.values(), *self._waiting]

    def _known(self, trial: "Trial") -> list[dict[str, Any]]:
        """What folds of these values gave before: seeds are fixed, so they would give the same again."""
        return max(
            (
                other.user_attrs.get(FOLDS, [])
                for other in self._study.get_trials(deepcopy=False)
                if other.params == trial.params
            ),
            key=len,
        )

    def _queue(self, run: _Running) -> None:
        """Have the next fold of a trial wait for a slot."""
        run.turn = None if ADDRESS in os.environ else Turn()
        self._waiting.append(run)

    def _submit_waiting(self) -> None:
        """Begin the folds that have a slot by now; none if the search is over."""
        for run in list(self._waiting):
            if self._asking.over():
                self._asking.put_back(run.trial)
                run.leave()
                self._idle.append(run.worker)
            elif run.turn is None or run.turn.take():
                work = FoldWork(self._plan, run.setting, len(run.folds), run.attempt)
                self._running[run.worker.submit(work)] = run
            else:
                continue
            self._waiting.remove(run)

    def _take(self, future: "Future[dict[str, Any]]") -> None:
        """What a fold gave: go on with the next one, unless the trial has ended."""
        from optuna.exceptions import UpdateFinishedTrialError

        run = self._running[future]
        run.leave()
        try:
            ended = self._ended(run, future)
        except UpdateFinishedTrialError:
            ended = True  # another driver took this one for dead, and has it done again
        del self._running[future]  # only now: what is interrupted before is put back
        if ended:
            self._idle.append(run.worker)
        else:
            self._queue(run)

    def _ended(self, run: _Running, future: "Future[dict[str, Any]]") -> bool:
        try:
            result = future.result()
        except InputError as error:
            return self._fail(run, str(error))
        except Exception as error:
            if not is_lost(error):
                raise
            run.worker.renew()
            run.attempt += 1
            if run.attempt <= ATTEMPTS:
                return False
            return self._fail(
                run,
                f"Its worker was lost {ATTEMPTS} times, most likely for want of memory: try fewer units "
                "or a smaller batch.",
            )
        run.attempt = 1
        if self._reported(run, result):
            return True
        if self._asking.over():
            self._asking.put_back(run.trial)
            return True
        return False

    def _reported(self, run: _Running, result: dict[str, Any]) -> bool:
        """Report a fold; whether the trial is over: all folds done, or pruned."""
        from optuna.trial import TrialState

        run.folds.append(result)
        run.trial.set_user_attr(FOLDS, run.folds)
        score = float(np.mean([each["auc"] for each in run.folds]))
        run.trial.report(score, len(run.folds) - 1)
        complete = len(run.folds) == self._plan.folds
        if complete:
            self._study.tell(run.trial, score)
        elif pruned := run.trial.should_prune():
            self._study.tell(run.trial, state=TrialState.PRUNED)
        self._show_progress()
        return complete or pruned

    def _fail(self, run: _Running, sentence: str) -> bool:
        from optuna.trial import TrialState

        run.trial.set_user_attr(PROBLEM, sentence)
        self._study.tell(run.trial, state=TrialState.FAIL)
        self._show_progress()
        return True

    def _show_life(self) -> None:
        if studies.shared() and time.monotonic() - self._seen >= studies.HEARTBEAT_S:
            self._seen = time.monotonic()
            processes.show_life(self._study)
            for run in self._begun():
                self._beat(run.trial)

    def _beat(self, trial: "Trial") -> None:
        """Optuna's own loop sends heartbeats from a thread; who asks and tells sends them himself."""
        if studies.shared():
            trial.storage.record_heartbeat(trial._trial_id)  # type: ignore[attr-defined]

    def _show_progress(self) -> None:
        from optuna.trial import TrialState

        trials = self._asking.counted()
        scores = [trial.value or 0.0 for trial in trials if trial.state == TrialState.COMPLETE]
        ended = sum(trial.state.is_finished() for trial in trials)
        self._progress(ended, max(scores, default=None))
