"""A real HTTP server on loopback that serves a folder, well or badly, by the first part of the path."""

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

WAITS_S = 30  # for a test that never lets a slow file go on


@dataclass
class FileServer:
    """Where it is, and what it serves."""

    address: str
    folder: Path
    go_on: threading.Event = field(default_factory=threading.Event)  # slow files are sent on


@contextmanager
def serving(folder: Path) -> Iterator[FileServer]:
    """Serve a folder as long as the block lasts.

    What is asked for under ``cut`` breaks off half-way; under ``slow`` the second half waits for ``go_on``;
    under ``endless`` it never ends; under ``vast`` an enormous length is announced.
    """
    server = FileServer("", folder)
    handler = functools.partial(_Files, server, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        server.address = f"http://127.0.0.1:{running.server_address[1]}"
        thread = threading.Thread(target=running.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.go_on.set()
            running.shutdown()
            thread.join()


@contextmanager
def slow_mirror(file: Path, folder: Path) -> Iterator[FileServer]:
    """Make a server of one file, slow, the mirror that data sets are fetched from.

    Args:
        file: to serve.
        folder: for a copy of it; it is made.
    """
    folder.mkdir()
    (folder / file.name).write_bytes(file.read_bytes())
    with serving(folder) as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCANLINE_MIRROR", f"{running.address}/slow")
        yield running


class _Files(http.server.SimpleHTTPRequestHandler):
    def __init__(self, server: FileServer, *args: object, directory: str) -> None:
        self._served = server
        super().__init__(*args, directory=directory)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        kind = self.path.strip("/").partition("/")[0]
        if kind not in {"cut", "slow", "endless", "vast"}:
            return super().do_GET()
        content = (self._served.folder / Path(self.path).name).read_bytes()
        half = len(content) // 2
        self.send_response(200)
        if kind != "endless":
            length = 10**12 if kind == "vast" else len(content)
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.close_connection = True
        try:
            self.wfile.write(content[:half])
            if kind == "slow":
                self._served.go_on.wait(WAITS_S)
                self.wfile.write(content[half:])
            while kind == "endless":
                self.wfile.write(content)
        except OSError:  # whoever asked is gone
            pass
        return None

    def log_message(self, *args: object) -> None:
        """Say nothing."""
