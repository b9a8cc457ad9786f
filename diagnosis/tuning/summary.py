"""What a search has found so far, read from its study: for the pages and the command line alike."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from diagnosis.tuning import processes, studies
from diagnosis.tuning.plan import Plan
from diagnosis.tuning.rules import Rule, rules
from diagnosis.tuning.search import ENDINGS, FOLDS
from diagnosis.tuning.space import Setting
from diagnosis.tuning.trial_queue import PROBLEM

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

State = Literal["complete", "pruned", "failed", "running", "waiting"]
_STATES: dict[str, State] = {"FAIL": "failed"}


@dataclass(frozen=True)
class TrialRow:
    """One trial."""

    number: int  # in the study, from 0
    state: State
    setting: Setting | None  # None: not drawn yet
    folds: tuple[dict[str, Any], ...]  # what each finished fold gave, see ``fold``
    problem: str | None  # why it failed

    @property
    def score(self) -> float | None:
        """Mean AUC of its finished folds."""
        return float(np.mean([each["auc"] for each in self.folds])) if self.folds else None

    @property
    def spread(self) -> float | None:
        """Standard deviation of the AUC over its folds; None below two."""
        if len(self.folds) < 2:
            return None
        return float(np.std([each["auc"] for each in self.folds], ddof=1))

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        setting = self.setting
        return {
            "trial": self.number,
            "state": self.state,
            "units": None if setting is None else list(setting.of_each_layer),
            "dropout": None if setting is None else setting.dropout,
            "learning_rate": None if setting is None else setting.learning_rate,
            "auc": self.score,
            "spread": self.spread,
            "folds": list(self.folds),
            "parameters": self.folds[0]["parameters"] if self.folds else None,
            "seconds": round(sum(each["seconds"] for each in self.folds), 2),
            "problem": self.problem,
        }


@dataclass(frozen=True)
class Summary:
    """A search, at one moment."""

    name: str
    plan: Plan
    about: dict[str, Any]  # of the data set: see ``studies``
    running: bool  # a driver works on it
    stopping: bool  # and has been asked to stop
    ended: str | None  # else why it ended, a key of ``ENDINGS``; None if its driver was killed
    budget: int | None  # trials in all
    trials: tuple[TrialRow, ...]  # in order; without those that others do again

    def of(self, state: State) -> list[TrialRow]:
        """The trials in one state."""
        return [trial for trial in self.trials if trial.state == state]

    @property
    def best(self) -> TrialRow | None:
        """The complete trial with the highest score; of equals the first."""
        return max(self.of("complete"), key=lambda trial: trial.score or 0, default=None)

    @property
    def done(self) -> int:
        """How many trials have ended."""
        return len(self.trials) - len(self.of("running")) - len(self.of("waiting"))

    @property
    def sentence(self) -> str:
        """Where it stands."""
        if self.running:
            return (
                "Stopping after the folds that are being computed."
                if self.stopping
                else "Searching."
            )
        return ENDINGS[self.ended or "interrupted"]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of thumb for this data set."""
        part = 1 - 1 / self.plan.folds
        return rules(self.about["inputs"], self.about["outputs"], round(self.about["cases"] * part))

    def to_json(self) -> dict[str, Any]:
        """What ``tune --json`` prints."""
        return {
            "study": self.name,
            "dataset": self.plan.dataset,
            "variant": self.plan.variant,
            "running": self.running,
            "ended": None if self.running else self.ended or "interrupted",
            "counts": {
                state: len(self.of(state))
                for state in ("complete", "pruned", "failed", "running", "waiting")
            },
            "best": None if self.best is None else self.best.to_json(),
            "trials": [trial.to_json() for trial in self.trials],
            "rules_of_thumb": [rule.to_json() for rule in self.rules],
            "folds_by": "patient" if self.about["by_patient"] else "class",
            "plan": self.plan.to_json(),
            "database": studies.shown_address(),
        }


def summary(study: "Study") -> Summary:
    """What a study holds now."""
    trials = study.get_trials(deepcopy=False)
    gone = studies.replaced(trials)
    plan, attributes = studies.plan_of(study), study.user_attrs
    ended = attributes.get(studies.ENDED)
    return Summary(
        study.study_name,
        plan,
        attributes[studies.ABOUT],
        running=processes.driven(study),
        stopping=bool(attributes.get(studies.STOP)),
        ended=ended["reason"] if ended else None,
        budget=attributes.get(studies.TRIALS),
        trials=tuple(_row(trial, plan) for trial in trials if trial.number not in gone),
    )


def _row(trial: "FrozenTrial", plan: Plan) -> TrialRow:
    params = trial.system_attrs.get("fixed_params", {}) | trial.params
    drawn = set(plan.space.searched) <= set(params)
    return TrialRow(
        trial.number,
        _STATES.get(trial.state.name, trial.state.name.lower()),  # type: ignore[arg-type]
        plan.space.setting(params) if drawn else None,
        tuple(trial.user_attrs.get(FOLDS, ())),
        trial.user_attrs.get(PROBLEM),
    )
