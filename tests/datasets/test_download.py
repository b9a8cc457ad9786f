"""Downloads beside the server: progress, cancelling, beginning anew, bounds; against a real HTTP server."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from diagnosis.core.access import READ_ONLY
from diagnosis.core.errors import InputError
from diagnosis.datasets import background, catalogue, locate
from diagnosis.datasets.download import DownloadError, retrieve
from tests.file_server import FileServer, slow_mirror

SET, FILE = "breastmnist", "breastmnist.npz"
WITHIN_S = 30


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty machine's folder for downloads."""
    monkeypatch.delenv("SCANLINE_DATA", raising=False)
    monkeypatch.setenv("SCANLINE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def server(real_data: Path, cache: Path, tmp_path: Path) -> Iterator[FileServer]:
    """A mirror of the real file that sends its second half when it is told to."""
    with slow_mirror(real_data / FILE, tmp_path / "served") as running:
        yield running


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _there(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_progress_is_seen_and_the_file_is_there_when_it_is_whole(
    server: FileServer, cache: Path
) -> None:
    running = background.start(SET, 28)
    _until(lambda: running.came > 0)
    whole = (server.folder / FILE).stat().st_size
    assert running.state == "running" and 0 < running.came < running.total == whole
    assert background.start(SET, 28) is running is background.latest(SET, 28)
    assert locate(SET) is None
    server.go_on.set()
    _until(lambda: running.state == "done")
    assert running.came == whole and locate(SET) == cache / FILE
    assert _there(cache) == [FILE]


def test_a_cancelled_download_leaves_nothing_and_can_begin_anew(
    server: FileServer, cache: Path
) -> None:
    cancelled = background.start(SET, 28)
    _until(lambda: cancelled.came > 0)
    cancelled.cancel()
    assert cancelled.state == "cancelled"
    again = background.start(SET, 28)
    assert again is not cancelled
    server.go_on.set()
    _until(lambda: again.state == "done")
    _until(lambda: _there(cache) == [FILE])
    assert cancelled.state == "cancelled"


def test_a_failure_is_told_by_the_state(
    server: FileServer, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCANLINE_MIRROR", f"{server.address}/cut")
    failed = background.start(SET, 28)
    _until(lambda: failed.state == "failed")
    assert "broke off" in failed.reason and _there(cache) == []


@pytest.mark.parametrize("kind", ["endless", "vast"])
def test_more_than_a_set_can_have_is_not_taken(
    server: FileServer, cache: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("SCANLINE_MIRROR", f"{server.address}/{kind}")
    came = []
    with pytest.raises(DownloadError, match="too large"):
        retrieve(catalogue()[SET], 28, lambda done, total: came.append(done))
    assert max(came, default=0) <= catalogue()[SET].most_bytes(28) + 2**16
    assert _there(cache) == []


@pytest.mark.parametrize("name", ["pneumoniamnist", "breastmnist", "adrenalmnist3d", "mnist"])
def test_real_files_are_within_the_bound(real_data: Path, name: str) -> None:
    facts = catalogue()[name]
    assert (real_data / facts.files[28].filename).stat().st_size < facts.most_bytes(28)


def test_what_may_not_or_cannot_be_got_is_not_begun(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError):
        background.start("no-such-set", 28)
    with pytest.raises(InputError):
        background.start(SET, 5)
    monkeypatch.setenv(READ_ONLY, "1")
    with pytest.raises(InputError):
        background.start(SET, 64)
    assert background.latest(SET, 64) is None and not cache.exists()
