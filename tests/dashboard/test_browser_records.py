"""A model of records in a real browser: a table of one's own, its list, its board, an edited event."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from diagnosis.datasets import load
from diagnosis.jobs.experiment import train_version
from diagnosis.models.config import config_for, learned_encoder
from diagnosis.models.store import activate
from diagnosis.records.examples import CODE, MINUTE, VALUE
from diagnosis.text.parts import MISSING
from diagnosis.training.config import TrainingConfig
from tests import study_pages
from tests.browser import click, one_run, ready, step_slider, still, until
from tests.dashboard.read.test_browser_read import PREDICTION_MS, open_reading

TASK = "recordphantoms"


@pytest.fixture(scope="module")
def model(app_folder: Path) -> str:
    """The query of a small model of records, trained for a moment, in the home of `app_url`."""
    data = load(TASK)
    encoder = learned_encoder(data)
    config = config_for(
        "embedding_gru", data.facts, encoder=encoder, units=(6,), embedding=4, dense=0
    )
    root = app_folder / "home" / "models"
    recipe = TrainingConfig(epochs=4, batch_size=64, learning_rate=0.01)
    activate(train_version(config, recipe, data, root=root), root=root)
    return f"?task={TASK}&model=embedding_gru&source=upload"


def rows_of(case: int, patient: str) -> tuple[list[str], int]:
    """A test record as rows of a table, and its events with what is known from the start."""
    data = load(TASK)
    lines = []
    for code, value, minute in data.images["test"][case][:, [CODE, VALUE, MINUTE]]:
        if code:
            name = data.codes[int(code) - 1]
            at, number = ("" if np.isnan(each) else f"{each:.3f}" for each in (minute, value))
            lines.append(f"{patient},{at},{name},{number}")
    return lines, len(lines)


@pytest.mark.long
def test_a_patient_of_a_table_is_read_filtered_stepped_through_and_edited(
    app_url: str, model: str, page: Page, tmp_path: Path
) -> None:
    first, _ = rows_of(3, "a-1")
    second, n = rows_of(5, "b-2")
    table = tmp_path / "records.csv"
    table.write_text("\n".join(["patient,minute,code,value", *first, *second]) + "\n")

    open_reading(page, app_url, model)
    with one_run(page):
        page.get_by_test_id("stFileUploader").first.locator("input").set_input_files(table)
    page.locator(".st-key-record-patient").get_by_role("combobox").click()
    click(page.get_by_role("option", name="b-2"))
    slider, events = step_slider(page), page.locator(".events")
    expect(slider).to_have_attribute("max", str(n), timeout=PREDICTION_MS)
    sentence = page.locator(".st-key-read-largest-change")
    expect(sentence).to_contain_text(re.compile(r"most at .*\(event \d+\)"))
    options = events.get_by_role("listbox").get_by_role("option")
    expect(options).to_have_count(n)
    chosen = events.locator("[aria-selected=true]")
    expect(chosen).to_have_attribute("data-step", str(n - 1))

    with one_run(page):
        options.nth(2).click()
    expect(slider).to_have_value("3")
    with one_run(page):
        slider.press("ArrowDown")
    expect(chosen).to_have_attribute("data-step", "3")
    lactates = sum(",Lactate," in line for line in second)
    events.get_by_label("Code").select_option(label=f"Lactate ({lactates})")
    expect(options).to_have_count(lactates)
    with one_run(page):
        events.get_by_role("listbox").press("End")
    expect(chosen).to_contain_text("Lactate")
    place = int(chosen.get_attribute("data-step") or -1)
    assert ",Lactate," in second[place]
    expect(slider).to_have_value(str(place + 1))
    expect(page).to_have_url(re.compile(f"row={place + 1}"))
    events.get_by_label("Group by").select_option("time")
    expect(events.get_by_role("group")).not_to_have_count(0)
    events.get_by_label("Search").fill("no such event")
    expect(options).to_have_count(0)

    edit(page, place + 1)


@pytest.mark.long
def test_a_picture_and_a_record_are_read_together_and_the_picture_alone(
    app_url: str, page: Page, tmp_path: Path
) -> None:
    table, picture = tmp_path / "records.csv", tmp_path / "picture.png"
    table.write_text(study_pages.CSV)
    picture.write_bytes(study_pages.png())

    open_reading(page, app_url, f"?task={study_pages.TASK}&model=fusion_gru&source=upload")
    boxes, parts = page.get_by_test_id("stFileUploader"), page.locator(".st-key-read-parts")
    with one_run(page):
        boxes.first.locator("input").set_input_files(picture)
    slider = step_slider(page)
    expect(slider).to_have_attribute("max", "28", timeout=PREDICTION_MS)
    expect(parts).to_contain_text(MISSING)
    alone = parts.get_by_role("row", name="Picture").locator("td").last.inner_text()
    with one_run(page):
        boxes.nth(1).locator("input").set_input_files(table)
    expect(slider).to_have_attribute("max", "31", timeout=PREDICTION_MS)
    expect(parts).not_to_contain_text(MISSING)
    expect(parts.get_by_role("row", name="Picture").locator("td").last).to_have_text(alone)

    options = page.locator(".events").get_by_role("listbox").get_by_role("option")
    expect(options).to_have_count(3)
    with one_run(page):
        options.last.click()
    expect(slider).to_have_value("3")
    with one_run(page):
        slider.press("ArrowDown")
    expect(slider).to_have_value("4")
    expect(page.locator(".cursor output")).to_contain_text("row 1 ")
    expect(page.locator(".events [aria-selected=true]")).to_have_count(0)

    with one_run(page):
        click(page.get_by_role("button", name="Close").last)
    expect(slider).to_have_attribute("max", "28", timeout=PREDICTION_MS)
    expect(parts).to_contain_text(MISSING)


def edit(page: Page, event: int) -> None:
    """Give an event, by its number from 1, another value, and see the probability move."""
    page.get_by_text("Perturbation: edit the events").click()
    grid = page.locator("[class*=st-key-edited-events-]").locator(".dvn-scroller")
    still(grid)
    page.wait_for_timeout(300)  # until the grid knows where the pointer is
    grid.click(position={"x": 90, "y": 35 * 1.5})  # the hour of the first event: starts no run
    for _ in range(event - 1):
        page.keyboard.press("ArrowDown")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.keyboard.type("6.5", delay=100)
    page.wait_for_timeout(500)  # until the cell's own field is there
    with one_run(page):
        page.keyboard.press("Enter")
    metrics = page.locator(".st-key-edited-result").get_by_test_id("stMetricValue")
    expect(metrics).to_have_count(2, timeout=PREDICTION_MS)
    until(page, lambda: len(set(metrics.all_inner_texts())) == 2)
    ready(page)
