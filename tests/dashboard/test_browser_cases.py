"""The open case: it stays from page to page, is closed when asked, and belongs to one visitor only."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import (
    choose_sample,
    click,
    close_case,
    enter,
    one_run,
    ready,
    sample_number,
    step_slider,
)
from tests.dashboard.read.test_browser_read import PREDICTION_MS, open_reading, upload

PREDICTED = ".st-key-result-predicted"


def go(page: Page, label: str) -> None:
    """Follow a link of the menu."""
    click(page.get_by_test_id("stSidebar").get_by_role("link", name=label, exact=True))
    expect(page).to_have_title(f"{label} · Scanline")
    ready(page)


def test_an_open_scan_stays_until_it_is_closed(
    app_url: str, page: Page, phone: Page, real_data: Path
) -> None:
    """For nobody but whoever opened it."""
    open_reading(page, app_url, "?task=pneumoniamnist&model=gru")
    upload(page, real_data / "scans" / "chest_normal_2.jpeg")
    expect(page.locator(PREDICTED)).to_be_visible(timeout=PREDICTION_MS)
    go(page, "Models")
    go(page, "Read a scan")
    expect(page.locator(".st-key-open-scan")).to_contain_text("JPEG")
    expect(page.locator(PREDICTED)).to_be_visible()
    expect(page.get_by_role("combobox", name="Model")).to_have_value("GRU")

    open_reading(phone, app_url, "?task=pneumoniamnist&model=gru")
    expect(phone.locator(".st-key-case-example")).to_be_visible()
    expect(phone.locator(".st-key-open-scan")).to_have_count(0)

    close_case(page)
    expect(page.locator(PREDICTED)).to_have_count(0)
    expect(page.locator(".st-key-open-scan")).to_have_count(0)
    go(page, "Models")
    go(page, "Read a scan")
    expect(page.locator(PREDICTED)).to_have_count(0)


def test_a_chosen_sample_stays(app_url: str, page: Page, real_data: Path) -> None:
    del real_data
    open_reading(page, app_url, "?task=pneumoniamnist&model=gru")
    choose_sample(page)
    enter(sample_number(page), "7")
    expect(page.locator(PREDICTED)).to_be_visible(timeout=PREDICTION_MS)
    with one_run(page):
        step_slider(page).press("ArrowUp")
    expect(page).to_have_url(re.compile("row=27"))  # a run of nothing but the cursor's part
    go(page, "Models")
    go(page, "Read a scan")
    expect(sample_number(page)).to_have_value("7")
    expect(page.locator(PREDICTED)).to_be_visible(timeout=PREDICTION_MS)


def test_back_undoes_a_choice_and_leaves_a_page_with_one_press(
    app_url: str, page: Page, real_data: Path
) -> None:
    """Neither what a page shows unasked nor a step of the cursor is a step of its own."""
    del real_data
    open_reading(page, app_url, "?task=pneumoniamnist&model=gru")
    go(page, "Models")
    expect(page).to_have_url(f"{app_url}/models?model=pneumoniamnist%2Fgru&version=active")
    page.get_by_role("combobox", name="Model").click()
    click(page.get_by_role("option", name="pneumoniamnist/cnn"))
    expect(page).to_have_url(f"{app_url}/models?model=pneumoniamnist%2Fcnn&version=active")
    with one_run(page):
        page.go_back()
    expect(page.get_by_role("combobox", name="Model")).to_have_value("pneumoniamnist/gru")

    go(page, "Read a scan")
    choose_sample(page)
    slider = step_slider(page)
    onwards = page.get_by_role("link", name="Open every gate")
    for row in (28, 27, 26):
        expect(page).to_have_url(re.compile(f"row={row}&sample=1&"), timeout=PREDICTION_MS)
        slider.press("ArrowUp")
        # the browser is first to know, then the server
        expect(page).to_have_url(re.compile(f"row={row - 1}&sample=1&"))
        expect(onwards).to_have_attribute("href", re.compile(f"row={row - 1}$"))
        ready(page)
    with one_run(page):
        page.go_back()
    expect(page.locator(".st-key-case-example")).to_be_visible()
    with one_run(page):
        page.go_back()
    expect(page).to_have_title("Models · Scanline")
    ready(page)
    with one_run(page):
        page.go_forward()
    expect(page.locator(".st-key-case-example")).to_be_visible()
    with one_run(page):
        page.go_forward()
    expect(sample_number(page)).to_have_value("1")
    expect(slider).to_have_value("25", timeout=PREDICTION_MS)


def open_again(other: Page, page: Page) -> None:
    """Open the address of one page in another."""
    other.goto(page.url)
    ready(other)


def test_a_link_opens_the_same_example_elsewhere_and_a_file_stays_behind(
    app_url: str, page: Page, phone: Page, real_data: Path
) -> None:
    open_reading(page, app_url)
    expect(page).to_have_url(re.compile("example=chest-288"))
    click(page.locator("[class*=st-key-example-]").get_by_role("radio").nth(2))
    expect(page).to_have_url(re.compile("example=chest-549"))
    open_again(phone, page)
    chosen = phone.locator("[class*=st-key-example-]").get_by_role("radio", checked=True)
    expect(chosen.locator("img")).to_have_attribute("alt", "Example 3")
    expect(phone.locator(PREDICTED)).to_be_visible(timeout=PREDICTION_MS)

    upload(page, real_data / "scans" / "chest_normal_2.jpeg")
    expect(page).to_have_url(re.compile("source=file"))
    open_again(phone, page)
    expect(phone.locator(".st-key-case-upload").get_by_test_id("stAlert")).to_be_visible()
    click(phone.locator(".st-key-try-example").get_by_role("button"))
    expect(phone.locator(PREDICTED)).to_be_visible(timeout=PREDICTION_MS)
