"""How fast the gates page answers in a browser: a step of the cursor, another gate, layer or unit.

    python -m benchmarks.gates

A fresh server, a headless Chromium. Times are taken inside the page: from the key or mouse event's own time
stamp to the first frame after the pixels changed. Two models read the same picture: the shipped
3 × LSTM(128) at 28 rows, and an LSTM(512) at 224 rows; a third one, an LSTM(128), reads a record of 512
events. The last two are built here, untrained, because no shipped one is so large.
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
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from playwright.sync_api import Error, Page, Position, sync_playwright

from tests.browser import launch, ready, step_slider

if TYPE_CHECKING:
    from diagnosis.models.config import ModelConfig

ROOT = Path(__file__).resolve().parent.parent
PORT = 8697
PICTURE = (448, 448)
EVENTS, OF_RECORDS = 512, "recordphantoms/embedding_lstm"
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
        record = Path(folder) / "record.csv"
        record.write_text(_events())
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(PORT)]
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        browser = launch(playwright)
        try:
            for name, words, file in (
                ("pneumoniamnist/stacked_lstm", "128 units × 28 rows, 3 layers", picture),
                ("pneumoniamnist/lstm", "512 units × 224 rows, untrained", picture),
                (OF_RECORDS, f"128 units × {EVENTS} events, untrained", record),
            ):
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                _open(page, name, file)
                _report(words, page, repeats)
                page.close()
        finally:
            browser.close()
            server.terminate()
            server.wait()


def save_untrained() -> None:
    """Save the models that are larger than a shipped one into ``$SCANLINE_HOME``, as those in use."""
    from diagnosis.datasets import catalogue, load
    from diagnosis.models.config import config_for
    from diagnosis.sequences import EventEncoder

    large = config_for("lstm", catalogue()["pneumoniamnist"], size=224, units=(512,))
    _save("pneumoniamnist/lstm", large)
    records = load("recordphantoms")
    lengthened = np.zeros((1, EVENTS, 3), np.float32)
    lengthened[:, : records.size] = records.images["train"][:1]
    lengthened[:, :, 2] = np.arange(EVENTS)
    encoder = EventEncoder.learned(lengthened, records.codes, {})
    config = config_for("embedding_lstm", records.facts, encoder=encoder, units=(128,))
    _save(OF_RECORDS, config)


def _events() -> str:
    """A table of one patient's record, as long as the model reads."""
    codes = ("HR", "Lactate", "Temp", "Glucose", "Creatinine")
    lines = (f"1,{5 * n},{codes[n % len(codes)]},{1 + n % 7}" for n in range(EVENTS))
    return "\n".join(("patient,minute,code,value", *lines)) + "\n"


def _save(name: str, config: "ModelConfig") -> None:
    """Save it with random weights and the card of a shipped one."""
    from diagnosis.models import store
    from diagnosis.models.build import build
    from diagnosis.models.card import CardContents

    trained = store.find("pneumoniamnist/lstm").card.to_json()
    measured = ("model", "version", "weights_sha256", "predictions", "ood", "abstention")
    card = CardContents.from_json(
        {
            **{name: trained[name] for name in trained if name not in measured},
            "dataset": trained["dataset"]
            | {"size": config.encoder.data_size, "sha256": "", "notes": []},
            "created": "2026-01-01T00:00:00+00:00",
            "limits": ["Untrained: its weights are random. It is for measuring times only."],
            "calibration": {"method": "none", "temperature": 1.0, "bias": [0.0]},
            "threshold": 0.5,
            "threshold_rule": "one half: nothing was chosen",
        }
    )
    store.activate(store.save(name, config, build(config), card))


def _open(page: Page, name: str, file: Path) -> None:
    """Read the file with the model and wait until the board is there."""
    task, model = name.split("/")
    started = time.perf_counter()
    while True:
        try:
            page.goto(
                f"http://127.0.0.1:{PORT}/gates?task={task}&model={model}&row=2&source=upload"
            )
            break
        except Error:  # the server is not listening yet
            if time.perf_counter() - started > 60:
                raise
            time.sleep(0.2)
    upload = page.get_by_test_id("stFileUploader").first.locator('input[type="file"]')
    upload.set_input_files(file)
    page.locator(".st-key-gates-panel-b .heatmaplayer image").wait_for(timeout=120_000)
    page.locator(".st-key-gates-unit-1 .scatterlayer").wait_for(timeout=120_000)
    ready(page)
    page.wait_for_timeout(3000)


def _report(words: str, page: Page, repeats: int) -> None:
    print(words)
    slider = step_slider(page)
    slider.focus()
    steps = [_timed(page, "keydown", CURSOR, lambda: page.keyboard.press("ArrowDown"))
             for _ in range(repeats)]  # fmt: skip
    _line("a step, key to moved cursor", steps)
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
