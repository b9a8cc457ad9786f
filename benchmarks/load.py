"""Many people at once: readings a second, waiting times, errors, mix-ups and memory of a running Scanline.

    python -m benchmarks.load                       # alone, then 20, 50 and 200 sessions
    python -m benchmarks.load --soak 10000          # how the memory grows over so many readings
    python -m benchmarks.load --url http://…        # a server that is already there (without its memory)

No browser: each session speaks Streamlit's own protocol over its websocket, as a browser does. It opens the
read page, switches to the samples, and once all have done so reads test images of its own numbers one after
the other. One session alone reads all the numbers first; what somebody in the crowd is shown must be what
that one was shown: the same words and the same charts, to the last digit. Compare ratios and not times of
two machines.
"""

import argparse
import asyncio
import hashlib
import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil  # type: ignore[import-untyped]
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

ROOT = Path(__file__).resolve().parent.parent
CROWDS = (1, 20, 50, 200)
NUMBERS = 600  # of the task's test images, which are read in turn
PATIENCE_S = 600  # for one run of the page
STARTS_WITHIN_S = 90
PROTOCOLS = [Subprotocol("streamlit"), Subprotocol("PLACEHOLDER_AUTH_TOKEN")]  # as its pages say
OVER = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_WITH_COMPILE_ERROR)


@dataclass
class Shown:
    """What one run of the page showed."""

    seconds: float
    words: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    charts: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    def add(self, element: Any) -> None:
        """Take in an element of the page."""
        kind = str(element.WhichOneof("type"))
        body = getattr(element, kind)
        if kind == "exception":
            self.errors.append(f"{body.type}: {body.message}"[:200])
        elif kind in {"markdown", "alert", "heading"} and not body.body.startswith("Waiting"):
            self.words.append(body.body)
            self.digest.update(body.body.encode())
        elif kind == "plotly_chart":
            self.charts += 1
            self.digest.update(body.spec.encode())


class Session:
    """One session on the read page."""

    def __init__(self, url: str, task: str, model: str) -> None:
        self._url = url.replace("http", "ws", 1) + "/_stcore/stream"
        self._query = f"task={task}&model={model}"
        self._widgets: dict[str, str] = {}  # key -> id
        self._states: dict[str, str | int] = {}  # key -> value

    async def __aenter__(self) -> "Session":
        self._socket = await connect(
            self._url, subprotocols=PROTOCOLS, max_size=None, open_timeout=PATIENCE_S, ping_interval=None
        )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()

    async def run(self, **states: str | int) -> Shown:
        """Change widgets, given by their keys with ``_`` for ``-``, and run the page to its end."""
        self._states |= {key.replace("_", "-"): value for key, value in states.items()}
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.page_name = "read"
        for key, value in self._states.items():
            widget = message.rerun_script.widget_states.widgets.add(id=self._widgets[key])
            if isinstance(value, int):
                widget.int_value = value
            else:
                widget.string_array_value.data.append(value)
        started = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        shown = Shown(0)
        while True:
            reply = ForwardMsg()
            async with asyncio.timeout(PATIENCE_S):
                reply.ParseFromString(await self._socket.recv())
            kind = reply.WhichOneof("type")
            if kind == "delta" and reply.delta.WhichOneof("type") == "new_element":
                element = reply.delta.new_element
                identity = getattr(getattr(element, str(element.WhichOneof("type"))), "id", "")
                if identity.startswith("$$ID-"):
                    self._widgets[identity.split("-", 2)[2]] = identity
                shown.add(element)
            elif kind == "script_finished" and reply.script_finished in OVER:
                shown.seconds = time.perf_counter() - started
                return shown


class Crowd:
    """Sessions that read at once."""

    def __init__(self, url: str, task: str, model: str) -> None:
        self.url, self.task, self.model = url, task, model
        self.truth: dict[
            int, str
        ] = {}  # number of the image -> digest of what was shown of it first
        self.errors: list[str] = []
        self.mixed = 0

    async def read(
        self, numbers: Sequence[int], out: list[float], together: asyncio.Barrier | None = None
    ) -> None:
        """Read images in one session; appends the seconds of each.

        Args:
            numbers: of the test images.
            out: grows.
            together: where sessions wait for each other once their page is open.
        """
        try:
            async with Session(self.url, self.task, self.model) as session:
                await session.run()
                await session.run(source="Sample")
                if together:
                    await together.wait()
                for number in numbers:
                    shown = await session.run(**{f"sample-{self.task}": number})
                    out.append(shown.seconds)
                    self._look_at(number, shown)
        except Exception as error:  # whatever it is, it belongs into the table
            self.errors.append(f"{type(error).__name__}: {error}"[:200])
            if together:
                await together.abort()

    def _look_at(self, number: int, shown: Shown) -> None:
        self.errors += shown.errors
        if not shown.charts:
            self.errors.append(f"no chart of image {number}: {' | '.join(shown.words)[-300:]}")
        self.mixed += self.truth.setdefault(number, shown.digest.hexdigest()) != (
            shown.digest.hexdigest()
        )

    async def together(self, sessions: int, rounds: int) -> tuple[list[float], float]:
        """Seconds of each reading, and of all from the moment at which every session has its page open."""
        numbers = [
            [(session * rounds + turn) % NUMBERS + 1 for turn in range(rounds)]
            for session in range(sessions)
        ]
        times: list[list[float]] = [[] for _ in numbers]
        barrier = asyncio.Barrier(sessions + 1)
        async with asyncio.TaskGroup() as group:
            for own, out in zip(numbers, times, strict=True):
                group.create_task(self.read(own, out, barrier))
            await barrier.wait()
            started = time.perf_counter()
        return [one for out in times for one in out], time.perf_counter() - started


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", help="of a server; one is started by default")
    parser.add_argument("--sessions", type=int, nargs="+", default=CROWDS)
    parser.add_argument("--rounds", type=int, default=5, help="readings of each session")
    parser.add_argument("--soak", type=int, help="read so many times instead, 20 sessions at once")
    parser.add_argument("--task", default="phantoms")
    parser.add_argument("--model", default="gru")
    arguments = parser.parse_args()
    with _server(arguments.url) as (url, process):
        crowd = Crowd(url, arguments.task, arguments.model)
        if arguments.soak:
            asyncio.run(_soak(crowd, arguments.soak, process))
        else:
            asyncio.run(_table(crowd, arguments.sessions, arguments.rounds, process))
    for error in sorted(set(crowd.errors))[:10]:
        print("  ", error)


async def _table(
    crowd: Crowd, crowds: Sequence[int], rounds: int, process: psutil.Process | None
) -> None:
    await crowd.read([1, 2, 3], [])  # compiles the model
    alone: list[float] = []
    most = min(NUMBERS, max(crowds) * rounds)
    await crowd.read(range(1, most + 1), alone)
    rate = len(alone) / sum(alone)
    print(
        "sessions  readings/s  of alone  median s   p95 s   max s  errors  mixed up  MB before  after"
    )
    for sessions in crowds:
        before = _megabytes(process)
        times, seconds = alone, sum(alone)
        if sessions > 1:
            times, seconds = await crowd.together(sessions, rounds)
        print(
            f"{sessions:8}  {_timed(times, seconds, rate)}  {len(crowd.errors):6}  {crowd.mixed:8}"
            f"  {before:9.0f}  {_megabytes(process):5.0f}",
            flush=True,
        )


def _timed(times: list[float], seconds: float, alone: float) -> str:
    times = sorted(times) or [float("nan")]
    rate = len(times) / seconds
    return (
        f"{rate:10.1f}  {rate / alone:8.2f}  {statistics.median(times):8.3f}"
        f"  {times[int(0.95 * len(times))]:6.2f}  {times[-1]:6.2f}"
    )


async def _soak(crowd: Crowd, predictions: int, process: psutil.Process | None) -> None:
    """Read in twenty sessions at a time, and say now and then how much memory the server has."""
    sessions, rounds, done = 20, 25, 0
    print("readings  readings/s  errors  mixed up  MB  of the first")
    first = 0.0
    while done < predictions:
        times, seconds = await crowd.together(sessions, rounds)
        done += len(times)
        now = _megabytes(process)
        first = first or now
        print(
            f"{done:8}  {len(times) / seconds:10.1f}  {len(crowd.errors):6}  {crowd.mixed:8}"
            f"  {now:5.0f}  {now / first:.3f}",
            flush=True,
        )
        if not times:
            return


def _megabytes(process: psutil.Process | None) -> float:
    return float("nan") if process is None else process.memory_info().rss / 1e6


@contextmanager
def _server(url: str | None) -> Iterator[tuple[str, psutil.Process | None]]:
    """The given server, or one of our own with a home of its own."""
    if url:
        yield url.rstrip("/"), None
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        own = os.environ | {"SCANLINE_HOME": folder}
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
        server = subprocess.Popen(command, cwd=ROOT, env=own, stdout=subprocess.DEVNULL)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(address)
            yield address, psutil.Process(server.pid)
        finally:
            server.terminate()
            server.wait()


def _wait(url: str) -> None:
    """Until it answers."""
    started = time.perf_counter()
    while True:
        try:
            connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=2)
            connection.request("GET", "/_stcore/health")
            connection.getresponse()
            return
        except OSError:
            if time.perf_counter() - started > STARTS_WITHIN_S:
                raise
            time.sleep(0.1)


if __name__ == "__main__":
    main()
