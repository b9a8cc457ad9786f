"""At most as many readings at once as there are cores, in the order in which they were asked for.

More at once would only take turns at the same cores, each waiting for all others; so whoever comes first is
done first, and the memory that readings take is bounded. A person who waits is told how many come before.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

AT_ONCE = max(2, os.cpu_count() or 1)  # two at least: a first reading, which compiles, is not all
SAY_EVERY_S = 1.0  # a wait that is shorter is not worth a word


class Turns:
    """A number of places, handed on in the order of asking."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, say: Callable[[int], None], every: float = SAY_EVERY_S) -> Iterator[None]:
        """Wait for a place, and have it as long as the block lasts.

        Args:
            say: told how many come before, after each ``every`` seconds in which that became another
                number. What it raises ends the wait.
            every: seconds.
        """
        own = threading.Event()
        with self._lock:
            if self._free:
                self._free -= 1
                own.set()
            else:
                self._waiting.append(own)
        try:
            self._wait(own, say, every)
            yield
        finally:
            self._hand_on(own)

    def _wait(self, own: threading.Event, say: Callable[[int], None], every: float) -> None:
        said = -1
        while not own.wait(every):
            with self._lock:
                before = self._waiting.index(own) if own in self._waiting else 0
            if before != said:
                say(before)
                said = before

    def _hand_on(self, own: threading.Event) -> None:
        with self._lock:
            if not own.is_set():  # it was not waited for to the end
                self._waiting.remove(own)
            elif self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1


_readings = Turns(AT_ONCE)


@contextmanager
def turn() -> Iterator[None]:
    """A place among the readings of this process; whoever waits for it sees that. Not to be nested."""
    place = None

    def say(before: int) -> None:
        nonlocal place
        place = place or st.empty()
        place.caption(f"Waiting: {before} before you." if before else "Waiting: you are next.")

    with _readings.turn(say):
        if place is not None:
            place.empty()
        yield
