"""Which trial is next, and why there is none: sampler, grid, budget, and trials that were interrupted."""

import time
import warnings
from typing import TYPE_CHECKING

import numpy as np

from diagnosis.core.errors import InputError
from diagnosis.tuning import studies
from diagnosis.tuning.plan import Plan

if TYPE_CHECKING:
    from optuna import Study
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial, Trial

UNPRUNED = 4  # complete trials before any is pruned: a median of fewer says little
FAILURES = 5  # in a row from the start, after which the search gives up
PROBLEM = "problem"  # of a trial: why it failed
GRID = "grid"  # of a trial: the number of its combination


class Asking:
    """The trials of one study, as its driver asks for them."""

    def __init__(self, study: "Study", trials: int | None, minutes: float | None) -> None:
        """Prepare the study; the clock of ``minutes`` starts."""
        import optuna

        self._study, self._budget = study, trials
        self._plan: Plan = studies.plan_of(study)
        self._distributions = self._plan.space.distributions()
        self._deadline = None if minutes is None else time.monotonic() + 60 * minutes
        study.sampler = self._sampler()
        study.pruner = optuna.pruners.MedianPruner(n_startup_trials=UNPRUNED)
        self._take_over()
        if self._plan.sampler == "grid":
            self._queue_grid()

    def counted(self) -> "list[FrozenTrial]":
        """The trials that count: not those that others do again."""
        trials = self._study.get_trials(deepcopy=False)
        gone = studies.replaced(trials)
        return [trial for trial in trials if trial.number not in gone]

    def over(self) -> str | None:
        """Why trials that have begun are not to go on, a key of ``search.ENDINGS``; None if they are."""
        if self._study.user_attrs.get(studies.STOP):
            return "stopped"
        return "time" if self._deadline is not None and time.monotonic() >= self._deadline else None

    def finished(self) -> str | None:
        """Why no further trial is to begin, a key of ``search.ENDINGS``; None if one is.

        Raises:
            InputError: the first trials all failed.
        """
        from optuna.trial import TrialState

        if reason := self.over():
            return reason
        trials = self.counted()
        begun = [trial for trial in trials if trial.state != TrialState.WAITING]
        ended = [trial for trial in begun if trial.state.is_finished()]
        if len(ended) >= FAILURES and all(trial.state == TrialState.FAIL for trial in ended):
            sentence = ended[-1].user_attrs.get(PROBLEM, "")
            raise InputError(f"The first {len(ended)} trials all failed. {sentence}".strip())
        if self._budget is not None and len(begun) >= self._budget:
            return "budget"
        if self._plan.sampler == "grid":
            return "exhausted" if len(begun) == len(trials) else None
        settings = {self._plan.space.setting(trial.params) for trial in ended}
        return "exhausted" if len(settings) >= self._plan.space.size else None

    def others_run(self) -> bool:
        """Whether drivers elsewhere compute trials that this one would do again, should they die."""
        import optuna

        if not studies.shared() or self.over():
            return False
        self._fail_stale()
        return any(trial.state == optuna.trial.TrialState.RUNNING for trial in self.counted())

    def ask(self) -> "Trial":
        """The next trial, its values drawn."""
        if studies.shared():
            self._fail_stale()
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # heartbeats are meant for `optimize`; `search` sends them
            return self._study.ask(self._distributions)

    def _fail_stale(self) -> None:
        """Put back the trials of drivers elsewhere that have gone silent."""
        import optuna

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            optuna.storages.fail_stale_trials(self._study)

    def put_back(self, trial: "Trial") -> None:
        """Let a trial that is interrupted be done again; the folds that had ended are kept."""
        (now,) = (
            each for each in self._study.get_trials(deepcopy=False) if each.number == trial.number
        )
        if not now.state.is_finished():
            self._again(now)

    def _take_over(self) -> None:
        """Put back what a driver that was killed has left running."""
        from optuna.trial import TrialState

        if studies.shared():  # drivers elsewhere may run them: `ask` looks for silent ones
            return
        for trial in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            self._again(trial)

    def _again(self, trial: "FrozenTrial") -> None:
        from optuna.trial import TrialState

        studies.put_back(self._study, trial)  # first: a trial must never be lost in between
        self._study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)

    def _queue_grid(self) -> None:
        """Every combination waits its turn, in an order drawn once.

        Optuna's GridSampler forgets a combination that was interrupted, and stops `optimize` only.
        """
        grid = self._plan.space.grid()
        queued = {trial.user_attrs.get(GRID) for trial in self._study.get_trials(deepcopy=False)}
        for index in np.random.default_rng(self._plan.seed).permutation(len(grid)):
            if int(index) not in queued:
                self._study.enqueue_trial(grid[index], user_attrs={GRID: int(index)})

    def _sampler(self) -> "BaseSampler":
        """Seeded anew when a search goes on: the same seed would draw the same trials again."""
        import optuna

        begun = len(self._study.get_trials(deepcopy=False))
        seed = int(np.random.SeedSequence((self._plan.seed, begun)).generate_state(1)[0])
        if self._plan.sampler == "tpe":
            return optuna.samplers.TPESampler(seed=seed)
        return optuna.samplers.RandomSampler(seed=seed)
