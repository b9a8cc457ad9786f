"""Dask, MLflow and PostgreSQL on loopback: a training, a search and a folder, and a worker is killed."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from distributed import Client
from PIL import Image

from diagnosis.batch.folder import parts_of
from diagnosis.cases import Case
from diagnosis.core.executors import ADDRESS
from diagnosis.datasets.phantoms import draw
from diagnosis.inference.predictor import Predictor
from diagnosis.models import store
from diagnosis.models.store import sha256_of
from diagnosis.scans import read_scan_file
from tests.cluster import ROOT, Process, dask, mlflow, postgres, postgres_programs
from tests.conftest import lacking
from tests.executor_tasks import pieces_read

pytestmark = pytest.mark.timeout(480)  # a minute where nothing else runs

SCANS, SIDE = 1_000, 280
TRIALS = 6
ENDS_WITHIN_S = 200


@dataclass(frozen=True)
class Cluster:
    """What runs, and what a command needs to know of it."""

    workers: list[Process]
    variables: Mapping[str, str]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two workers that share a home, and servers for runs and searches."""
    programs = postgres_programs()
    if programs is None:
        lacking("there is no PostgreSQL server here: run .ci/postgres")
    folder = tmp_path_factory.mktemp("cluster")
    with ExitStack() as stack:
        # both keep the version of their tables in a table of one name
        records, studies = stack.enter_context(postgres(programs, ("mlflow", "studies")))
        tracking, tracked = stack.enter_context(mlflow(folder, records))
        variables = {
            "SCANLINE_HOME": str(folder / "home"),
            "SCANLINE_STUDIES": studies,
            "MLFLOW_TRACKING_URI": tracking,
        }
        address, workers = stack.enter_context(dask(folder, variables=variables))
        tracked()
        yield Cluster(workers, variables | {ADDRESS: address})


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A thousand phantoms, no two alike."""
    folder = tmp_path_factory.mktemp("scans")
    images = draw(np.arange(SCANS) % 2 == 1, 28, np.random.default_rng(9))
    for number, image in enumerate(images):
        large = Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.NEAREST)
        large.save(folder / f"{number:04}.png", compress_level=1)
    return folder


def _start(cluster: Cluster, *words: str | Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "diagnosis", *map(str, words), "--json"],
        cwd=ROOT,
        env=os.environ | cluster.variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _answer(process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    out, error = process.communicate(timeout=ENDS_WITHIN_S)
    assert process.returncode == 0, error.decode()
    return json.loads(out)


@pytest.mark.long
def test_a_training_on_a_worker_is_recorded_by_the_server(cluster: Cluster) -> None:
    words = ("train", "phantoms", "lstm", "--epochs", "1", "--units", "4", "--no-augmentation")
    trained = _answer(_start(cluster, *words))
    assert Path(trained["path"]).is_relative_to(cluster.variables["SCANLINE_HOME"])
    from mlflow import MlflowClient

    client = MlflowClient(cluster.variables["MLFLOW_TRACKING_URI"])
    experiments = [each.experiment_id for each in client.search_experiments()]
    (run,) = client.search_runs(experiments)
    assert run.info.status == "FINISHED" and "val_loss" in run.data.metrics
    assert not [*Path(cluster.variables["SCANLINE_HOME"]).glob("runs/*.db")]


@pytest.mark.long
def test_a_search_and_a_folder_outlive_a_worker_that_is_killed(
    cluster: Cluster, scans: Path, tmp_path: Path
) -> None:
    out = tmp_path / "table.parquet"
    search = ("tune", "phantoms", "simple_rnn", "--sampler", "grid", "--units", "4,5,6")
    quick = ("--dropout", "0,0.1", "--folds", "2", "--epochs", "1", "--batch-size", "256")
    tuning = _start(cluster, *search, *quick, "--trials", str(TRIALS), "--workers", "2")
    prediction = _start(cluster, "read", scans, "--model", "phantoms/lstm", "--out", out, "--names")
    with Client(cluster.variables[ADDRESS], set_as_default=False) as client:
        read_by_killed = _kill_one_that_reads(client, cluster.workers)
        kept = len([*parts_of(out).glob("*.json")])
        assert read_by_killed and kept < SCANS // 16  # in the middle
        said = _answer(prediction)
        (read_by_other,) = client.run(pieces_read).values()
        assert read_by_other
    outcomes = said["outcomes"]
    assert (
        said["files"]
        == SCANS
        == outcomes["predicted"] + outcomes["indeterminate"] + outcomes["rejected"]
    )
    assert outcomes["rejected"] <= SCANS // 50  # unlike the others, by chance

    frame = pd.read_parquet(out)
    files = sorted(scans.iterdir())
    assert list(frame["path"]) == [f"./{path.name}" for path in files]
    assert list(frame["sha256"]) == [sha256_of(path) for path in files]
    model = Predictor(store.find("phantoms/lstm"))
    for number in range(0, SCANS, 50):
        prediction_here = model.predict(Case.of(read_scan_file(files[number])), trace=False)
        called = [] if pd.isna(frame["prediction"][number]) else [frame["prediction"][number]]
        assert (frame["outcome"][number], called) == (
            prediction_here.outcome,
            list(prediction_here.predicted_classes),
        )
        assert frame["probability opacity"][number] == pytest.approx(
            prediction_here.probabilities[1], abs=1e-5
        )

    found = _answer(tuning)
    trials = found["trials"]
    assert len(trials) == TRIALS and found["ended"] in ("budget", "exhausted")
    for trial in trials:  # one that is clearly worse ends after a fold
        assert (trial["state"], len(trial["folds"])) in (("complete", 2), ("pruned", 1)), trial
    assert {(*trial["units"], trial["dropout"]) for trial in trials} == {
        (units, dropout) for units in (4, 5, 6) for dropout in (0, 0.1)
    }


def _kill_one_that_reads(client: Client, workers: list[Process]) -> int:
    """Kill the first worker that has read two pieces of the folder; how many it had read."""
    pids = client.run(os.getpid)
    deadline = time.monotonic() + ENDS_WITHIN_S
    while True:
        assert time.monotonic() < deadline
        for address, pieces in client.run(pieces_read).items():
            if pieces >= 2:
                (worker,) = (each for each in workers if each.pid == pids[address])
                worker.kill()
                worker.wait()
                return pieces
        time.sleep(0.05)
