"""A process that computes folds one after the other, on this machine or as a worker of Dask's."""

import sys
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import ExitStack
from typing import Any

from diagnosis.core.executors import executor, lost
from diagnosis.tuning.fold import FoldWork, fold

# Each training leaves some 10 MB in its process, and a new process takes seconds to import Keras.
FOLDS_A_PROCESS = 20


class Worker:
    """One process of its own, so that one that dies takes no other trial's fold with it."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._executor: Executor | None = None
        self._used = 0

    def submit(self, work: FoldWork) -> "Future[dict[str, Any]]":
        """Begin a fold; the one before has ended."""
        if self._used >= FOLDS_A_PROCESS:
            self.renew()
        if self._executor is None:
            self._executor = self._open.enter_context(executor(1, fresh=False))
        self._used += 1
        try:
            return self._executor.submit(fold, work)
        except BrokenExecutor:  # it died while it had nothing to do
            self.renew()
            return self.submit(work)

    def renew(self) -> None:
        """Let go of the process; the next fold gets another."""
        self._open.close()
        self._executor, self._used = None, 0

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self.renew()


def is_lost(error: BaseException) -> bool:
    """Whether an error of a future says that its worker is gone, not that the work failed.

    A worker renews its executor, so what that cancels is no failure either.
    """
    cancelled: list[type[BaseException]] = [BrokenExecutor, CancelledError]
    if (distributed := sys.modules.get("distributed")) is not None:
        cancelled += [distributed.CancelledError, distributed.comm.CommClosedError]
    return lost(error) or isinstance(error, tuple(cancelled))
