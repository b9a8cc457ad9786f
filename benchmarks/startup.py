"""How long a person waits: page after process start, first reading, and a new upload when warm.

    python -m benchmarks.startup

A fresh server, a headless Chromium with an empty cache, the times that its own clock shows.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Error, Page, sync_playwright

from tests.browser import launch

ROOT = Path(__file__).resolve().parent.parent
PORT = 8698


def main() -> None:
    """Print the three times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uploads", type=int, default=7, help="warm uploads to measure")
    uploads = parser.parse_args().uploads
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        pictures = [_picture(Path(folder), seed) for seed in range(uploads + 1)]
        browser = launch(playwright)  # before the clock starts: it is the visitor's, not ours
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        started = time.perf_counter()
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(PORT)]
        own = os.environ | {"SCANLINE_HOME": folder}  # what is read is nobody's reading
        server = subprocess.Popen(command, cwd=ROOT, env=own, stdout=subprocess.DEVNULL)
        try:
            _open(page)
            page.get_by_role("heading", name="Read a scan").wait_for(timeout=60_000)
            there = time.perf_counter() - started
            page.get_by_test_id("stFileUploader").wait_for(timeout=60_000)
            shown = time.perf_counter() - started
            _read(page, pictures[0])
            read = time.perf_counter() - started
            warm = []
            for picture in pictures[1:]:
                began = time.perf_counter()
                _read(page, picture)
                warm.append(time.perf_counter() - began)
        finally:
            server.terminate()
            server.wait()
        browser.close()
    print(f"page after process start                   {there:6.2f} s")
    print(f"its uploader likewise                      {shown:6.2f} s")
    print(f"first reading after process start          {read:6.2f} s")
    print(f"new upload to new reading, warm (median)   {statistics.median(warm):6.2f} s")


def _open(page: Page) -> None:
    started = time.perf_counter()
    while True:
        try:
            page.goto(f"http://127.0.0.1:{PORT}/read?task=pneumoniamnist&model=lstm&source=upload")
            return
        except Error:  # the server is not listening yet
            if time.perf_counter() - started > 60:
                raise
            time.sleep(0.05)


def _picture(folder: Path, number: int) -> Path:
    """A chest film whose size tells it from the others; what is no film is not analysed."""
    path = folder / f"{number}.png"
    with Image.open(ROOT / "assets" / "examples" / "chest-film-1.jpeg") as film:
        film.resize((1000 + number, 1000)).save(path)
    return path


def _read(page: Page, picture: Path) -> None:
    """Upload, and wait until the board shows this picture's reading."""
    page.get_by_test_id("stFileUploader").locator('input[type="file"]').set_input_files(picture)
    page.get_by_text(f"{1000 + int(picture.stem)} × 1000 pixels").wait_for(timeout=60_000)
    page.locator(".st-key-read-board .scanline-cursor").nth(2).wait_for(timeout=60_000)
    page.locator("[data-test-script-state=notRunning]").wait_for(timeout=60_000)


if __name__ == "__main__":
    main()
