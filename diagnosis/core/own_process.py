"""One call in a process of its own: its memory goes with the process, and it can be killed at any moment.

A ``ProcessPoolExecutor`` waits without limit for a worker that hangs while it exits, as one with TensorFlow's
threads may, and starts another worker that nothing is left to do for. Here one call has one process and one
pipe, and no wait lacks a limit once the call has returned.
"""

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection, wait
from typing import Any

EXITS_WITHIN_S = 5  # after it has returned; then it is killed


class Call:
    """A call that runs in a new process."""

    def __init__(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Start it.

        Args:
            function: importable by its name, as its arguments, result and errors can be pickled.
            args: of the function.
            kwargs: of the function.
        """
        context = multiprocessing.get_context("spawn")
        self._result, result = context.Pipe(duplex=False)
        parent, self._alive = context.Pipe(duplex=False)
        self._process = context.Process(
            target=_call, args=(parent, result, function, args, kwargs), daemon=False
        )
        self._process.start()
        for end in (parent, result):  # the child's; the pipe of a dead child is at its end
            end.close()

    def result(self) -> Any:
        """Wait for what the function returns; the process has ended then.

        Raises:
            BrokenProcessPool: the process was killed.
            BaseException: what the function raised.
        """
        try:
            wait([self._result, self._process.sentinel])
            error, value = self._result.recv()
        except (EOFError, OSError) as gone:
            raise BrokenProcessPool("The process was killed before it returned.") from gone
        finally:
            self._end()
        if error is not None:
            raise error
        return value

    def kill(self) -> None:
        """End it, whatever it does; `result` raises."""
        self._process.kill()

    def _end(self) -> None:
        self._process.join(EXITS_WITHIN_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._result.close()
        self._alive.close()


class NewProcesses(Executor):
    """Some threads, each of which waits for one call in a new process at a time."""

    def __init__(self, workers: int) -> None:
        """Allow so many at once."""
        self._threads = ThreadPoolExecutor(workers)
        self._lock = threading.Lock()
        self._running: set[Call] = set()
        self._closed = False

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a call made as soon as a thread is free."""
        return self._threads.submit(self._run, function, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; cancel means to kill, too."""
        self._threads.shutdown(wait=False, cancel_futures=cancel_futures)
        if cancel_futures:
            with self._lock:
                self._closed = True
                for call in self._running:
                    call.kill()
        self._threads.shutdown(wait)

    def _run(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        with self._lock:
            if self._closed:
                raise CancelledError
            call = Call(function, *args, **kwargs)
            self._running.add(call)
        try:
            return call.result()
        finally:
            with self._lock:
                self._running.discard(call)


def end_with_parent(parent: Connection) -> None:
    """Leave Ctrl-C to the parent, and end when its end of a pipe is closed, however that comes about."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        parent.poll(None)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _call(
    parent: Connection,
    result: Connection,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    end_with_parent(parent)
    try:
        outcome: tuple[BaseException | None, Any] = (None, function(*args, **kwargs))
    except BaseException as error:
        error.add_note("".join(traceback.format_exception(error)))
        outcome = (error, None)
    try:
        result.send(outcome)
    except Exception as error:  # it cannot be pickled
        result.send((RuntimeError(f"{type(error).__name__}: {error}"), None))
