"""The search for hidden units: spaces, folds, and a driver that loses and doubles no trial."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from diagnosis.__main__ import main
from diagnosis.core.errors import InputError
from diagnosis.datasets import Dataset, Task, load
from diagnosis.datasets.folds import fold_numbers, held_out
from diagnosis.jobs.slots import Turn
from diagnosis.models.config import config_for
from diagnosis.tuning import processes, studies
from diagnosis.tuning.fold import FoldWork, fold, score
from diagnosis.tuning.plan import Plan
from diagnosis.tuning.rules import rules
from diagnosis.tuning.search import at_once, search
from diagnosis.tuning.space import Setting, Space
from diagnosis.tuning.summary import Summary, summary
from diagnosis.tuning.trial_queue import Asking

ROOT = Path(__file__).resolve().parents[2]
TEXTS = {"units": "2,3", "layers": "1", "dropout": "0", "learning_rate": "0.01"}
TINY = {"folds": 2, "epochs": 1, "augmented": False}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, with a set of 60 pictures for training and validation."""
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCANLINE_DATA", str(tmp_path))
    monkeypatch.delenv(studies.ADDRESS, raising=False)
    monkeypatch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)
    _write(tmp_path / "toy.npz")
    return tmp_path


def _write(path: Path, *, test: int = 0, patients: bool = False) -> None:
    """Bright and dark halves; ``test`` makes other test pictures, ``patients`` names five pictures each."""
    rng = np.random.default_rng(3)
    arrays: dict[str, np.ndarray] = {}
    start = 0
    for split, n in {"train": 40, "val": 20, "test": 10}.items():
        labels = np.arange(n) % 2
        images = rng.integers(0, 200, (n, 28, 28)).astype(np.uint8)
        images[labels == 1, 14:] //= 2
        if split == "test":
            images += np.uint8(test)
            labels = (labels + test) % 2
        arrays[f"{split}_images"], arrays[f"{split}_labels"] = images, labels
        if patients:
            arrays[f"{split}_patients"] = start + np.arange(n) // 5
            start += n
    np.savez(path, **arrays)  # type: ignore[arg-type]


def _plan(texts: Mapping[str, str] | None = None, **options: Any) -> tuple[Plan, Dataset]:
    dataset = load("toy")
    space = Space.read({**TEXTS, **(texts or {})})
    return Plan.of(dataset, "toy", "simple_rnn", space, **{**TINY, **options}), dataset


def _found(name: str) -> Summary:
    return summary(studies.find(name))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"units": "x"}, "number of units must be a whole number from 1 to 2048, not 'x'"),
        ({"units": "8,1.5"}, "must be a whole number from 1 to 2048, not 1.5"),
        ({"units": "0,8"}, "number of units must be a whole number from 1 to 2048, not 0"),
        ({"units": "64:16"}, "runs backwards"),
        ({"units": "8:16:32"}, "a range such as 1:2, not '8:16:32'"),
        ({"units": "8"}, "nothing to search"),
        ({"dropout": "nan"}, "dropout must be 0 to 0.95"),
        ({"learning_rate": "0.1:20"}, "learning rate must be 1e-07 to 10, not 20"),
    ],
)
def test_a_bad_space_is_refused(changed: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as refused:
        Space.read(TEXTS | changed)
    assert said in str(refused.value)


def test_a_space_is_written_as_it_is_read() -> None:
    space = Space.read(
        {**TEXTS, "units": "8:64", "learning_rate": "0.0005:0.005", "dropout": "0,0.2"}
    )
    assert Space.read(space.to_json()) == space
    assert set(space.distributions()) == {"units", "dropout", "learning_rate"}
    assert space.setting({"units": 9, "dropout": 0.2, "learning_rate": 0.001}) == Setting(
        9, 1, 0.2, 0.001
    )
    assert len(Space.read({**TEXTS, "layers": "1,2,3"}).grid()) == 6
    with pytest.raises(
        InputError, match="grid needs a list for the number of units, not the range 8:64"
    ):
        space.grid()


def test_a_plan_is_stored_and_written_as_a_command() -> None:
    plan, _ = _plan(sampler="random", seed=4)
    words = plan.words()
    assert words[:2] == ["toy", "simple_rnn"]
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_folds_keep_patients_together_and_classes_in_proportion(home: Path) -> None:
    _write(home / "toy.npz", patients=True)
    dataset = load("toy")
    assert dataset.patients is not None
    patients = np.concatenate([dataset.patients["train"], dataset.patients["val"]])
    numbers = fold_numbers(dataset, 3, seed=1)
    assert {len(set(numbers[patients == patient])) for patient in patients} == {1}
    unknown = {split: np.full(len(each), -1) for split, each in dataset.patients.items()}
    alone = fold_numbers(replace(dataset, patients=unknown), 3, seed=1)
    assert len(set(alone[patients == patients[0]])) > 1
    for cut in (numbers, alone, fold_numbers(replace(dataset, patients=None), 3, seed=1)):
        assert sorted(set(cut)) == [0, 1, 2]
        labels = np.concatenate([dataset.labels["train"], dataset.labels["val"]])
        shares = [labels[cut == number].mean() for number in range(3)]
        assert max(shares) - min(shares) < 0.15


def test_folds_refuse_what_they_cannot_measure() -> None:
    _, dataset = _plan()
    few = np.zeros(40, dtype=int)
    few[:2] = 1
    lacking = replace(dataset, labels={"train": few, "val": np.zeros(20, dtype=int)})
    with pytest.raises(InputError, match="class with only 2 cases"):
        fold_numbers(lacking, 3, seed=1)
    facts = replace(dataset.facts, task="multi-label", classes=("a", "b"))
    several = {split: np.eye(2, dtype=int)[each] for split, each in dataset.labels.items()}
    several["train"] = several["train"].copy()
    several["train"][:, 1] = 0
    several["val"] = several["val"].copy()
    several["val"][1:, 1] = 0
    several["val"][0, 1] = 1
    with pytest.raises(InputError, match="no case with, or none without, 'b'"):
        fold_numbers(replace(dataset, facts=facts, labels=several), 3, seed=1)


class _Poisoned(Mapping[str, np.ndarray]):
    """Arrays by split, whose test split must not be touched."""

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self._arrays = arrays

    def __getitem__(self, split: str) -> np.ndarray:
        assert split != "test", "the test split was touched"
        return self._arrays[split]

    def __iter__(self) -> Iterator[str]:
        return iter(("train", "val"))

    def __len__(self) -> int:
        return 2


@pytest.mark.system
def test_the_test_split_is_never_touched(home: Path) -> None:
    plan, dataset = _plan()
    poisoned = replace(dataset, images=_Poisoned(dataset.images), labels=_Poisoned(dataset.labels))
    parts = [held_out(poisoned, 3, number, seed=1) for number in range(3)]
    for part in parts:
        assert set(part.images) == set(part.labels) == {"train", "val"}
        assert len(part.images["train"]) + len(part.images["val"]) == 60
    held = np.concatenate([part.images["val"] for part in parts])
    searched = np.concatenate([dataset.images["train"], dataset.images["val"]])
    assert sorted(image.tobytes() for image in held) == sorted(
        image.tobytes() for image in searched
    )

    # The same numbers come out whatever the test split holds; and a second time in the same process.
    work = FoldWork(plan, Setting(3, 1, 0.2, 0.01), 1)
    first = fold(work)
    _write(home / "toy.npz", test=1)
    other, changed = _plan()
    assert changed.sha256 != dataset.sha256
    with pytest.raises(InputError, match="not the one that the search was planned with"):
        fold(replace(work, plan=other))
    again = fold(replace(work, plan=other))
    assert {**first, "seconds": 0} == {**again, "seconds": 0}
    assert 0 <= first["auc"] <= 1 and first["epochs"] == first["best_epoch"] == 1


@pytest.mark.long
def test_a_grid_is_searched_whatever_is_lost_on_the_way() -> None:
    """A worker is killed, the driver interrupted, and somebody stops it: every combination comes out once."""
    plan, dataset = _plan(sampler="grid")
    study = studies.create(plan, dataset, "grid")
    told: list[int] = []

    def disturb(done: int, best: float | None) -> None:
        told.append(done)
        if len(told) == 1:  # after the first fold of the first trial
            (worker,) = multiprocessing.active_children()
            worker.kill()
            worker.join()
        elif len(told) == 3:  # after the first fold of the second one
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(study, trials=5, progress=disturb)
    found = _found("grid")
    assert told == [0, 1, 1]
    assert found.sentence == "It was interrupted." and not found.running
    assert [trial.state for trial in found.trials] == ["complete", "waiting"]
    (known,) = found.trials[1].folds

    study = studies.create(plan, dataset, "grid")
    stop = lambda done, best: studies.ask_to_stop(study)  # noqa: E731 - told of the known fold
    assert search(study, trials=5, progress=stop) == "stopped"
    assert [trial.state for trial in _found("grid").trials] == ["complete", "waiting"]

    assert search(study, trials=5) == "exhausted"
    found = _found("grid")
    assert [trial.state for trial in found.trials] == ["complete"] * 2
    assert sorted(trial.setting.units for trial in found.trials if trial.setting) == [2, 3]
    assert found.trials[1].folds[0] == known
    for trial in found.trials:
        assert len(trial.folds) == 2 and trial.score == np.mean([f["auc"] for f in trial.folds])
    assert found.best is not None and found.best.score == max(t.score or 0 for t in found.trials)


@pytest.mark.system
def test_a_trial_that_cannot_be_computed_fails_with_a_sentence(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    plan, dataset = _plan({"units": "4,5"}, sampler="grid")
    study = studies.create(plan, dataset, "vanished")
    (home / "toy.npz").rename(home / "gone")
    assert search(study, trials=1) == "budget"
    trial = _found("vanished").trials[0]
    assert trial.state == "failed" and "no data set 'toy'" in str(trial.problem)
    (home / "gone").rename(home / "toy.npz")
    assert main(["tune", "--resume", "vanished", "--trials", "1"]) == 2
    assert "No trial was completed. There is no data set" in capfd.readouterr().err


@pytest.mark.long
def test_a_killed_driver_loses_and_doubles_nothing() -> None:
    plan, _ = _plan({"layers": "1,2"}, sampler="random")
    words = [*plan.words(), "--study", "killed", "--trials", "5"]
    process = processes.start("killed", words)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if "killed" in studies.names():
            found = _found("killed")
            if any(trial.folds for trial in found.trials):
                break
        assert process.poll() is None, processes.log_file("killed").read_text()
        time.sleep(0.1)
    assert found.running
    with pytest.raises(InputError, match="running in another process"):
        search(studies.find("killed"), trials=5)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    found = _found("killed")
    assert not found.running and found.sentence == "It was interrupted."
    kept = [trial.folds for trial in found.trials if trial.folds]
    assert main(["tune", "--resume", "killed", "--json"]) == 0  # with the budget that it had
    found = _found("killed")
    assert studies.plan_of(studies.find("killed")) == plan
    assert [trial.state for trial in found.trials] == ["complete"] * 5
    folds = [trial.folds for trial in found.trials]
    assert all(any(known == each[: len(known)] for each in folds) for known in kept)
    assert search(studies.find("killed"), trials=5) == "budget"
    assert len(_found("killed").trials) == 5


def test_hopeless_trials_are_pruned_and_a_driver_asks_for_what_it_is_owed() -> None:
    """Optuna's own pruning and queue, as the driver sets them up."""
    plan, dataset = _plan({"units": "2:64"}, sampler="tpe")
    study = studies.create(plan, dataset, "asked")
    asking = Asking(study, 6, None)
    for _ in range(4):
        trial = asking.ask()
        trial.report(0.9, 0)
        study.tell(trial, 0.9)
    poor = asking.ask()
    poor.report(0.4, 0)
    assert poor.should_prune()
    asking.put_back(poor)
    again = asking.ask()
    assert again.params == poor.params
    assert len(asking.counted()) == 5 and asking.finished() is None
    asking.ask()
    assert asking.finished() == "budget"
    drawn = [trial.params["units"] for trial in study.get_trials()[:4]]
    assert len(set(drawn)) > 1


@pytest.mark.long
def test_a_fold_waits_for_a_training_and_a_search_stays_within_the_budget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study = studies.create(*_plan(), "waiting")
    assert at_once(3) == 1
    with Turn() as training:
        assert training.take()
        assert search(study, trials=1, minutes=0.03) == "time"
    assert not any(trial.folds for trial in _found("waiting").trials)
    with Turn() as training:  # the search gave back what it had
        assert training.take()
    monkeypatch.setenv("SCANLINE_TRAININGS", "2")
    assert at_once(3) == 2


@pytest.mark.system
def test_several_processes_make_the_database_at_once(home: Path) -> None:
    code = "from diagnosis.tuning import studies; studies.storage()"
    started = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) for _ in range(3)]
    assert [process.wait() for process in started] == [0, 0, 0]
    assert studies.names() == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("tune", "Give a data set and a variant"),
        ("tune toy cnn", "A CNN has no hidden units to search: choose simple_rnn"),
        ("tune toy lstmm", "no variant 'lstmm'. Did you mean lstm"),
        ("tune toy lstm --units 8,x", "number of units must be a whole number"),
        ("tune toy lstm --folds 1", "number of folds must be a whole number from 2 to 20, not 1"),
        (
            "tune toy lstm --folds 20 --trials 0",
            "number of trials must be a whole number from 1 to",
        ),
        ("tune toy lstm --minutes -1", "number of minutes must be more than 0"),
        ("tune toy lstm --workers 0", "number of workers must be a whole number from 1 to"),
        ("tune toy lstm --sampler bayes", "sampler must be one of tpe, random, grid, not 'bayes'"),
        (
            "tune toy lstm --sampler grid --units 8:16",
            "A grid needs a list for the number of units",
        ),
        ("tune toy lstm --size 64", "leave --size out"),
        ("tune toy lstm --study a/b", "'a/b'"),
        ("tune nowhere lstm", "no data set 'nowhere'"),
        ("tune --resume nothing", "no search called 'nothing'. There is none yet."),
        (
            "tune --show nothing --epochs 3",
            "--show takes the search as it was planned: leave --epochs out",
        ),
        (
            "tune toy lstm --resume nothing",
            "--resume takes the search as it was planned: leave toy out",
        ),
    ],
)
def test_wrong_words_get_one_sentence(
    words: str, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([*words.split(), "--json"]) == 2
    out, err = capfd.readouterr()
    assert out == "" and said in err and err.count("\n") == 1


def test_another_plan_under_the_same_name_is_refused() -> None:
    plan, dataset = _plan()
    studies.create(plan, dataset, "one")
    with pytest.raises(InputError, match="'one' already, whose epochs is 1, not 2"):
        studies.create(plan.changed(epochs=2), dataset, "one")
    with pytest.raises(InputError, match=r"whose learning rate is 0\.01, not 0\.02"):
        studies.create(_plan({"learning_rate": "0.02"})[0], dataset, "one")
    with pytest.raises(InputError, match="data set has changed since the search 'one' began"):
        studies.create(plan.changed(sha256="0" * 64), dataset, "one")


def test_the_rules_of_thumb() -> None:
    """28 features a row, one logit, 5,800 cases: by hand."""
    found = {rule.name: (rule.low, rule.high) for rule in rules(28, 1, 5800)}
    assert found["two thirds"][0] == pytest.approx(19.67, abs=0.01)
    assert found["mean"] == (14.5, 14.5)
    assert found["geometric pyramid"][0] == pytest.approx(5.29, abs=0.01)
    assert found["upper limit"] == (56, 56)
    assert found["by cases"] == (pytest.approx(20), pytest.approx(40))


@pytest.mark.system
@pytest.mark.parametrize("task", ["binary", "multi-class", "ordinal", "multi-label"])
def test_the_score_is_the_auc_of_what_was_held_out(task: Task) -> None:
    """Of several classes the mean of one against the rest; scikit-learn has the same."""
    from diagnosis.models import heads
    from diagnosis.models.build import build

    _, dataset = _plan()
    names = ("a", "b") if task == "binary" else ("a", "b", "c")
    facts = replace(
        dataset.facts, task=task, classes=names, finding=0 if task == "binary" else None
    )
    labels: dict[str, np.ndarray] = {}
    for split, each in dataset.labels.items():
        classes = np.arange(len(each)) % len(names)
        labels[split] = np.eye(3, dtype=int)[classes] if task == "multi-label" else classes
    part = held_out(replace(dataset, facts=facts, labels=labels), 2, 0, seed=1)
    config = config_for("simple_rnn", facts, units=(4,))
    model = build(config)
    logits = model.predict(config.encoder.batch(part.images["val"]), verbose=0)
    probabilities = heads.probabilities(logits, task)
    truth = part.labels["val"]
    expected = (
        roc_auc_score(truth == 0, probabilities[:, 0])
        if task == "binary"
        else roc_auc_score(np.eye(3)[truth] if truth.ndim == 1 else truth, probabilities)
    )
    assert score(model, config, part) == pytest.approx(expected)
    space = Space.read(TEXTS)
    about = studies.create(Plan.of(part, "toy", "lstm", space), part, task).user_attrs[
        studies.ABOUT
    ]
    assert (about["inputs"], about["outputs"]) == (28, heads.logit_count(task, len(names)))
