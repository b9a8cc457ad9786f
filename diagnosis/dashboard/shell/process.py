"""What the server changes of its process: garbage collection, the turn of a thread, and its sockets.

* While Keras and its like are imported nothing is collected, since what an import makes stays, and turns are
  short, so that pages which run meanwhile get theirs. Looking through the heap took a third of a second.
* What is there after that is frozen: no collection looks through it again.
* ``runner.postScriptGC`` is off (.streamlit/config.toml): Streamlit would collect everything after each run
  of each session, most of the cost of many sessions. Python collects by itself, as objects come;
  benchmarks/load.py --soak shows what that does to the memory.
* Small messages leave at once. Streamlit (1.67, on uvicorn) opens its listening socket without naming TCP as
  the protocol, and asyncio turns Nagle's algorithm off only where it is named, so the end of each run reached
  its browser 40 ms late. On Linux a connection has this option from its listener.
"""

import gc
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SWITCH_INTERVAL_S = 0.0005  # while importing; 0.005 is usual
_SOCKETS = Path("/proc/self/fd")
_one = threading.Lock()  # two at once would put back each other's values


@contextmanager
def undisturbed() -> Iterator[None]:
    """No garbage collection, and a short turn for each thread."""
    with _one:
        before = sys.getswitchinterval()
        gc.disable()
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        try:
            yield
        finally:
            sys.setswitchinterval(before)
            gc.enable()


def freeze() -> None:
    """No collection looks at the objects of now again."""
    gc.freeze()


def send_promptly() -> None:
    """Turn Nagle's algorithm off for the TCP sockets of this process, and for what their listeners accept."""
    if not _SOCKETS.is_dir():  # not Linux
        return
    for path in [path for path in _SOCKETS.iterdir() if path.is_socket()]:
        with suppress(OSError), socket.socket(fileno=os.dup(int(path.name))) as each:
            if each.family in {socket.AF_INET, socket.AF_INET6} and each.type == socket.SOCK_STREAM:
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
