"""A cluster on loopback for tests: Dask's scheduler and workers, PostgreSQL, MLflow; each a real process."""

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

import psycopg
from psycopg.sql import SQL, Identifier

ROOT = Path(__file__).resolve().parent.parent
STARTS_WITHIN_S = 120
NOTHING: Mapping[str, str] = MappingProxyType({})

Process = subprocess.Popen[bytes]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(
    words: Sequence[str | Path],
    log: Path,
    *,
    user: str | None = None,
    folder: Path | None = None,
    variables: Mapping[str, str] = NOTHING,
) -> Iterator[Process]:
    """A process of its own, its output in ``log``, ended with the block."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(word) for word in words],
            cwd=folder or ("/" if user else log.parent),
            env=os.environ | {"PYTHONPATH": str(ROOT)} | dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            user=user,
            extra_groups=None if user is None else [],
            group=None if user is None else pwd.getpwnam(user).pw_gid,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):  # it and its children
            os.killpg(process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(3)
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(ready: Callable[[], bool], process: Process, log: Path) -> None:
    """Wait until a process is ready."""
    deadline = time.monotonic() + STARTS_WITHIN_S
    while not ready():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


@contextmanager
def dask(
    folder: Path,
    *,
    workers: int = 2,
    options: Sequence[str] = (),
    variables: Mapping[str, str] = NOTHING,
) -> Iterator[tuple[str, list[Process]]]:
    """A scheduler's address, and its workers' processes: one task at a time each, none started again."""
    about, log = folder / "scheduler.json", folder / "scheduler.log"
    command = [sys.executable, "-m", "dask"]
    scheduler = [*command, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    worker = [*command, "worker", "--nthreads", "1", "--no-nanny", "--no-dashboard", *options]
    with ExitStack() as stack:
        process = stack.enter_context(running([*scheduler, "--scheduler-file", about], log))
        started = [
            stack.enter_context(
                running(
                    [*worker, "--scheduler-file", about, "--local-directory", folder / f"{number}"],
                    folder / f"worker-{number}.log",
                    variables=variables,
                )
            )
            for number in range(workers)
        ]
        until(about.is_file, process, log)
        until(lambda: _registered(log) == workers, process, log)
        yield json.loads(about.read_text())["address"], started


def _registered(log: Path) -> int:
    return log.read_text().count("Register worker")


def postgres_programs() -> Path | None:
    """The folder of PostgreSQL's server programs, the newest version's; None without them."""
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def postgres(programs: Path, databases: Sequence[str]) -> Iterator[list[str]]:
    """A PostgreSQL with empty databases; SQLAlchemy's addresses of them."""
    user = "postgres" if os.getuid() == 0 else None  # it refuses to be root
    port = free_port()
    # in no folder of pytest's: others may not look into those
    with tempfile.TemporaryDirectory(prefix="scanline-postgres-") as text:
        folder = Path(text)
        log = folder / "log"
        if user is not None:
            shutil.chown(folder, user)
        data = folder / "data"
        make: list[str | Path] = [
            programs / "initdb",
            "-D",
            data,
            "-U",
            "scanline",
            "-A",
            "trust",
            "--no-sync",
        ]
        with running(make, log, user=user) as made:
            assert made.wait(STARTS_WITHIN_S) == 0, log.read_text()
        serve: list[str | Path] = [
            programs / "postgres",
            "-D",
            data,
            "-p",
            str(port),
            "-k",
            folder,
            "-F",
        ]
        with running([*serve, "-c", "listen_addresses=127.0.0.1"], log, user=user) as server:
            until(lambda: "ready to accept" in log.read_text(), server, log)
            address = f"postgresql://scanline@127.0.0.1:{port}"
            with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
                for name in databases:
                    connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
            yield [f"{address}/{name}".replace(":", "+psycopg:", 1) for name in databases]


@contextmanager
def mlflow(folder: Path, store: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """An MLflow server with its records in ``store``: its address, and what waits until it is there."""
    port, log = free_port(), folder / "mlflow.log"
    words: list[str | Path] = [sys.executable, "-m", "mlflow", "server", "--port", str(port)]
    words += ["--workers", "1", "--backend-store-uri", store]
    words += ["--artifacts-destination", folder / "artifacts"]
    # it would start more processes, for jobs that nobody gives it
    variables = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with running(words, log, variables=variables) as server:
        address = f"http://127.0.0.1:{port}"
        yield address, lambda: until(lambda: _answers(f"{address}/health"), server, log)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False
