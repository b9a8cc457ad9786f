"""What waits until it has rested: a frame that is only passed on the way to another one does nothing."""

from collections.abc import Callable, Hashable
from threading import Lock, Timer

REST_S = 1.0


class Rest:
    """At most one action, done when it has waited for `REST_S`. Another one that comes sooner replaces it.

    It is done by a thread that sleeps until then, so also if the page is left, or the browser closed.
    """

    def __init__(self) -> None:
        """With nothing that waits."""
        self._lock = Lock()
        self._waiting: tuple[Hashable, Callable[[], None], Timer] | None = None

    def wait(self, about: Hashable, action: Callable[[], None]) -> None:
        """Do ``action`` once it has rested; one about the same that waits already goes on waiting.

        Args:
            about: what the action is about.
            action: short; it raises nothing.
        """
        with self._lock:
            if self._waiting is not None and self._waiting[0] == about:
                return
            self._stop()
            timer = Timer(REST_S, self.now, (about,))
            timer.daemon = True  # a server that ends does not wait for it
            self._waiting = about, action, timer
            timer.start()

    def now(self, about: Hashable = None) -> None:
        """Do what waits, if it is about the same; whatever it is about by default."""
        with self._lock:
            if self._waiting is None or about not in (None, self._waiting[0]):
                return
            _, action, _ = self._waiting
            self._stop()
        action()

    def drop(self) -> None:
        """Nothing waits any more."""
        with self._lock:
            self._stop()

    def _stop(self) -> None:
        if self._waiting is not None:
            self._waiting[2].cancel()
            self._waiting = None
