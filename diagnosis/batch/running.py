"""Pieces of work through an executor, so that no file can stop the others."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import ExitStack
from dataclasses import replace

from diagnosis.batch.rows import Job, Row, read_files, sha256_if_readable
from diagnosis.core.errors import InputError
from diagnosis.core.executors import executor, lost

Read = Callable[[Job], list[Row]]

AHEAD = 256  # pieces under way at once: enough for many workers, and bounded for a million files

KILLED = (
    "The process that read this file was killed, perhaps for want of memory: read it alone, or give the "
    "processes more memory."
)


def completed(
    jobs: Iterable[Job], *, workers: int, read: Read = read_files
) -> Iterator[tuple[Job, list[Row]]]:
    """Read all files; pieces of work with their rows, in the order in which they are done.

    If a process is killed, the files that may have been its end are read once more, one by one. One whose
    process is killed again gets a row that states it.

    Args:
        jobs: pieces of work.
        workers: processes on this machine.
        read: called in them; returns a row for each path of a piece.

    Raises:
        InputError: see `diagnosis.core.executors.executor` and `read_files`.
    """
    waiting = deque(jobs)
    while waiting:
        suspects: list[Job] = []
        with executor(min(workers, len(waiting)), fresh=False) as pool:
            yield from _until_lost(pool, read, waiting, suspects)
        if suspects:
            yield from _one_by_one(suspects, read)


def _until_lost(
    pool: Executor, read: Read, waiting: deque[Job], suspects: list[Job]
) -> Iterator[tuple[Job, list[Row]]]:
    """Take from ``waiting`` until it is empty or a piece of work is lost; the lost ones become suspects."""
    running: dict[Future[list[Row]], Job] = {}
    while running or (waiting and not suspects):
        while waiting and not suspects and len(running) < AHEAD:
            try:
                running[pool.submit(read, waiting[0])] = waiting[0]
            except Exception as error:
                if not lost(error):
                    raise
                if not running:
                    return
                break  # the running ones are lost, too
            waiting.popleft()
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            job = running.pop(future)
            ended = future.exception()
            if ended is None:
                yield job, future.result()
            elif lost(ended):
                suspects.append(job)
            else:
                raise ended


def _one_by_one(jobs: Iterable[Job], read: Read) -> Iterator[tuple[Job, list[Row]]]:
    """Read files alone, each after it was seen that a process lives as long as it reads nothing."""
    with ExitStack() as pools:
        pool: Executor | None = None
        for job in jobs:
            rows: list[Row] = []
            for path in job.paths:
                if pool is None:
                    pool = pools.enter_context(executor(fresh=False))
                    _see_that_it_lives(pool, job, read)
                try:
                    rows += pool.submit(read, replace(job, paths=(path,))).result()
                except Exception as error:
                    if not lost(error):
                        raise
                    rows.append(
                        Row(sha256_if_readable(job.folder / path), "unreadable", error=KILLED)
                    )
                    pool = None
            yield job, rows


def _see_that_it_lives(pool: Executor, job: Job, read: Read) -> None:
    try:
        pool.submit(read, replace(job, paths=())).result()
    except Exception as error:
        if not lost(error):
            raise
        raise InputError(
            "The process that loads the model was killed before it read anything: see that there is "
            "more than a gigabyte of memory for each process, or take fewer (--workers)."
        ) from error
