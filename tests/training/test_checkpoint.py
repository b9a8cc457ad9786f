"""A training that is taken up again ends as if it had never been interrupted."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from diagnosis.datasets import SPLITS, Dataset, load
from diagnosis.models.config import config_for
from diagnosis.training import tensorflow_cpu
from diagnosis.training.checkpoint import FILE
from diagnosis.training.config import Schedule, TrainingConfig
from diagnosis.training.fit import Fit, fit

ROOT = Path(__file__).resolve().parents[2]
RECIPE = TrainingConfig(epochs=4, batch_size=32, learning_rate=0.01, patience=0)


@pytest.fixture(scope="module")
def few() -> Dataset:
    """Phantoms, few of them."""
    whole = load("phantoms")
    return replace(
        whole,
        images={split: whole.images[split][:96] for split in SPLITS},
        labels={split: whole.labels[split][:96] for split in SPLITS},
    )


class StopIn(keras.callbacks.Callback):
    """Stops in the middle of an epoch."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self._stop_in, self._epoch = epoch, 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if self._epoch == self._stop_in and batch == 1:
            self.model.stop_training = True


@pytest.mark.long
@pytest.mark.parametrize(
    ("schedule", "divided", "averaging"),
    [("cosine", False, 0.0), ("plateau", False, 0.9), ("cosine", True, 0.0), ("cosine", True, 0.9)],
)
def test_stopped_in_the_middle_and_resumed_is_the_same_as_never_stopped(
    few: Dataset,
    tmp_path: Path,
    schedule: Schedule,
    divided: bool,
    averaging: float,
) -> None:
    config = config_for("gru", few.facts, units=(6, 5), dropout=0.3)
    recipe = RECIPE.changed(schedule=schedule, averaging=averaging)
    if divided:
        config = config_for("lstm", few.facts, units=(32,))
        recipe = recipe.changed(batch_size=64)
    assert tensorflow_cpu.fits(config, recipe) == divided

    def run(folder: Path | None, *callbacks: keras.callbacks.Callback) -> Fit:
        return fit(config, recipe, few, callbacks=callbacks, checkpoint=folder)

    whole = run(None)
    stopped = run(tmp_path, StopIn(2))
    assert len(stopped.history["loss"]) == 3  # the third is cut short, and done again
    resumed = run(tmp_path)
    assert resumed.best_epoch == whole.best_epoch
    assert {name: len(values) for name, values in resumed.history.items()} == dict.fromkeys(
        whole.history, 4
    )
    for name, values in whole.history.items():
        np.testing.assert_allclose(resumed.history[name], values, atol=1e-6, err_msg=name)
    for a, b in zip(resumed.model.get_weights(), whole.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_finished_training_is_not_done_again(few: Dataset, tmp_path: Path) -> None:
    config = config_for("simple_rnn", few.facts, units=(4,))
    first = fit(config, RECIPE.changed(epochs=1), few, checkpoint=tmp_path)
    seen: list[int] = []
    count = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))
    again = fit(config, RECIPE.changed(epochs=1), few, checkpoint=tmp_path, callbacks=[count])
    assert seen == [] and again.history == first.history
    for a, b in zip(again.model.get_weights(), first.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_rate_and_the_gradient_are_part_of_the_history(few: Dataset) -> None:
    config = config_for("lstm", few.facts, units=(4,))
    history = fit(config, RECIPE.changed(epochs=2, schedule="step"), few).history
    assert len(history["gradient_norm"]) == 2 and min(history["gradient_norm"]) > 0
    assert history["learning_rate"][0] > history["learning_rate"][1] > 0


KILLED = """
import sys
from dataclasses import replace
from pathlib import Path
import numpy as np
from diagnosis.models.build import build
from diagnosis.models.config import config_for
from diagnosis.datasets import catalogue
from diagnosis.training.checkpoint import BestWeights, Checkpoint
best = BestWeights(0)
model = build(config_for("gru", catalogue()["phantoms"], units=(64,)))
model.compile("adam", "mse")
model.optimizer.build(model.trainable_variables)
kept = Checkpoint(Path(sys.argv[1]), best)
kept.set_model(model)
kept.on_epoch_begin(0)
for epoch in range(100_000):
    for weights in model.trainable_variables:
        weights.assign(np.full(weights.shape, epoch, "float32"))
    kept.on_epoch_end(epoch, {"loss": float(epoch)})
"""


@pytest.mark.long
def test_killed_at_any_moment_a_whole_checkpoint_is_there(few: Dataset, tmp_path: Path) -> None:
    """``kill -9`` while one is written after the other; what is left is one epoch's, in all its parts."""
    for number in range(2):
        path = tmp_path / FILE
        before = path.stat().st_mtime_ns if path.exists() else 0
        words = [sys.executable, "-c", KILLED, str(tmp_path)]
        with subprocess.Popen(words, cwd=ROOT) as process:
            while not path.exists() or path.stat().st_mtime_ns == before:
                assert process.poll() is None
                time.sleep(0.001)
            time.sleep(0.05 + 0.02 * number)
            process.kill()
        with np.load(path, allow_pickle=False) as kept:
            state = json.loads(str(kept["state"]))
            epoch = state["epochs"] - 1
            assert state["history"]["loss"] == list(range(epoch + 1))
            assert kept["variable_0"].size and (kept["variable_0"] == epoch).all()
    config = config_for("simple_rnn", few.facts, units=(4,))
    (tmp_path / FILE).unlink()  # what was half written beside it is in nobody's way
    assert fit(config, RECIPE.changed(epochs=1), few, checkpoint=tmp_path).history
