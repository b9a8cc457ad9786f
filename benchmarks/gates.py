"""How fast the gates page answers in a browser: a step of the row cursor, another gate, layer or unit.

    python -m benchmarks.gates

A fresh server, a headless Chromium. Times are taken inside the page: from the key or mouse event's own time
stamp to the first frame after the pixels changed. Two models read the same picture: the shipped
3 × LSTM(128) at 28 rows, and an LSTM(512) at 224 rows which is built here, untrained, because no shipped
one is so large.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Error, Page, Position, sync_playwright

from tests.browser import launch, ready

ROOT = Path(__file__).resolve().parent.parent
PORT = 8697
PICTURE = (448, 448)
# What is watched, as expressions of JavaScript; each changes when what a person waits for is on the screen.
CURSOR = (
    "document.querySelector('.st-key-gates-panel-b .scanline-cursor').getBoundingClientRect().top"
)
HEATMAP = (
    "document.querySelector('.st-key-gates-panel-a .heatmaplayer image')?.getAttribute('href')"
)
UNIT = (
    "document.querySelector('.st-key-gates-unit-1 .scatterlayer path.js-line')?.getAttribute('d')"
)


def main() -> None:
    """Print medians and ranges."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15, help="of each measurement")
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        environment = os.environ | {"SCANLINE_HOME": folder}
        code = "from benchmarks.gates import save_untrained; save_untrained()"
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)
        picture = Path(folder) / "picture.png"
        noise = np.random.default_rng(1).integers(0, 255, PICTURE, np.uint8)
        Image.fromarray(noise).save(picture)
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(PORT)]
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        browser = launch(playwright)
        try:
            for model, words in (
                ("stacked_lstm", "128 units × 28 rows, 3 layers"),
                ("lstm", "512 units × 224 rows, untrained"),
            ):
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                _open(page, model, picture)
                _report(words, page, repeats)
                page.close()
        finally:
            browser.close()
            server.terminate()
            server.wait()


def save_untrained() -> None:
    """Save an LSTM(512) for 224 × 224 pixels into ``$SCANLINE_HOME``, and make it the one in use."""
    from diagnosis.datasets import catalogue
    from diagnosis.models import store
    from diagnosis.models.build import build
    from diagnosis.models.card import CardContents
    from diagnosis.models.config import config_for

    facts = catalogue()["pneumoniamnist"]
    config = config_for("lstm", facts, size=224, units=(512,))
    trained = store.find("pneumoniamnist/lstm").card.to_json()
    measured = ("model", "version", "weights_sha256", "predictions", "ood", "abstention")
    card = CardContents.from_json(
        {
            **{name: trained[name] for name in trained if name not in measured},
            "dataset": trained["dataset"] | {"size": 224, "sha256": "", "notes": []},
            "created": "2026-01-01T00:00:00+00:00",
            "limits": ["Untrained: its weights are random. It is for measuring times only."],
            "calibration": {"method": "none", "temperature": 1.0, "bias": [0.0]},
            "threshold": 0.5,
            "threshold_rule": "one half: nothing was chosen",
        }
    )
    store.activate(store.save("pneumoniamnist/lstm", config, build(config), card))


def _open(page: Page, model: str, picture: Path) -> None:
    """Read the picture with the model and wait until the board is there."""
    started = time.perf_counter()
    while True:
        try:
            page.goto(
                f"http://127.0.0.1:{PORT}/gates?task=pneumoniamnist&model={model}&row=2&source=upload"
            )
            break
        except Error:  # the server is not listening yet
            if time.perf_counter() - started > 60:
                raise
            time.sleep(0.2)
    upload = page.get_by_test_id("stFileUploader").locator('input[type="file"]')
    upload.set_input_files(picture)
    page.locator(".st-key-gates-panel-b .heatmaplayer image").wait_for(timeout=120_000)
    page.locator(".st-key-gates-unit-1 .scatterlayer").wait_for(timeout=120_000)
    ready(page)
    page.wait_for_timeout(3000)


def _report(words: str, page: Page, repeats: int) -> None:
    print(words)
    slider = page.get_by_label("row cursor")
    slider.focus()
    steps = [_timed(page, "keydown", CURSOR, lambda: page.keyboard.press("ArrowDown"))
             for _ in range(repeats)]  # fmt: skip
    _line("a row step, key to moved cursor", steps)
    gates = page.locator(".st-key-gates-signal-a-lstm")
    letters = [letter for _ in range(repeats) for letter in "oigcf"][:repeats]
    changes = [_timed(page, "click", HEATMAP, gates.get_by_text(letter, exact=True).click)
               for letter in letters]  # fmt: skip
    _line("another gate, click to redrawn heatmap", changes)
    layer = page.get_by_label("Layer of panel A")
    if layer.count():
        times = []
        for number in range(repeats):
            layer.click()
            option = page.get_by_role("option", name=f"Layer {1 + number % 3}")
            times.append(_timed(page, "click", HEATMAP, option.click))
        _line("another layer, click to redrawn heatmap", times)
    panel = page.locator(".st-key-gates-panel-b .js-plotly-plot")
    columns: list[Position] = [{"x": 20 + 12 * number, "y": 100} for number in range(repeats)]
    picks = [_timed(page, "pointerdown", UNIT, partial(panel.click, position=at)) for at in columns]
    _line("another unit, press to its curves", picks)


def _timed(page: Page, event: str, watched: str, act: Callable[[], object]) -> float:
    """Milliseconds from the event to the first frame after ``watched`` changed."""
    page.evaluate(
        """([event, watched]) => {
          const look = new Function(`return ${watched}`);
          window.measured = new Promise((done) => addEventListener(event, ({ timeStamp }) => {
            const before = look();
            const tick = () => {
              const now = look();
              if (now === undefined || now === null || now === before) return requestAnimationFrame(tick);
              requestAnimationFrame(() => done(performance.now() - timeStamp)); // now it is painted
            };
            tick();
          }, { once: true, capture: true }));
        }""",
        [event, watched],
    )
    act()
    took: float = page.evaluate("window.measured")
    page.wait_for_timeout(900)  # until the server knows of it and is idle again
    return took


def _line(words: str, times: list[float]) -> None:
    median = statistics.median(times)
    print(f"  {words:42} {median:6.0f} ms  ({min(times):.0f} to {max(times):.0f})", flush=True)


if __name__ == "__main__":
    main()
