"""Runs: a plan and its words, the record, processes that are stopped, killed, resumed and kept waiting."""

import errno
import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from diagnosis.__main__ import main, parser
from diagnosis.cli.train import _plan
from diagnosis.core.errors import InputError
from diagnosis.core.intended_use import IN_SHORT
from diagnosis.datasets import SPLITS, load
from diagnosis.jobs import launch, locks, record
from diagnosis.jobs.endings import CANCELLED, Obeyed, of_error
from diagnosis.jobs.experiment import train_version
from diagnosis.jobs.journal import Journal
from diagnosis.jobs.plan import Plan
from diagnosis.jobs.supervise import supervise
from diagnosis.jobs.tracking import client, runs_folder
from diagnosis.jobs.work import work
from diagnosis.models import store
from diagnosis.models.forward import Forward
from diagnosis.registry import registry
from diagnosis.sequences import Augmentation
from diagnosis.training.config import TrainingConfig

SMALL = Plan(
    dataset="phantoms",
    variant="gru",
    units=(4,),
    training=TrainingConfig(epochs=2, learning_rate=0.01, patience=0, augmentation=None),
    by="A. Person",
    why="a test",
)


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, empty_registry: Path) -> Iterator[Path]:
    """A data folder of these tests' own, which they share."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCANLINE_HOME", str(folder))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        shutil.copytree(empty_registry, runs_folder())
        yield folder
        for run in record.runs():  # of a test that failed in its middle
            if run.alive:
                record.request(run.id, "kill")


@pytest.fixture(scope="module")
def small(home: Path) -> Plan:
    """A plan for few images: an epoch is over in a moment."""
    return SMALL.changed(dataset=str(write_few(home / "few.npz")))


def write_few(path: Path) -> Path:
    """96 phantoms a split as one's own set."""
    phantoms = load("phantoms")
    arrays = {
        f"{split}_{kind}": array[split][:96].reshape(96, *shape)
        for split in SPLITS
        for kind, array, shape in (
            ("images", phantoms.images, (28, 28)),
            ("labels", phantoms.labels, (1,)),
        )
    }
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return path


def lasting(plan: Plan, epochs: int) -> Plan:
    """The same for more epochs."""
    return plan.changed(training=plan.training.changed(epochs=epochs))


@pytest.mark.parametrize(
    "plan",
    [
        SMALL,
        Plan(
            dataset="phantoms",
            variant="stacked_lstm",
            size=64,
            options={"dropout": 0.3, "order": "columns"},
        ),
        Plan(
            dataset="phantoms",
            variant="gru",
            units=(8, 4),
            options={"reset_after": False, "standardise": False},
            training=TrainingConfig(
                balanced=False, schedule="plateau", augmentation=Augmentation(shift=0.1, rotate=0.0)
            ),
            device="cpu",
            by="B. Person",
            why="- to see whether 'order' matters",
        ),
    ],
)
def test_the_words_of_a_plan_ask_for_the_same_plan(plan: Plan) -> None:
    assert _plan(parser().parse_args(plan.words())) == plan
    assert Plan.from_json(plan.to_json()) == plan


def wait_for(
    run_id: str, reached: Callable[[record.Run], bool], *, within: float = 300
) -> record.Run:
    deadline = time.monotonic() + within
    while not reached(run := record.find(run_id)):
        assert time.monotonic() < deadline, run
        time.sleep(0.1)
    return run


def test_a_run_leaves_a_candidate_its_curves_and_its_gates(
    small: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(*words: str) -> str:
        assert main([*words]) == 0
        return capsys.readouterr().out

    said = told(*small.words())
    assert "It is a candidate" in said and "models promote few/gru/" in said
    assert IN_SHORT in said
    run = record.runs()[0]
    (row,) = json.loads(told("runs", "list", "--json"))
    assert (row["run"], row["version"], row["by"]) == (run.id, run.version, "A. Person")
    shown = json.loads(told("runs", "show", run.id[:8], "--json"))
    assert shown["plan"]["units"] == [4] and "epoch 1: loss" in shown["log"]
    assert (run.state, run.epoch, run.plan) == ("finished", 2, small)
    assert run.sentence.startswith("Finished: epoch") and str(run.version) in run.sentence
    curves = record.curves(run.id)
    for name in ("loss", "val_loss", "accuracy", "val_accuracy", "auc", "val_auc"):
        epochs, values = curves[name]
        assert list(epochs) == [1, 2] and np.isfinite(values).all()
    assert curves["gradient_norm"][1].min() > 0 and curves["learning_rate"][1].min() > 0
    assert "epoch 2: loss" in run.log
    assert record.gate_epochs(run.id) == [0, 1, 2]
    first, last = (record.gates(run.id, epoch) for epoch in (0, 2))
    np.testing.assert_array_equal(first["image"], last["image"])
    gate = next(name for name in first if name.endswith("/z"))
    assert first[gate].shape == (28, 4) and np.abs(first[gate] - last[gate]).max() > 1e-3
    assert run.version is not None
    entry = next(each for each in registry.entries("few/gru") if each.version == run.version)
    assert (entry.status, entry.run_id) == ("candidate", run.id)
    assert store.active("few/gru") is None  # nothing is swapped in silently
    assert not locks.checkpoint(run.id).exists() and not run.resumable


@pytest.mark.timeout(
    600
)  # five trainings start one after the other, each a process that imports Keras
@pytest.mark.long
def test_every_way_to_end_and_to_go_on(small: Plan) -> None:
    first = launch.start(lasting(small, 90))
    wait_for(first, lambda run: run.epoch >= 2)
    # the plan stands in the record alone
    assert _command(Path(f"/proc/{_holder(first)}")).endswith(f"runs\0resume\0{first}\0".encode())
    second = launch.start(lasting(small, 5000))
    run = wait_for(second, lambda run: "Waiting for another training" in run.sentence)
    assert run.state == "waiting"

    (trainer,) = _children(_holder(first))
    os.kill(trainer, signal.SIGKILL)  # as the system does when memory runs out
    run = wait_for(first, lambda run: not run.alive)
    assert run.state == "failed" and "memory ran out" in run.sentence and run.resumable

    wait_for(second, lambda run: run.epoch >= 1)  # its turn has come
    record.request(second, "kill")
    run = wait_for(second, lambda run: not run.alive)
    assert (run.state, run.version, run.resumable) == ("killed", None, False)

    done = record.find(first).epoch
    launch.resume(first)
    wait_for(first, lambda run: run.epoch > done)
    os.kill(_holder(first), signal.SIGKILL)
    run = wait_for(first, lambda run: not run.alive)
    assert run.state == "interrupted" and run.resumable and "Resume it" in run.sentence

    done = run.epoch
    launch.resume(first)
    wait_for(first, lambda run: run.epoch > done)
    record.request(first, "stop")
    run = wait_for(first, lambda run: not run.alive)
    assert run.state == "stopped" and run.version is not None and run.resumable
    stopped_at = run.version

    launch.resume(first)
    run = wait_for(first, lambda run: not run.alive)
    assert (run.state, run.epoch) == ("finished", 90), run.sentence
    assert list(record.curves(first)["loss"][0]) == list(range(1, 91))
    kept = {version.version for version in store.versions("few/gru")}
    assert {stopped_at, run.version} <= kept


@pytest.mark.timeout(600)
@pytest.mark.long
def test_a_run_that_is_killed_at_any_moment_ends_and_leaves_no_version(
    small: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it starts, imports, trains, measures and saves: it has ended, or it was killed."""
    moments: list[Callable[[record.Run], bool]] = [
        lambda run: run.state == "running",  # its training process begins
        lambda run: bool(run.log),  # it has imported Keras
        lambda run: run.epoch >= 1,
        lambda run: run.epoch == run.epochs,  # it measures, and may save
        lambda run: (locks.folder(run.id) / locks.CLAIM).exists(),  # it saves
    ]
    monkeypatch.setenv("SCANLINE_TRAININGS", str(len(moments)))
    before = {version.version for version in store.versions("few/gru")}
    started = {
        launch.start(lasting(small, 3).changed(units=(5 + n,))): n for n in range(len(moments))
    }
    waiting = dict(started)
    while waiting:
        for run_id, number in list(waiting.items()):
            run = record.find(run_id)
            if moments[number](run) or not run.alive:
                if run.alive:
                    record.request(run_id, "kill")
                del waiting[run_id]
        time.sleep(0.02)
    ended = [wait_for(run_id, lambda run: not run.alive) for run_id in started]
    assert [run.state for run in ended[:3]] == ["killed"] * 3
    assert {run.state for run in ended} <= {"killed", "finished"}
    left = {run.version for run in ended if run.state == "finished"}
    assert {version.version for version in store.versions("few/gru")} == before | left
    assert not any(locks.is_alive(run.id) for run in ended)


def test_a_request_that_came_too_late_does_not_end_a_run_that_is_resumed(small: Plan) -> None:
    run = record.create(small)
    record.set_state(run, "interrupted", "A power failure.")
    client().set_tag(run, record.REQUEST, "kill")  # between the last look and the end
    launch.prepare(record.find(run))
    assert record.find(run).requested is None
    waiting = record.create(small)
    record.request(waiting, "stop")
    launch.prepare(record.find(waiting))
    assert record.find(waiting).requested == "stop"  # it has not begun, and shall not


class Gone(BaseException):
    """The process dies, as of a power failure."""


def test_a_stopped_run_says_so_while_it_is_measured_and_what_ends_it_then_loses_nothing(
    small: Plan,
) -> None:
    plan = lasting(small, 50)
    dataset = load(plan.dataset)
    run_id = record.create(plan)

    def die() -> None:
        seen.append(record.find(run_id))
        raise Gone

    seen: list[record.Run] = []
    with locks.alive(run_id):
        record.set_state(run_id, "running", "Running.")
        record.request(run_id, "stop")
        with pytest.raises(Gone):
            train_version(
                plan.checked(dataset), plan.training, dataset, callbacks=[Journal(run_id)],
                checkpoint=locks.checkpoint(run_id), before_save=die,
            )  # fmt: skip
        (run,) = seen
        assert (run.state, run.phase, run.alive, run.epoch) == ("stopped", "measuring", True, 1)
        assert not (run.resumable or run.measurable)
        assert "stopped" in run.log and "measured" in run.log
    run = record.find(run_id)
    assert (run.state, run.phase, run.version) == ("stopped", None, None)
    assert run.measurable and run.resumable
    before = np.load(locks.fitted(run_id))

    launch.prepare_measuring(run)
    ending = work(run_id)
    assert ending.state == "stopped" and ending.folder is not None
    card = store.Version(Path(ending.folder)).card
    assert (card.training.epochs_run, card.training.best_epoch) == (1, 1)
    saved = Forward(store.Version(Path(ending.folder))).model.get_weights()
    for number, weight in enumerate(saved):
        np.testing.assert_array_equal(weight, before[f"weight_{number}"])
    assert not locks.fitted(run_id).exists()


def test_measuring_is_cancelled_and_nothing_else_can_be(small: Plan) -> None:
    run_id = record.create(small)
    with locks.alive(run_id):
        record.set_state(run_id, "running", "Running.")
        with pytest.raises(InputError, match="not being measured"):
            record.request(run_id, "cancel")
        record.set_phase(run_id, "measuring")
        record.request(run_id, "cancel")
        record.request(run_id, "stop")  # which it has done already
        assert record.requested(run_id) == "cancel"
        with pytest.raises(Obeyed) as obeyed:
            Journal(run_id).commit()
        assert obeyed.value.ending == CANCELLED


def test_what_is_asked_to_end_while_it_waits_never_begins(small: Plan) -> None:
    run_id = record.create(small)
    record.request(run_id, "kill")
    assert "Ended before it began" in supervise(run_id).sentence
    assert record.find(run_id).state == "killed"
    with pytest.raises(InputError, match="cannot be resumed"):
        launch.resume(run_id)


@pytest.mark.parametrize(
    ("batch_size", "state", "said"),
    [
        (1, "failed", "not a number from the first epoch on: lower the learning rate"),
        pytest.param(
            *(16, "finished", "The loss was no number from epoch 7 on"), marks=pytest.mark.long
        ),
    ],
)
def test_a_loss_that_is_no_number_says_what_to_do(
    small: Plan, batch_size: int, state: str, said: str
) -> None:
    """A decay of ten times the weights at every step flings them apart, soon or after some epochs."""
    recipe = small.training.changed(
        epochs=8,
        batch_size=batch_size,
        optimizer="adamw",
        weight_decay=1.0,
        learning_rate=10.0,
        clip_norm=0.0,
        schedule="constant",
    )
    ending = work(record.create(small.changed(training=recipe)))
    assert ending.state == state and said in ending.sentence


def test_answering_one_class_only_is_a_failure(tmp_path: Path) -> None:
    """Three classes of which two have one image each in every split, and nothing to balance them."""
    rng = np.random.default_rng(0)
    labels = {split: np.array([1, 2, *[0] * 60]) for split in SPLITS}
    images = {
        f"{split}_images": rng.integers(0, 255, (len(labels[split]), 28, 28), np.uint8)
        for split in SPLITS
    }
    named = {f"{split}_labels": labels[split][:, None] for split in SPLITS}
    path = tmp_path / "lopsided.npz"
    np.savez(path, **images, **named)  # type: ignore[arg-type]
    recipe = SMALL.training.changed(balanced=False, epochs=12, batch_size=16)
    ending = work(record.create(SMALL.changed(dataset=str(path), training=recipe)))
    assert ending.state == "failed" and ending.folder is None
    assert (
        "'class 0' for every case" in ending.sentence and "balance the classes" in ending.sentence
    )


def test_what_a_set_does_not_allow_ends_a_run_in_the_sentence_of_the_command() -> None:
    mirrored = SMALL.training.changed(augmentation=Augmentation(flip=True))
    ending = work(record.create(SMALL.changed(training=mirrored)))
    assert ending.state == "failed" and "leave --flip out" in ending.sentence


def test_data_that_vanished_are_named(tmp_path: Path) -> None:
    path = write_few(tmp_path / "own.npz")
    run_id = record.create(SMALL.changed(dataset=str(path)))
    path.unlink()
    ending = work(run_id)
    assert ending.state == "failed" and "own.npz" in ending.sentence


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
        (MemoryError(), "Memory ran out"),
        (
            RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate"),
            "Memory ran out",
        ),
        (FileNotFoundError(errno.ENOENT, "gone", "/x/scans.npz"), "/x/scans.npz"),
        (ZeroDivisionError("x"), "lies in Scanline"),
    ],
)
def test_every_failure_has_a_sentence(error: Exception, words: str) -> None:
    ending = of_error(error)
    assert ending.state == "failed" and words in ending.sentence


def _holder(run_id: str) -> int:
    """Process id of a run's supervisor."""
    found = [
        int(folder.name)
        for folder in Path("/proc").iterdir()
        if folder.name.isdecimal() and run_id.encode() in _command(folder)
    ]
    assert len(found) == 1, found
    return found[0]


def _command(folder: Path) -> bytes:
    try:
        return (folder / "cmdline").read_bytes()
    except OSError:
        return b""


def _children(pid: int) -> list[int]:
    """Its training process; multiprocessing's own helper is none."""
    threads = Path(f"/proc/{pid}/task").glob("*/children")  # each lists what it started
    return [
        child
        for child in (int(word) for thread in threads for word in thread.read_text().split())
        if b"spawn_main" in _command(Path(f"/proc/{child}"))
    ]
