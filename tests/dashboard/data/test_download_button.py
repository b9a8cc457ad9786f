"""The button that gets a data set, on the page Data sets; without a browser, against a real HTTP server."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from diagnosis.core.access import OPEN, READ_ONLY
from diagnosis.datasets import background, locate
from tests.dashboard.test_pages import opened, words
from tests.file_server import FileServer, slow_mirror

SET, FILE = "breastmnist", "breastmnist.npz"
START, CANCEL = f"download-start-{SET}-28", f"download-cancel-{SET}-28"
WITHIN_S = 60


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty machine's folder for downloads."""
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCANLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SCANLINE_DATA", raising=False)
    return tmp_path / "cache"


@pytest.fixture
def server(real_data: Path, tmp_path: Path) -> Iterator[FileServer]:
    """A mirror of the real file that sends its second half when it is told to."""
    with slow_mirror(real_data / FILE, tmp_path / "served") as running:
        yield running


def _keys(app: AppTest) -> set[str | None]:
    return {button.key for button in app.button}


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _over() -> bool:
    found = background.latest(SET, 28)
    return found is not None and found.state in ("done", "failed")


def test_a_set_is_got_cancelled_and_got_again(server: FileServer, cache: Path) -> None:
    app = opened("data", {"set": SET})
    assert START in _keys(app) and locate(SET) is None
    app.button(START).click().run()
    assert not app.exception
    assert CANCEL in _keys(app) and START not in _keys(app)
    assert len(app.get("progress")) == 1
    app.button(CANCEL).click().run()
    assert START in _keys(app) and CANCEL not in _keys(app)
    app.button(START).click().run()
    server.go_on.set()
    _until(_over)
    app.run()
    assert not app.exception and locate(SET) == cache / FILE
    assert START not in _keys(app)
    assert "Training images" in [heading.value for heading in app.subheader]


def test_without_a_network_one_sentence_says_what_to_do(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCANLINE_MIRROR", "http://127.0.0.1:9/sets")  # nobody listens there
    app = opened("data", {"set": SET})
    app.button(START).click().run()
    _until(_over)
    app.run()
    (warning,) = app.warning
    assert "cannot be reached" in warning.value
    assert START in _keys(app) and str(cache) in words(app)
    monkeypatch.setenv(OPEN, "1")
    app.run()
    assert str(cache) not in words(app) and f"sets/{FILE}" in words(app)


def test_a_read_only_server_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(READ_ONLY, "1")
    assert not any("download-start" in (key or "") for key in _keys(opened("data", {"set": SET})))
