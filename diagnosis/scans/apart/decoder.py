"""The process that decodes other people's files: ``python -m diagnosis.scans.apart.decoder``.

It has everything imported and one thread, and forks a child for each caller, who has one file decoded
or several. A file that takes too long or too much memory costs its child alone. The server starts it
and talks to it over standard input, a Unix socket: see `diagnosis.scans.apart.caller`, the other end.

A fork of a warm process takes a few milliseconds, a new interpreter with these imports a second.
Pools of processes (multiprocessing, loky, pebble) were no help: they import the server's main module
again or unpickle what a worker sends, and none bounds memory. This bounds resources, and is no
sandbox: a child may do what the user may.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import signal
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from diagnosis.scans.apart import wire
from diagnosis.scans.decode import read_scan
from diagnosis.scans.limits import MEGABYTE, WORKING, Limits
from diagnosis.scans.scan import ScanError

try:
    import resource
except ImportError:  # a system without fork, on which nobody starts this
    resource = None  # type: ignore[assignment]

READY = b"\1"
DECODERS = (
    "diagnosis.scans.dicom.pipeline",
    "diagnosis.scans.series.header",
    "diagnosis.scans.nifti.volume",
    "pylibjpeg",
    "openjpeg",
    "gdcm",
)
SPARE = (
    128 * MEGABYTE
)  # beyond what decoding may take: the interpreter, and what allocators round up
POLITE_AFTER_S, NICE = 1.0, 10  # who takes longer than others leaves the processor to them
LOOK_EVERY_MS = 500
LONGEST_S = 86_400


@dataclass
class _Child:
    pid: int
    caller: socket.socket  # which is closed when the caller no longer waits for a reply
    since: float
    polite: bool = False


def main() -> None:
    """Serve until the server is gone, however it went."""
    control = socket.socket(fileno=0)
    for module in DECODERS:
        with suppress(ImportError):
            importlib.import_module(module)
    gc.collect()
    gc.freeze()  # what is shared with the children stays shared
    children: dict[int, _Child] = {}
    poll = select.poll()
    poll.register(control, select.POLLIN)
    while True:
        for fd, _ in poll.poll(LOOK_EVERY_MS):
            if fd != control.fileno():
                _kill(children[fd])
                poll.unregister(fd)
                continue
            _, handles, _, _ = socket.recv_fds(control, 1, 2)
            if len(handles) != 2:
                for child in children.values():
                    _kill(child)
                return
            ours = [control, *(child.caller for child in children.values())]
            try:
                child = _forked(handles[0], handles[1], ours)
            except (
                OSError
            ):  # no memory is left for it: the caller sees its line end, and asks again
                for handle in handles:
                    os.close(handle)
                continue
            children[child.caller.fileno()] = child
            poll.register(child.caller, 0)  # nothing but the hang-up
        for fd, child in list(children.items()):
            if _ended(child):
                with suppress(KeyError):
                    poll.unregister(fd)
                child.caller.close()
                del children[fd]


def _kill(child: _Child) -> None:
    with suppress(ProcessLookupError):  # it is no other's number: we have not waited for it yet
        os.kill(child.pid, signal.SIGKILL)


def _ended(child: _Child) -> bool:
    if os.waitpid(child.pid, os.WNOHANG) != (0, 0):
        return True
    if not child.polite and time.monotonic() - child.since > POLITE_AFTER_S:
        child.polite = True
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, child.pid, NICE)
    return False


def _forked(line: int, caller: int, others: list[socket.socket]) -> _Child:
    pid = os.fork()
    if pid:
        os.close(line)
        return _Child(pid, socket.socket(fileno=caller), time.monotonic())
    status = 1
    try:
        for other in others:
            other.close()
        os.close(caller)
        _serve(socket.socket(fileno=line))
        status = 0
    except (OSError, EOFError):  # the caller has gone
        status = 0
    finally:
        os._exit(status)


def _serve(line: socket.socket) -> None:
    """Decode what one caller sends, file after file, until the line is closed."""
    line.sendall(READY)
    baseline = _address_space()

    def receive(into: memoryview) -> None:
        filled = 0
        while filled < len(into):
            got = line.recv_into(into[filled:])
            if not got:
                raise EOFError
            filled += got

    while True:
        signal.alarm(0)
        asked = wire.received_request(receive)
        _bound(asked.limits, baseline + 2 * len(asked.data))
        try:
            parts = _reply(asked)
        except ScanError as error:
            line.sendall(wire.error_reply(str(error)))
            continue
        del asked
        for part in parts:
            line.sendall(part)
        del parts


def _reply(asked: wire.Request) -> Sequence[bytes | memoryview]:
    if asked.key:
        from diagnosis.scans.series.header import read_header

        return [wire.header_reply(read_header(asked.data, key=asked.key, limits=asked.limits))]
    return wire.scan_reply(read_scan(asked.data, limits=asked.limits, time=asked.time))


def _bound(limits: Limits, baseline: int) -> None:
    """Let the system end this process if it grows or lasts, even if nobody is left to do so."""
    signal.alarm(min(limits.seconds + 5, LONGEST_S))  # the caller's own clock comes before it
    if baseline and resource is not None:
        most = baseline + WORKING * limits.pixels + SPARE
        with suppress(ValueError, OverflowError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


def _address_space() -> int:
    """Bytes of this process's address space; 0 where the system does not say or bound them."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - as cheap as can be
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for the server, which closes the line
    main()
