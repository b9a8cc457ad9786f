"""Fixtures that several tests share: the real data, a running Scanline, a browser."""

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests import unit
from tests.browser import launch

ROOT = Path(__file__).resolve().parent.parent
STARTS_WITHIN_S = 90
QUIET: Any = {"locale": "en-GB", "color_scheme": "light", "reduced_motion": "reduce"}
# Streamlit 1.67 on Starlette 1: a page that is left while something is sent to it.
LEFT = re.compile(
    r"Exception in ASGI application\n(?:(?!\nException in ASGI).)*?"
    r"starlette\.websockets\.WebSocketDisconnected: Cannot call [^\n]*\n",
    re.DOTALL,
)
INSIDE = tuple(
    f"test_browser_{name}.py" for name in ("gates", "attribution", "perturbation", "import")
)
LONG = ("test_browser", "test_traces", "test_train_and_evaluate")  # how long files' names begin


class TogetherWhatShares(LoadScopeScheduling):
    """Of several processes two have the browser tests, each with a Scanline, one all of `tests.shipped`.

    Each compiles a model once. Any other file goes to whoever is free. Two browsers, two servers and a third
    process keep two cores busy; with three browsers each waits longer for the others.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", maxsplit=1)[0]
        name = Path(file).name
        if name.startswith(("test_browser", "test_server")):  # they share one Scanline
            return "browser, inside" if name in INSIDE else "browser"
        return "shipped" if "from tests.shipped" in (ROOT / file).read_text() else file


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--unit``; see `tests.unit`."""
    parser.addoption(
        "--unit", action="store_true", help="only tests that load no Keras and no page"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Unit tests do without Keras."""
    if config.getoption("unit"):
        unit.forbid_keras()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With ``--unit`` do not even import what is not a unit test."""
    return True if config.getoption("unit") and collection_path in unit.SYSTEM else None


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> TogetherWhatShares:
    """Groups by xdist's own ``loadgroup`` do nothing under pytest 9.2, which names each test anew."""
    return TogetherWhatShares(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what drives a browser. One process runs it last: the quick tests speak first.

    Of several processes none must be left alone with much to do at the end: there that comes first.
    A browser shows what lies between two states of a page for as long as a busy machine takes, so such a test
    has two more tries, which the summary names.
    """
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=2))
    if config.getoption("unit"):
        others = [item for item in items if not unit.is_unit(item)]
        items[:] = [item for item in items if unit.is_unit(item)]
        config.hook.pytest_deselected(items=others)
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not item.path.name.startswith(LONG))
    else:
        items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Of several processes the one that drives the browser comes first: it has most to do, and waits."""
    alone = not hasattr(item.config, "workerinput") or item.get_closest_marker("browser")
    if not alone and os.nice(0) == 0:
        os.nice(5)


def lacking(reason: str) -> NoReturn:
    """Skip the test for want of something; under CI nothing may be wanting, so fail it there."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """Streamlit leaves the script that it ran as ``__main__``, which a spawned process would run again."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="session", autouse=True)
def no_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is read in a test is not entered in the audit trail of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCANLINE_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets and scans, ``$SCANLINE_DATA``."""
    folder = os.environ.get("SCANLINE_DATA")
    if folder and Path(folder).is_dir():
        return Path(folder)
    lacking("SCANLINE_DATA is not set to a folder of real data")


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that the first of several processes fills, for all of them to read or copy.

    Args:
        factory: of the session.
        name: of the folder.
        make: fills it; it is there, and empty.
    """
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # the same for all workers
    folder, made = base / name, base / f"{name}.made"
    with FileLock(base / f"{name}.lock"):
        if not made.exists():
            folder.mkdir()
            make(folder)
            made.touch()
    return folder


@pytest.fixture(scope="session")
def empty_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of runs of a new home, to be copied: MLflow takes seconds to make its tables."""
    from diagnosis.jobs.tracking import client, runs_folder

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)

        def make(home: Path) -> None:
            patch.setenv("SCANLINE_HOME", str(home))
            client()

        patch.setenv("SCANLINE_HOME", str(made_once(tmp_path_factory, "registry", make)))
        return runs_folder()


@pytest.fixture(scope="session")
def app_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the Scanline of `app_url` has its ``home`` and its ``cache``, and what `tests.watched` noted."""
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="session")
def app_url(app_folder: Path) -> Iterator[str]:
    """The address of a Scanline of our own, its data and cache in a temporary folder, watched from inside."""
    from tests.watched import watching

    with scanline(app_folder, **watching(app_folder)) as url:
        yield url


@contextmanager
def scanline(folder: Path, *arguments: str, **variables: str) -> Iterator[str]:
    """Start a Scanline whose models and cache are in ``folder/home`` and ``folder/cache``; its address.

    Args:
        folder: of its own.
        arguments: further ones of Streamlit.
        variables: further ones of its environment.

    At the end its log must hold no traceback: what a page does not show may still have gone wrong.
    """
    with streamlit_page(ROOT / "app.py", folder, *arguments, **variables) as url:
        yield url


@contextmanager
def streamlit_page(script: Path, folder: Path, *arguments: str, **variables: str) -> Iterator[str]:
    """As `scanline`, with another script."""
    log = folder / "server.log"
    port = _free_port()
    environment = os.environ | {
        "SCANLINE_HOME": str(folder / "home"),
        "SCANLINE_CACHE": str(folder / "cache"),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        **variables,
    }
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    command += arguments
    with log.open("wb") as out:
        server = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        _wait_until_healthy(server, port, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
    said = LEFT.sub("", log.read_text())
    assert "Traceback" not in said, said


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_healthy(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while True:
        assert server.poll() is None, f"the server ended:\n{log.read_text()}"
        assert time.monotonic() < deadline, f"the server did not start:\n{log.read_text()}"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/_stcore/health")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.1)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; `make test` gets one where there is none."""
    with sync_playwright() as playwright:
        try:
            started = launch(playwright)
        except Error as error:
            lacking(f"no Chromium starts, run .ci/chromium: {error.message.splitlines()[0]}")
        yield started
        started.close()


@pytest.fixture(scope="session")
def desk(browser: Browser) -> Iterator[BrowserContext]:
    """A desktop's profile, 1440 × 900, light, without animations."""
    with browser.new_context(viewport={"width": 1440, "height": 900}, **QUIET) as context:
        yield context


@pytest.fixture(scope="session")
def hand(browser: Browser) -> Iterator[BrowserContext]:
    """A telephone's, 390 × 844 and touched, else as `desk`."""
    with browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, **QUIET
    ) as context:
        yield context


@pytest.fixture
def page(desk: BrowserContext) -> Iterator[Page]:
    """An empty page of a desktop."""
    yield from _emptied(desk)


@pytest.fixture
def phone(hand: BrowserContext) -> Iterator[Page]:
    """An empty page of a telephone."""
    yield from _emptied(hand)


def _emptied(context: BrowserContext) -> Iterator[Page]:
    """The one tab of a profile, left without anything of a test.

    In a tab of its own a test would cost the browser twice as much: scripts would be compiled again.
    """
    tab = context.pages[0] if context.pages else context.new_page()
    yield tab
    try:
        if tab.url.startswith("http"):  # Streamlit keeps there whether the menu is open
            tab.evaluate("[localStorage, sessionStorage].forEach(kept => kept.clear())")
        tab.goto("about:blank")
        tab.emulate_media(color_scheme=QUIET["color_scheme"])
    except Error:  # it has crashed, or hangs: the next test has another
        tab.close()
