"""A model of volumes reads a series in a real browser: board, viewer, three views and cursor go together."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from diagnosis.datasets import load
from diagnosis.jobs.experiment import train_version
from diagnosis.models.config import config_for
from diagnosis.models.store import activate
from diagnosis.training.config import TrainingConfig
from tests.browser import one_run, ready, step_slider, still
from tests.dashboard.read.test_browser_read import PREDICTION_MS, open_reading, upload
from tests.series_files import slice_file

FEW = 40  # volumes of each split
SLICES = 14


@pytest.fixture(scope="module")
def model(app_folder: Path, real_data: Path) -> str:
    """The query of a small model of volumes, trained for a moment, in the home of `app_url`."""
    del real_data
    whole = load("adrenalmnist3d", download=False)
    few = replace(
        whole,
        images={split: images[:FEW] for split, images in whole.images.items()},
        labels={split: labels[:FEW] for split, labels in whole.labels.items()},
    )
    config = config_for("gru", whole.facts).changed(units=(6,))
    root = app_folder / "home" / "models"
    made = train_version(config, TrainingConfig(epochs=1, augmentation=None), few, root=root)
    activate(made, root=root)
    return "?task=adrenalmnist3d&model=gru"


@pytest.fixture
def folder(tmp_path: Path) -> list[Path]:
    """The files of a series, named against their positions: a bright disk that grows and shrinks."""
    down, across = np.indices((40, 40)) - 19.5
    files = []
    for place in range(SLICES):
        inside = np.hypot(down, across) < 2 + 2 * min(place, SLICES - place)
        path = tmp_path / f"{SLICES - place:02}.dcm"
        path.write_bytes(slice_file(5.0 * place, pixels=np.where(inside, 900, 100)))
        files.append(path)
    return files


@pytest.mark.long
def test_a_series_is_read_slice_by_slice(
    app_url: str, model: str, page: Page, folder: list[Path]
) -> None:
    open_reading(page, app_url, f"{model}&source=upload")
    upload(page, *folder)
    slider, place = step_slider(page), page.locator(".place")
    expect(page.locator(".st-key-open-scan")).to_contain_text(f"{SLICES} slices")
    expect(page.locator(".st-key-worklist")).to_have_count(0)
    expect(slider).to_have_value("15", timeout=PREDICTION_MS)  # of 28: the middle one
    expect(place).to_have_text(f"Slice 8 of {SLICES}")
    expect(page.locator(".st-key-read-board .scanline-slice")).to_be_visible()

    slider.focus()
    with one_run(page):
        for _ in range(4):
            slider.press("ArrowDown")
    expect(slider).to_have_value("19")
    expect(place).to_have_text(f"Slice 10 of {SLICES}")
    expect(page.locator(".views")).to_have_attribute("data-row", "19")
    expect(page.locator("output")).to_contain_text("slice 19 of 28")
    expect(page).to_have_url(re.compile("row=19"))

    stage = page.locator(".stage")
    stage.scroll_into_view_if_needed()
    box = still(stage)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(400)  # a wheel that has just scrolled the page goes on doing so
    with one_run(page):
        page.mouse.wheel(0, 60)
    expect(place).to_have_text(f"Slice 11 of {SLICES}")
    expect(slider).to_have_value(re.compile("2[012]"))

    with one_run(page):
        page.locator("[class*=st-key-axis-]").get_by_text("Coronal").click()
    expect(page.locator(".place")).to_contain_text("of 40", timeout=PREDICTION_MS)
    expect(page.locator(".st-key-reading-axis")).to_contain_text("slice 1: back")
    expect(page).to_have_url(re.compile("axis=coronal"))
    ready(page)
