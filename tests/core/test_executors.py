"""Executors: processes of this machine and Dask's workers, what is left of them, and what they refuse."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from diagnosis.core.errors import InputError
from diagnosis.core.executors import ADDRESS, executor, lost
from tests.cluster import ROOT, Process, dask
from tests.executor_tasks import die, divide, grow, never_exit, process, sleep_in, slow_once

Cluster = tuple[str, list[Process]]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler with two workers, each with a GPU if one believes it."""
    with dask(tmp_path_factory.mktemp("dask"), options=["--resources", "GPU=1"]) as started:
        yield started


@pytest.fixture(params=["here", "dask"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the work is done."""
    monkeypatch.delenv(ADDRESS, raising=False)
    if request.param == "dask":
        monkeypatch.setenv(ADDRESS, request.getfixturevalue("cluster")[0])
    return request.param


def test_every_task_has_a_new_process(place: str) -> None:
    with executor(2) as pool:
        assert len({*pool.map(process, range(4)), os.getpid()}) == 5


def test_processes_stay_if_they_may(place: str) -> None:
    with executor(2, fresh=False) as pool:
        assert len(set(pool.map(process, range(8)))) <= 2


def test_a_gpu_task_finds_its_worker(place: str) -> None:
    with executor(gpu=True, fresh=False) as pool:
        assert pool.submit(divide, 1, 4).result() == 0.25


def test_an_error_of_the_task_is_not_a_lost_worker(place: str) -> None:
    with executor(fresh=False) as pool:
        error = pool.submit(divide, 1, 0).exception()
    assert isinstance(error, ZeroDivisionError) and not lost(error)


def test_a_killed_process_can_be_told(place: str) -> None:
    with executor() as pool:
        error = pool.submit(die).exception()
    assert error is not None and lost(error)


def test_what_runs_ends_with_the_block(place: str, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt), executor() as pool:
        pool.submit(sleep_in, str(file))
        _wait_for(file)
        raise KeyboardInterrupt
    assert time.monotonic() - start < 30
    if place == "here":  # Dask cannot end a running task, only forget it
        with pytest.raises(ProcessLookupError):
            os.kill(int(file.read_text()), 0)


def test_a_process_that_hangs_while_it_exits_keeps_nobody_waiting(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    with executor() as pool:
        assert pool.submit(never_exit, str(file)).result(timeout=60) == int(file.read_text())
    assert not Path(f"/proc/{file.read_text()}").exists()


@pytest.mark.parametrize(
    "moment",
    [0.0, 0.4, 1.1, *(pytest.param(at, marks=pytest.mark.long) for at in (0.1, 0.2, 0.7, 1.6))],
)
def test_a_call_is_killed_at_any_moment(tmp_path: Path, moment: float) -> None:
    """Before it has begun, while it imports, and in the midst of its work."""
    file = tmp_path / "growing"
    with pytest.raises(KeyboardInterrupt), executor() as pool:
        future = pool.submit(grow, str(file))
        time.sleep(moment)
        raise KeyboardInterrupt
    error = future.exception(timeout=0)  # nothing is waited for any more
    assert error is not None and lost(error)
    size = file.stat().st_size if file.exists() else 0
    time.sleep(0.1)
    assert (file.stat().st_size if file.exists() else 0) == size


def test_children_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    script = (
        "from diagnosis.core.executors import executor\n"
        "from tests.executor_tasks import sleep_in\n"
        f"with executor() as pool: pool.submit(sleep_in, {str(file)!r}).result()\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != ADDRESS}
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=environment)
    _wait_for(file)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{file.read_text()}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_worker_that_is_killed_is_replaced_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dask(tmp_path) as (address, workers):
        monkeypatch.setenv(ADDRESS, address)
        with executor(fresh=False) as pool:
            busy = pool.submit(slow_once, str(tmp_path / "pid"))
            _wait_for(tmp_path / "pid")
            killed = int((tmp_path / "pid").read_text())
            next(each for each in workers if each.pid == killed).kill()
            assert busy.result(timeout=30) not in (killed, os.getpid())


def test_addresses_that_lead_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:  # answers, but is no scheduler
        threading.Thread(target=_answer_as_web_server, args=(other,), daemon=True).start()
        for address, said in (
            ("tcp://127.0.0.1:9", "no reply"),
            ("nonsense", "this is no address"),
            ("tls://127.0.0.1:9", "TLS needs certificates"),
            (f"tcp://127.0.0.1:{other.getsockname()[1]}", "is no scheduler"),
        ):
            monkeypatch.setenv(ADDRESS, address)
            start = time.monotonic()
            with pytest.raises(InputError, match=said) as refused, executor():
                pass
            assert time.monotonic() - start < 12
            assert address in str(refused.value) and ADDRESS in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "tcp://scheduler.example:8786",
        "scheduler.example:8786",
        "tcp://192.0.2.1:8786",
        "tcp://[2001:db8::1]:8786",
        "ws://scheduler.example:8786",
        "tcp://127.0.0.1.scheduler.example:8786",
        "tcp://localhost@scheduler.example:8786",
        "tls+tcp://scheduler.example:8786",
    ],
)
def test_nothing_is_sent_over_a_network_without_encryption(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ADDRESS, address)
    with (
        pytest.raises(InputError, match=r"without encryption.*set .* to a tls:// address"),
        executor(),
    ):
        pass


@pytest.mark.long
def test_a_scheduler_without_workers_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dask(tmp_path, workers=1, variables={"PYTHONPATH": ""}) as (address, (worker,)):
        monkeypatch.setenv(ADDRESS, address)
        with pytest.raises(InputError, match="has no worker with a GPU"), executor(gpu=True):
            pass
        with pytest.raises(InputError, match="does not have Scanline"), executor():
            pass
        worker.kill()
        worker.wait()
        with pytest.raises(InputError, match="has no worker: start one"), executor():
            pass


def _wait_for(file: Path) -> None:
    deadline = time.monotonic() + 60
    while not (file.is_file() and file.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _answer_as_web_server(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        time.sleep(10)
