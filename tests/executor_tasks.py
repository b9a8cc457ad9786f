"""What test_executors.py and test_batch_reading.py have other processes do, which import it by this name."""

import os
import signal
import threading
import time
from pathlib import Path

from diagnosis.batch import rows
from diagnosis.batch.rows import Job, Row


def process(_: object = None) -> int:
    """Which process does it."""
    return os.getpid()


def sleep_in(file: str) -> None:
    """Say who we are, and sleep."""
    Path(file).write_text(str(os.getpid()))
    time.sleep(60)


def die() -> None:
    """As the system ends a process for want of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def never_exit(file: str) -> int:
    """Return, and then hang while the process exits, as threads of a library may have it do."""
    threading.Thread(target=time.sleep, args=(600,)).start()
    Path(file).write_text(str(os.getpid()))
    return os.getpid()


def grow(file: str) -> None:
    """Never return."""
    while True:
        with Path(file).open("a") as growing:
            growing.write(".")


def divide(a: int, b: int) -> float:
    """An error of its own if b is 0."""
    return a / b


def slow_once(file: str) -> int:
    """Sleep in the process that comes first, answer in the second."""
    if not Path(file).exists():
        sleep_in(file)
    return os.getpid()


def read_or_die(job: Job) -> list[Row]:
    """A row for each path; the process ends at one that is called deadly."""
    for path in job.paths:
        if "deadly" in path:
            die()
    return [Row(path, "predicted") for path in job.paths]


def always_die(job: Job) -> list[Row]:
    """As where there is not even memory for the model."""
    die()
    return []


def pieces_read() -> int:
    """How many pieces of work of a folder this worker has read with the model that it has loaded."""
    about = rows._model.cache_info()
    return about.hits + about.misses
