"""Turns of many sessions in one process: first come, first served, with a notice to those who wait.

* **Runs of pages**: one at a time, for as long as it is short. Python runs one thread at a time anyway, and
  many that take it from each other after each message did two thirds of the work of one
  (benchmarks/load.py). A run that takes longer, because it waits for something or computes, no longer counts.
* **Predictions**: as many at once as there are cores, which bounds their memory.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner

AT_ONCE = max(
    2, os.cpu_count() or 1
)  # at least two, since a first prediction, which compiles, takes long
LONGEST_S = 0.25  # a run of a page takes some 0.03 s
SAY_AFTER_S = 1.0  # a shorter wait is not shown


class Turns:
    """A number of places for threads, handed on in the order of asking."""

    def __init__(self, places: int, longest: float = float("inf")) -> None:
        """Make them.

        Args:
            places: how many.
            longest: seconds after which a place is another's, if one waits for it.
        """
        self._places, self._longest = places, longest
        self._since: dict[int, float] = {}  # thread -> when it got its place
        self._waiting: deque[tuple[int, threading.Event]] = deque()
        self._lock = threading.Lock()

    def enter(self, say: Callable[[int], None], after: float = SAY_AFTER_S) -> None:
        """Wait for a place.

        Only the first of those who wait looks whether the place is free by now; the others sleep. Of two
        hundred each wake-up and each notice takes time from the one that has the place.

        Args:
            say: gets the number of threads before this one after ``after`` seconds, and again when it has
                changed, each time after twice as long. An exception that it raises ends the wait.
            after: seconds.
        """
        thread, own = threading.get_ident(), threading.Event()
        with self._lock:
            self._since.pop(thread, None)  # a thread before it may have had its number
            self._waiting.append((thread, own))
        due, said = time.monotonic() + after, -1
        try:
            while (before := self._look(thread, own)) is not None:
                if (now := time.monotonic()) >= due:
                    if before != said:
                        say(before)
                        said, after = before, 2 * after
                    due = now + after
                own.wait(due - now if before else min(due - now, self._longest))
        except BaseException:
            self.leave()
            raise

    def _look(self, thread: int, own: threading.Event) -> int | None:
        """The number of threads before this one; None once it has its place."""
        with self._lock:
            self._hand_out()
            own.clear()
            return next((n for n, (each, _) in enumerate(self._waiting) if each == thread), None)

    def leave(self) -> None:
        """Give this thread's place back, or give up waiting for one; else nothing happens."""
        thread = threading.get_ident()
        with self._lock:
            self._since.pop(thread, None)
            self._waiting = deque(each for each in self._waiting if each[0] != thread)
            self._hand_out()

    @contextmanager
    def turn(self, say: Callable[[int], None], after: float = SAY_AFTER_S) -> Iterator[None]:
        """Wait for a place as `enter` does, and have it as long as the block lasts."""
        self.enter(say, after)
        try:
            yield
        finally:
            self.leave()

    def _hand_out(self) -> None:
        """Give places to the first of those who wait; whoever is the first then looks by himself."""
        while self._waiting and self._free():
            thread, event = self._waiting.popleft()
            self._since[thread] = time.monotonic()
            event.set()
        if self._waiting:
            self._waiting[0][1].set()

    def _free(self) -> bool:
        """Whether there is a place, or one was had for too long, and now is free."""
        if len(self._since) < self._places:
            return True
        late = min(self._since, key=self._since.__getitem__)
        if time.monotonic() - self._since[late] < self._longest:
            return False
        del self._since[late]
        return True


class _Waiting:
    """The notice that a waiting user sees."""

    def __init__(self, above: Callable[[], None] | None = None) -> None:
        self._above = above  # what is drawn before it, once
        self._place: Any = None

    def say(self, before: int) -> None:
        if self._place is None:
            if self._above is not None:
                self._above()
            self._place = st.empty()
        self._place.caption(
            f"Waiting: {before} before you." if before else "Waiting: you are next."
        )

    def over(self) -> None:
        if self._place is not None:
            self._place.empty()


_pages, _predictions = Turns(1, LONGEST_S), Turns(AT_ONCE)


def begin_page(frame: Callable[[], None]) -> None:
    """Wait until it is this run's turn, which ends with the run; then draw the frame of the page.

    A user who has to wait sees the frame at once.
    """
    _give_back_after_runs()
    frame = cache(frame)
    waiting = _Waiting(frame)
    _pages.enter(waiting.say)
    frame()
    waiting.over()


@cache
def _give_back_after_runs() -> None:
    """From the next run of a page on, its turn ends with the run; until then, after `LONGEST_S`.

    Streamlit has no hook for that.
    """
    run = ScriptRunner._run_script

    def run_and_leave(self: ScriptRunner, *args: Any) -> None:
        try:
            run(self, *args)
        finally:
            _pages.leave()

    ScriptRunner._run_script = run_and_leave  # type: ignore[method-assign, assignment]


@contextmanager
def turn() -> Iterator[None]:
    """A place among the predictions of this process, with a notice while it waits. Not to be nested."""
    waiting = _Waiting()
    with _predictions.turn(waiting.say):
        waiting.over()
        yield
