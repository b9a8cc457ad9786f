"""Put before everything else of a process by PYTHONPATH: what it writes and whom it asks is noted and kept.

Lines of ``$WATCHED``: ``wrote PATH`` for a file that is opened to be written, ``asked ADDRESS`` for another
machine, which is refused as if there were no network.
"""

import ipaddress
import os
import sys
import tempfile

tempfile.gettempdir()  # the first time it writes a word to see whether that is a folder to write in
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_log = os.open(os.environ["WATCHED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def _watch(event: str, args: tuple) -> None:
    if event == "open" and isinstance(args[2], int) and args[2] & WRITES:
        _note("wrote", args[0])
    elif event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        address = args[0] if event.startswith("socket.get") else args[1]
        if isinstance(address, tuple):
            address = address[0]
        if isinstance(address, str) and _elsewhere(address):
            _note("asked", address)
            raise ConnectionRefusedError(f"{address} is not this machine")


def _elsewhere(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name, or the path of a local socket
        return host not in ("localhost", "") and not host.startswith("/")


def _note(what: str, value: object) -> None:
    os.write(_log, f"{what} {value}\n".encode("utf-8", "backslashreplace"))


sys.addaudithook(_watch)
