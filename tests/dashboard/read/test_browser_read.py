"""A person reads scans in a real browser: a chest X-ray, a DICOM, and everything that cannot be read."""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from diagnosis.dashboard.read.page import HEIGHT
from tests.bad_files import bad_files
from tests.browser import (
    choose_upload,
    click,
    one_run,
    press_cell,
    ready,
    step_slider,
    still,
    until,
)

PREDICTION_MS = 60_000  # the first one after a start compiles its model


def give(page: Page, *paths: Path) -> None:
    """Give files to the uploader; a run that this starts begins a little later."""
    choose_upload(page)
    page.get_by_test_id("stFileUploader").locator('input[type="file"]').set_input_files(paths)


def upload(page: Page, *paths: Path) -> None:
    """Give files to the uploader and wait until the page has dealt with them."""
    choose_upload(page)
    with one_run(page):
        give(page, *paths)


def open_reading(page: Page, url: str, query: str = "") -> None:
    page.goto(f"{url}/read{query}")
    ready(page)


def test_real_chest_x_rays_are_read_and_that_of_an_adult_is_not(
    app_url: str, page: Page, real_data: Path
) -> None:
    open_reading(page, app_url, "?task=pneumoniamnist&model=lstm")
    for file, said in (
        ("chest_pneumonia_1.jpeg", "Prediction: pneumonia"),
        ("chest_normal_1.jpeg", "Prediction: normal"),
        ("nih_00000002_000.png", "Indeterminate: modality not stated"),
    ):
        upload(page, real_data / "scans" / file)
        expect(page.get_by_role("heading", name=said)).to_be_visible(timeout=PREDICTION_MS)
        expect(page.locator(".st-key-result-bars")).to_be_visible()
        page.locator("[class*=st-key-result-] summary").click()
        details = page.locator("[class*=st-key-result-] .details")
        expect(details).to_contain_text("Of 62 test cases with a similar probability")
        expect(page.get_by_text("Research and education only")).to_be_visible()
        expect(page.locator(".st-key-read-board .js-plotly-plot")).to_have_count(3)
        expect(page.get_by_text("children aged 1 to 5")).to_be_visible()

    upload(page, real_data / "scans" / "RG1_J2KI.dcm")
    expect(page.get_by_role("heading", name="Not analysed: age")).to_be_visible(
        timeout=PREDICTION_MS
    )
    expect(page.get_by_text("MONOCHROME1").first).to_be_visible()


def cursor_top(page: Page) -> float:
    """How far below the top of its panel the cursor stands in all three, in pixels."""
    tops: list[float] = page.evaluate(
        "[...document.querySelectorAll('.st-key-read-board .scanline-cursor')]"
        ".map(e => e.getBoundingClientRect().top - e.parentElement.getBoundingClientRect().top)"
        ".map(top => Math.round(top * 10) / 10)"
    )
    assert len(tops) == 3 and len(set(tops)) == 1
    return tops[0]


def test_one_cursor_runs_through_all_panels(app_url: str, page: Page) -> None:
    """The slider by keyboard, and a press on the heatmap, move it in picture, curve and heatmap alike."""
    open_reading(page, app_url, "?task=phantoms&model=lstm&row=14&sample=1")
    slider = step_slider(page)
    expect(slider).to_have_value("14")
    until(page, lambda: cursor_top(page) > 0)
    before = cursor_top(page)
    with one_run(page):
        slider.focus()
        page.keyboard.press("ArrowRight")
    expect(slider).to_have_value("15")
    until(page, lambda: cursor_top(page) > before)
    expect(page.locator("output")).to_contain_text("row 15 of 28: opacity")
    expect(page).to_have_url(re.compile("row=15"))  # the address follows once it rests

    box = still(page.locator(".st-key-read-board .js-plotly-plot").last)
    page.mouse.move(box["x"] + 60, box["y"] + 30 + HEIGHT * 3.5 / 28)  # the middle of row 4
    page.mouse.down()
    page.mouse.up()
    expect(slider).to_have_value("4")
    until(page, lambda: cursor_top(page) < before)


def test_a_volume_is_read_one_slice_at_a_time(app_url: str, page: Page, real_data: Path) -> None:
    """The middle slice first; when the slider moves, another slice is shown and read."""
    open_reading(page, app_url, "?task=pneumoniamnist&model=lstm")
    upload(page, real_data / "scans" / "someones_anatomy.nii.gz")
    slider = page.locator("[class*=st-key-frame-]").get_by_role("slider")
    expect(slider).to_have_value("29")  # of 56
    seen, read = page.locator(".place"), page.locator("image").first
    expect(seen).to_have_text("Slice 29 of 56")
    before = read.get_attribute("xlink:href", timeout=PREDICTION_MS)
    with one_run(page):
        slider.press("ArrowRight")
    expect(slider).to_have_value("30")
    expect(seen).to_have_text("Slice 30 of 56")
    expect(read).not_to_have_attribute("xlink:href", before or "", timeout=PREDICTION_MS)


def view(page: Page) -> dict[str, Any]:
    """How the scan is looked at, as the viewer itself has it."""
    return json.loads(page.locator(".stage").get_attribute("data-view") or "{}")


def width(view: dict[str, Any]) -> float:
    """Of the window."""
    return view["high"] - view["low"]


def test_the_viewer_windows_zooms_and_plays_without_the_server(
    app_url: str, page: Page, real_data: Path
) -> None:
    """Drag, wheel, double press and keys act in the browser; the frame at which it rests is the page's."""
    open_reading(page, app_url, "?task=pneumoniamnist&model=lstm")
    upload(page, real_data / "scans" / "emri_small.dcm")
    slider = page.locator("[class*=st-key-frame-]").get_by_role("slider")
    expect(slider).to_have_value("6", timeout=PREDICTION_MS)  # of 10
    stage = page.locator(".stage")
    stage.scroll_into_view_if_needed()
    box = still(stage)
    until(page, lambda: view(page)["high"] > view(page)["low"])
    first = view(page)
    x, y = box["x"] + box["width"] / 3, box["y"] + box["height"] / 3
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 20, steps=3)
    page.mouse.up()
    expect(stage).to_have_attribute("data-view", re.compile('"preset":"","zoom":1,'))
    until(page, lambda: width(view(page)) > width(first))
    page.mouse.wheel(0, -300)
    expect(stage).to_have_attribute("data-view", re.compile('"zoom":[2-9]'))
    page.mouse.dblclick(x, y)
    expect(stage).to_have_attribute("data-view", re.compile('"preset":"As stored","zoom":1,'))
    page.keyboard.press("i")
    expect(stage).to_have_attribute("data-view", re.compile('"inverted":true'))

    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")
    expect(slider).to_have_value("8")  # once it rests there
    ready(page)
    expect(stage).to_have_attribute("data-view", re.compile('"inverted":true,"frame":7'))
    play, place = page.locator(".film .play"), page.locator(".place")
    play.click()
    expect(place).to_have_text(re.compile(" [1-7] of 10"))  # beyond the last one
    play.click()
    until(page, lambda: place.inner_text().split()[1] == slider.input_value())


def test_what_is_no_chest_xray_is_not_analysed(app_url: str, page: Page, real_data: Path) -> None:
    """The reason is there at once, and states without any probability."""
    open_reading(page, app_url, "?task=pneumoniamnist&model=lstm")
    upload(page, real_data / "scans" / "chest_normal_1.jpeg")
    expect(page.locator(".st-key-result-predicted")).to_be_visible(timeout=PREDICTION_MS)
    expect(page.get_by_text("Not analysed")).to_have_count(0)
    upload(page, real_data / "scans" / "CT_small.dcm")
    expect(page.get_by_role("heading", name="Not analysed")).to_be_visible(timeout=PREDICTION_MS)
    expect(page.locator(".st-key-result-rejected").get_by_test_id("stAlert")).to_contain_text(
        "modality CT; this model is for CR or DX"
    )
    expect(page.locator(".st-key-result-bars")).to_have_count(0)
    expect(page.locator(".st-key-read-board .js-plotly-plot")).to_have_count(2)
    expect(page.locator("output")).to_contain_text("row 28 of 28, ")
    link = page.get_by_role("link", name="Open every gate")
    click(link)
    expect(page.get_by_text("Not analysed:")).to_be_visible(timeout=PREDICTION_MS)
    expect(page.locator(".st-key-gates-board")).to_be_visible()
    expect(page.get_by_test_id("stMainBlockContainer")).not_to_contain_text("robability")


def picture(path: Path, size: tuple[int, int] = (64, 64), grey: int | None = None) -> Path:
    """Write a PNG of noise, or of one grey."""
    pixels = np.random.default_rng(1).integers(0, 255, size[::-1], np.uint8)
    if grey is not None:
        pixels[:] = grey
    Image.fromarray(pixels).save(path)
    return path


@pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.long), 4])
def test_bad_input_gets_a_sentence_and_loses_nothing(
    app_url: str, page: Page, real_data: Path, tmp_path: Path, step: int
) -> None:
    """No traceback, one sentence each; the scan that was being read stays."""
    scans = real_data / "scans"
    open_reading(page, app_url, "?task=pneumoniamnist&model=lstm")
    upload(page, scans / "chest_normal_1.jpeg")
    expect(page.locator(".st-key-result-predicted")).to_be_visible(timeout=PREDICTION_MS)
    said: list[str] = []
    alert = page.get_by_test_id("stAlert")
    for name, data in list(bad_files(scans).items())[::step]:
        if name == "too large.png":
            continue  # it does not reach the server: the box itself says so
        (tmp_path / name).write_bytes(data)
        give(page, tmp_path / name)
        # every sentence differs from the one before it, and while the page is drawn anew there may be both
        until(
            page, lambda: [text.strip() for text in alert.all_inner_texts()] not in ([], said[-1:])
        )
        ready(page)
        expect(alert).to_have_count(1)
        sentence = alert.inner_text().strip()
        assert sentence.endswith(".") and "Traceback" not in sentence and name not in sentence
        said.append(sentence)
        expect(page.get_by_text("still open below")).to_be_visible()
        expect(page.locator(".st-key-result-predicted")).to_be_visible()
    assert len(set(said)) > 8 / step  # they say what was wrong, not that something was
    upload(page, scans / "chest_normal_2.jpeg")
    expect(page.get_by_test_id("stAlert")).to_have_count(0)


def test_files_given_at_once_are_a_list_whose_rows_open_cases(
    app_url: str, page: Page, real_data: Path, tmp_path: Path
) -> None:
    """One row a file, bad ones too; names are shown, and written, for who asks for them."""
    scans = real_data / "scans"
    packed = tmp_path / "more.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(scans / "CT_small.dcm", "Jane Doe.dcm")
        archive.writestr("letter.txt", "no picture")
    open_reading(page, app_url, "?task=pneumoniamnist&model=lstm&source=upload")
    upload(page, scans / "chest_normal_1.jpeg", packed)
    listed = page.locator(".st-key-worklist")
    expect(listed.get_by_text("3 of 3 read: 1 predicted, 1 rejected, 1 unreadable.")).to_be_visible(
        timeout=PREDICTION_MS
    )
    ready(page)
    expect(page.locator(".stage")).to_have_count(0)

    def table() -> pd.DataFrame:
        with page.expect_download() as begun:
            listed.locator(".st-key-worklist-csv button").first.click()
        text = begun.value.path().read_text()
        assert "Research and education only" in text.partition("\n")[0]
        return pd.read_csv(io.StringIO(text), comment="#")

    found = table()
    assert found["outcome"].tolist() == ["predicted", "rejected", "unreadable"]
    assert "path" not in found
    with one_run(page):
        listed.locator(".st-key-worklist-names label").click()
    assert table()["path"].tolist()[1:] == ["./Jane Doe.dcm", "./letter.txt"]

    press_cell(listed.get_by_test_id("stDataFrame").first, x=40, y=38 + 35 * 1.5)  # the second row
    expect(page.locator(".st-key-result-rejected")).to_be_visible(timeout=PREDICTION_MS)
    expect(page.locator(".stage")).to_be_visible()
    upload(page, scans / "chest_normal_2.jpeg")  # a single file ends the list
    expect(listed).to_have_count(0)
    expect(page.locator(".st-key-result-predicted")).to_be_visible(timeout=PREDICTION_MS)


def test_a_blank_picture_is_refused_and_a_file_name_is_never_markdown(
    app_url: str, page: Page, tmp_path: Path
) -> None:
    open_reading(page, app_url, "?task=phantoms&model=gru")
    upload(page, picture(tmp_path / "grey.png", grey=90))
    expect(page.get_by_text("Not analysed")).to_be_visible(timeout=PREDICTION_MS)
    expect(page.get_by_text("The image is blank").first).to_be_visible()
    upload(page, picture(tmp_path / "![x](leak.png).png", (64, 60)))
    expect(page.get_by_text("64 × 60 pixels")).to_be_visible(timeout=PREDICTION_MS)
    ready(page)
    expect(page.locator("img[src*=leak]")).to_have_count(0)


def test_two_people_keep_their_own_case(
    app_url: str, page: Page, phone: Page, tmp_path: Path
) -> None:
    open_reading(page, app_url, "?task=phantoms&model=lstm")
    upload(page, picture(tmp_path / "mine.png", (300, 200)))
    expect(page.get_by_text("300 × 200 pixels")).to_be_visible(timeout=PREDICTION_MS)
    open_reading(phone, app_url, "?task=phantoms&model=lstm")
    expect(phone.get_by_text("300 × 200 pixels")).to_have_count(0)
    upload(phone, picture(tmp_path / "theirs.png", (90, 120)))
    expect(phone.get_by_text("90 × 120 pixels")).to_be_visible(timeout=PREDICTION_MS)
    expect(page.get_by_text("300 × 200 pixels")).to_be_visible()
    wide = phone.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
