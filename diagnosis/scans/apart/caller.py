"""Decode a file in a process apart, which can be ended: what a server does with other people's files.

`diagnosis.scans.apart.decoder` is the other end. It is started when it is first needed, ends with the
server, and is started again should it be lost. Where there is no fork, files are decoded in the
server itself.
"""

from __future__ import annotations

import hashlib
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from diagnosis.core.paths import ROOT
from diagnosis.scans.apart import wire
from diagnosis.scans.decode import DECODE, read_scan
from diagnosis.scans.limits import Limits
from diagnosis.scans.scan import Scan, ScanError

if TYPE_CHECKING:  # it brings pydicom, which the decoding process needs and a page does not
    from diagnosis.scans.series.file_header import FileHeader

AT_ONCE = 8  # files decoded in the same moment; each may take a GB
LOOK_EVERY_S = 0.1
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

Waiting = Callable[[], object]
Reply = TypeVar("Reply")

log = logging.getLogger(__name__)
_turns = threading.BoundedSemaphore(AT_ONCE)


class _LostError(Exception):
    """The decoding process ended without a reply."""


class _LateError(Exception):
    """There is no reply in time."""


class Decoder:
    """A child of the decoding process, for one file after the other; a new one after each that it lost."""

    def __init__(self, while_waiting: Waiting | None = None) -> None:
        """Begin; nothing is started before the first file.

        Args:
            while_waiting: called ten times a second while a file is decoded. If it raises, the work ends.
        """
        self._while_waiting = while_waiting or (lambda: None)
        self._line: _Line | None = None

    def read(self, data: bytes, *, limits: Limits | None = None, time: int = 1) -> Scan:
        """As `read_scan`, and no longer than the limit of seconds.

        Raises:
            ScanError: as `read_scan`, or it takes too long, or the decoder did not survive it.
        """
        limits = limits or Limits.from_environment()
        limits.check_bytes(len(data))

        def received(receive: wire.Receive) -> Scan | str:
            sha256 = hashlib.sha256(data).hexdigest()
            return wire.received_scan(receive, limits, sha256=sha256)

        return self._asked(
            wire.Request(data, limits, time),
            received,
            lambda: read_scan(data, limits=limits, time=time),
        )

    def header(self, data: bytes, *, key: bytes, limits: Limits | None = None) -> FileHeader:
        """As `read_header` of a series' file, and no longer than the limit of seconds.

        Raises:
            ScanError: as `read_header`, or as `read`.
        """
        limits = limits or Limits.from_environment()
        limits.check_bytes(len(data))

        def here() -> FileHeader:
            from diagnosis.scans.series.header import read_header

            return read_header(data, key=key, limits=limits)

        return self._asked(wire.Request(data, limits, key=key), wire.received_header, here)

    def _asked(
        self,
        request: wire.Request,
        received: Callable[[wire.Receive], Reply | str],
        here: Callable[[], Reply],
    ) -> Reply:
        """What the child replies, or what is made here where there is no child."""
        if not _available():
            return here()
        with _turn(request.limits, self._while_waiting):
            for _ in range(2):
                try:
                    return self._exchanged(request, received)
                except _LostError:
                    self.close()
                    if _cannot_start():
                        return here()
                except BaseException:
                    if self._line is not None and self._line.busy:
                        self.close()
                    raise
        raise ScanError("The file could not be decoded now: try again in a minute.")

    def close(self) -> None:
        """End the child, whatever it does."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _exchanged(
        self, request: wire.Request, received: Callable[[wire.Receive], Reply | str]
    ) -> Reply:
        if self._line is None:
            self._line = _HELPER.line(self._while_waiting)
            self._line.await_start()
        line, limits = self._line, request.limits
        line.busy = True
        line.deadline = time.monotonic() + limits.seconds
        try:
            for part in request.parts():
                line.send(part)
            found = received(line.receive)
        except _LateError as error:
            raise ScanError(
                f"The file takes longer than {limits.seconds} s to decode: give a smaller picture, or "
                "save it again as PNG."
            ) from error
        except (_LostError, wire.GarbledError, OSError) as error:
            raise ScanError(
                "Decoding the file needs more memory than allowed, or breaks the decoder: give a "
                "smaller picture, or save it again as PNG."
            ) from error
        line.busy = False
        if isinstance(found, str):
            raise ScanError(found)
        return found


@contextmanager
def all_apart(while_waiting: Waiting | None = None) -> Iterator[None]:
    """Within the block, pictures of a source that is imported are decoded apart, one after the other."""
    decoder = Decoder(while_waiting)
    token = DECODE.set(decoder.read)
    try:
        yield
    finally:
        DECODE.reset(token)
        decoder.close()


def start() -> None:
    """Start the decoding process, unless it runs. Returns before it is ready."""
    if _available():
        _HELPER.start()


@contextmanager
def _turn(limits: Limits, while_waiting: Waiting) -> Iterator[None]:
    until = time.monotonic() + 3 * limits.seconds
    while not _turns.acquire(timeout=LOOK_EVERY_S):
        while_waiting()
        if time.monotonic() > until:
            raise ScanError("Many files are being decoded at the moment: try again in a minute.")
    try:
        yield
    finally:
        _turns.release()


class _Line:
    """A connection to a child, and the handle by whose closing it is killed."""

    def __init__(self, line: socket.socket, life: socket.socket, while_waiting: Waiting) -> None:
        self._line, self._life, self._while_waiting = line, life, while_waiting
        line.settimeout(LOOK_EVERY_S)
        self.deadline = float("inf")
        self.busy = False  # with a file

    def await_start(self) -> None:
        """Return when the child is there.

        Raises:
            _LostError: it will not be.
        """
        try:
            self.receive(memoryview(bytearray(1)))
        except OSError as error:
            raise _LostError from error

    def send(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self._line.send(rest) :]
            except TimeoutError:
                self._look()

    def receive(self, into: memoryview) -> None:
        while into:
            try:
                got = self._line.recv_into(into)
            except TimeoutError:
                self._look()
                continue
            if not got:
                raise _LostError
            into = into[got:]

    def close(self) -> None:
        self._line.close()
        self._life.close()

    def _look(self) -> None:
        self._while_waiting()
        if time.monotonic() > self.deadline:
            raise _LateError


class _Helper:
    """The decoding process of this one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def start(self) -> None:
        with self._lock:
            self._running()

    def line(self, while_waiting: Waiting) -> _Line:
        """A child of its own for the caller.

        Raises:
            _LostError: the process cannot be started.
        """
        ours, theirs = socket.socketpair()
        life, watched = socket.socketpair()
        with theirs, watched, self._lock:
            for _ in range(2):  # it may have been killed since it was last used
                try:
                    socket.send_fds(self._running(), [b"."], [theirs.fileno(), watched.fileno()])
                    return _Line(ours, life, while_waiting)
                except OSError:
                    self._stop()
        ours.close()
        life.close()
        raise _LostError

    def exit_status(self) -> int | None:
        """What the process ended with; None if it runs, or has for a second gone on after a line was lost."""
        with self._lock:
            if self._process is None:
                return None
            try:
                return self._process.wait(1)
            except subprocess.TimeoutExpired:
                return None

    def _running(self) -> socket.socket:
        if self._process is not None and self._process.poll() is not None:
            self._stop()
        if self._control is None:
            self._control, theirs = socket.socketpair()
            places = [str(ROOT), os.environ.get("PYTHONPATH", "")]
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "diagnosis.scans.apart.decoder"],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,  # libtiff's words about odd files
                    env=os.environ
                    | ONE_THREAD
                    | {"PYTHONPATH": os.pathsep.join(place for place in places if place)},
                    start_new_session=True,  # Ctrl-C is the server's
                )
        return self._control

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()


_HELPER = _Helper()


def _available() -> bool:
    return hasattr(os, "fork") and hasattr(socket, "send_fds")


def _cannot_start() -> bool:
    """Whether it ended by itself, as where an import fails; a kill is no reason to do without it."""
    status = _HELPER.exit_status()
    if status is None or status <= 0:
        return False
    log.warning("The decoding process cannot start; files are decoded in the server itself")
    return True
