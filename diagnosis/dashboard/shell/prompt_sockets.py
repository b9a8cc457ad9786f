"""Small messages leave at once: without this the end of each reading reached its browser 40 ms late.

Streamlit (1.67, on uvicorn) opens its listening socket without naming TCP as the protocol, and asyncio turns
Nagle's algorithm off only where it is named. So the last small message of a run waited until the browser had
acknowledged the one before, which it puts off. On Linux a connection has this option from whoever listens.
"""

import os
import socket
from contextlib import suppress
from pathlib import Path

_OPEN = Path("/proc/self/fd")


def send_promptly() -> None:
    """Turn Nagle's algorithm off for the TCP sockets of this process, and for what their listeners accept."""
    if not _OPEN.is_dir():  # not Linux
        return
    for path in [path for path in _OPEN.iterdir() if path.is_socket()]:
        with suppress(OSError), socket.socket(fileno=os.dup(int(path.name))) as each:
            if each.family in {socket.AF_INET, socket.AF_INET6} and each.type == socket.SOCK_STREAM:
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
