"""How long a training would take: some batches of it, really done, in a process of their own."""

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from diagnosis.core.errors import InputError
from diagnosis.core.paths import ROOT, environment
from diagnosis.jobs.plan import Plan

if TYPE_CHECKING:
    from diagnosis.datasets import Dataset

LASTS_S = 2.0  # of batches after the first, which compiles
VALIDATION = 1 / 3  # of the time that training on an image takes: it goes forward only


@dataclass(frozen=True)
class Estimate:
    """A measured guess."""

    seconds_per_epoch: float
    start_seconds: float  # imports, data, compiling
    parameters: int
    total_seconds: float  # of all epochs, if validation does not end it sooner


def estimate(plan: Plan) -> Estimate:
    """Measure in a process of its own, and wait for it.

    Raises:
        InputError: the plan cannot be trained; in the words of the command.
    """
    words = [sys.executable, "-m", "diagnosis", *plan.words(), "--probe", "--json"]
    done = subprocess.run(
        words,
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise InputError(
            said[-1] if said else "The time cannot be measured: memory may have run out."
        )
    return Estimate(**json.loads(done.stdout))


def measure(plan: Plan, dataset: "Dataset", *, began: float) -> Estimate:
    """Do some batches in this process.

    Args:
        plan: what would be trained.
        dataset: its data set.
        began: ``time.time()`` when the process began.
    """
    import keras

    from diagnosis.training.devices import placed
    from diagnosis.training.fit import fit

    class Clock(keras.callbacks.Callback):
        ends: list[tuple[int, float]]  # Keras' steps done, and when

        def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
            self.ends = []

        def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
            self.ends.append((batch + 1, time.time()))
            if self.ends[-1][1] - self.ends[0][1] > LASTS_S:
                self.model.stop_training = True

        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            self.model.stop_training = True

    clock = Clock()
    with placed(plan.device, plan.devices):
        fitted = fit(plan.config(dataset), plan.training, dataset, callbacks=[clock])
    n_train, n_val = (len(dataset.labels[split]) for split in ("train", "val"))
    (done, first), (all_done, last) = clock.ends[0], clock.ends[-1]
    a_step = (last - first) / (all_done - done) if all_done > done else (first - began) / done
    an_epoch = a_step * clock.params["steps"] * (1 + VALIDATION * n_val / n_train)
    models = plan.training.folds + 1 if plan.training.folds > 1 else 1
    return Estimate(
        seconds_per_epoch=an_epoch,
        start_seconds=first - began,
        parameters=int(fitted.model.count_params()),
        total_seconds=first - began + an_epoch * plan.training.epochs * models,
    )


def to_json(estimate: Estimate) -> dict[str, Any]:
    """The fields, rounded to what they are worth."""
    return {name: round(value, 3) for name, value in asdict(estimate).items()}
