"""State, time and progress of a run as text."""

from collections.abc import Sequence
from datetime import UTC, datetime

from diagnosis.datasets import title_of
from diagnosis.jobs.plan import Plan
from diagnosis.jobs.record import Phase, Run
from diagnosis.models.variants import VARIANTS

CHARTS = {  # curve -> title, whether there is one of each split, digits
    "loss": ("Loss", True, ".3f"),
    "accuracy": ("Accuracy", True, ".3f"),
    "auc": ("AUC", True, ".3f"),
    "gradient_norm": ("Gradient norm", False, ".3f"),
    "learning_rate": ("Learning rate", False, ".2e"),
}
_FIRST: dict[Phase | None, str] = {  # what happens before the first epoch has ended
    None: "starting its process",
    "loading": "loading the data set",
    "compiling": "compiling the network, which takes longer than an epoch",
    "training": "first epoch",
}
_MEASURING = "measuring the best epoch"


def duration(seconds: float) -> str:
    """A span of time: ``less than a minute``, ``3 min``, ``1 h 20 min``."""
    minutes = round(seconds / 60)
    if seconds < 60:
        return "less than a minute"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")


def at_most(seconds: float) -> str:
    """A span of time that will not be exceeded."""
    return ("" if seconds < 60 else "at most ") + duration(seconds)


def progress(run: Run, *, fully: bool = True) -> str:
    """How far a run is: ``epoch 7 of 60, at most 3 min left``, and fully ``; ends sooner if …``."""
    said = f"epoch {run.epoch} of {run.epochs}"
    if run.measuring:
        at = f"stopped in {said}" if run.state == "stopped" else said
        return f"{at}: {_MEASURING}, for {_since(run)}"
    if run.epoch == 0:
        return f"{_FIRST[run.phase]}, for {_since(run)}"
    if run.epoch == run.epochs:
        return f"{said}: {_MEASURING}"
    if run.seconds_left is not None and run.epoch > 1:  # the first one also compiles
        said += f", {at_most(run.seconds_left)} left"
    if fully and run.plan.training.patience:
        said += "; ends sooner if validation stops improving"
    return said


def place_in_line(run: Run, runs: Sequence[Run]) -> str:
    """The runs that a waiting run waits for."""
    before = sum(other.state == "waiting" and other.created < run.created for other in runs)
    running = sum(other.alive and other.state != "waiting" for other in runs)
    said = []
    if running:
        said.append(f"{_trainings(running)} running")
    if before:
        said.append(f"{_trainings(before)} waiting before it")
    return " and ".join(said)


def title(plan: Plan) -> str:
    """What a run trains, ``PneumoniaMNIST · LSTM``."""
    return f"{title_of(plan.dataset)} · {VARIANTS[plan.variant].title}"


def run_name(run: Run) -> str:
    """A run among others, ``LSTM, seed 1, 0123abcd``."""
    return f"{VARIANTS[run.plan.variant].title}, seed {run.plan.training.seed}, {run.id[:8]}"


def _since(run: Run) -> str:
    """How long a run is in its phase already."""
    seconds = max(0, round((datetime.now(UTC) - run.since).total_seconds()))
    return f"{seconds} s" if seconds < 60 else duration(seconds)


def _trainings(n: int) -> str:
    return "one training is" if n == 1 else f"{n} trainings are"
