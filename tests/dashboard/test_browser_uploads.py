"""What an upload costs the server: nothing once its tab is closed."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil  # type: ignore[import-untyped]
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser import ready
from tests.conftest import scanline
from tests.dashboard.read.test_browser_read import PREDICTION_MS, give, open_reading
from tests.decoding import decoding
from tests.scan_files import grey_picture, png, saved

pytestmark = pytest.mark.long
WITHIN_S = 60  # nothing here measures time: what should not happen would not happen in an hour


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, psutil.Process]]:
    """A Scanline that gives a file ten minutes and forgets a visitor at once; its address and process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCANLINE_MAX_SECONDS", "600")
        patch.setenv("STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL", "1")
        with scanline(tmp_path_factory.mktemp("uploads")) as url:
            port = url.rpartition(":")[2]
            for process in psutil.Process().children():
                if port in process.cmdline():
                    yield url, process


def test_closing_the_tab_ends_the_decoding_and_others_go_on(
    server: tuple[str, psutil.Process], browser: Browser, page: Page, tmp_path: Path
) -> None:
    url, process = server
    large = tmp_path / "large.png"
    large.write_bytes(png(np.zeros((9_000, 9_000, 1), np.uint8)))
    small = tmp_path / "small.png"
    small.write_bytes(saved(Image.fromarray(grey_picture()), "PNG"))
    other = browser.new_context().new_page()
    open_reading(other, url)
    give(other, large)
    until = time.monotonic() + WITHIN_S
    while not (busy := decoding(process)):
        assert time.monotonic() < until
    os.kill(busy[0].pid, signal.SIGSTOP)  # as one that would take an hour
    expect(other.get_by_text("Decoding the file")).to_be_visible()

    open_reading(page, url)
    give(page, small)
    expect(page.get_by_text("64 × 48")).to_be_visible(timeout=PREDICTION_MS)
    expect(page.get_by_text("Decoding the file")).to_have_count(0)

    assert [child.pid for child in decoding(process)] == [busy[0].pid]
    other.context.close()
    until = time.monotonic() + WITHIN_S
    while decoding(process):
        assert time.monotonic() < until
        time.sleep(0.1)


def test_a_scan_is_let_go_with_its_session(
    server: tuple[str, psutil.Process], browser: Browser, tmp_path: Path
) -> None:
    url, process = server
    large = tmp_path / "large.png"
    values = np.zeros((9_000, 9_000, 1), np.uint8)
    values[::2] = 255
    large.write_bytes(png(values))
    visitor = browser.new_context().new_page()
    open_reading(visitor, url)
    give(visitor, large)
    expect(visitor.get_by_text("9000 × 9000")).to_be_visible(timeout=WITHIN_S * 1000)
    ready(visitor)
    held = process.memory_info().rss
    visitor.context.close()
    until = time.monotonic() + WITHIN_S
    while process.memory_info().rss > held - 60_000_000:  # of 81 MB
        assert time.monotonic() < until
        time.sleep(0.5)
