"""Downloads that run beside the server, one for each file, seen and cancelled by all of its sessions."""

import threading
from typing import Literal

from diagnosis.core.access import require_write
from diagnosis.core.errors import InputError
from diagnosis.datasets.dataset import DatasetError
from diagnosis.datasets.download import DownloadError, retrieve
from diagnosis.datasets.facts import catalogue

State = Literal["running", "done", "failed", "cancelled"]
_lock = threading.Lock()
_latest: dict[tuple[str, int], "Download"] = {}


class _CancelledError(Exception):
    """Somebody cancelled it."""


class Download:
    """One file on its way. A thread of its own writes these fields, and anybody may read them."""

    def __init__(self, name: str, size: int) -> None:
        """Begin.

        Args:
            name: in the catalogue.
            size: that the set is published at.
        """
        self.state: State = "running"
        self.came, self.total = 0, 0  # bytes; 0 in all as long as the server has not said
        self.reason = ""  # of a failure: what follows the title of the set in a sentence
        self._facts, self._size = catalogue()[name], size
        self._cancelled = threading.Event()
        # A daemon: the server ends without waiting for it, and what it leaves is swept when one starts.
        threading.Thread(target=self._run, name=f"download-{name}-{size}", daemon=True).start()

    def cancel(self) -> None:
        """End it. The thread notices with the next bytes, or when none came for a while."""
        self._cancelled.set()
        if self.state == "running":
            self.state = "cancelled"

    def _run(self) -> None:
        try:
            retrieve(self._facts, self._size, self._report)
        except _CancelledError:
            return
        except DownloadError as error:
            self._end("failed", error.reason)
        except InputError as error:
            self._end("failed", f"could not be downloaded: {error}")
        except Exception as error:  # whatever it is, a page must not wait for ever
            self._end("failed", f"could not be downloaded ({type(error).__name__})")
            raise
        else:
            self._end("done")

    def _end(self, state: State, reason: str = "") -> None:
        self.reason = reason
        if not self._cancelled.is_set():
            self.state = state

    def _report(self, came: int, total: int) -> None:
        if self._cancelled.is_set():
            raise _CancelledError
        self.came, self.total = came, total


def start(name: str, size: int) -> Download:
    """Begin a download, or join the one that is running.

    Raises:
        DatasetError: no such file is published.
        InputError: this Scanline is read-only.
    """
    require_write("fetch data sets")
    facts = catalogue().get(name)
    if facts is None or size not in facts.files:
        raise DatasetError(f"Nothing is published as {name[:100]!r} at size {size}.")
    with _lock:
        found = _latest.get((name, size))
        if found is None or found.state != "running":
            found = _latest[name, size] = Download(name, size)
        return found


def latest(name: str, size: int) -> Download | None:
    """The last download of a file, however it ended; None if there was none."""
    with _lock:
        return _latest.get((name, size))
