"""A person reads before the answer is shown, changes their mind after it, and finds both in the trail."""

import json
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from diagnosis.core.private_files import private
from tests.browser import click, ready, still
from tests.dashboard.read.test_browser_read import PREDICTION_MS, open_reading
from tests.dashboard.test_browser_cases import go


def sample_without_answer(page: Page, url: str, number: int) -> Locator:
    """Open a test image of the phantoms with one's own reading first; the button that records it."""
    open_reading(page, url, f"?task=phantoms&model=lstm&independent=first&sample={number}")
    record = page.get_by_role("button", name="Record my read and show the prediction")
    still(record)
    return record


def test_no_page_shows_what_waits_for_ones_own_reading(app_url: str, page: Page) -> None:
    open_reading(page, app_url, "?task=phantoms&model=lstm")
    main = page.get_by_test_id("stMainBlockContainer")
    click(main.get_by_text("Independent read first"))
    expect(page).to_have_url(re.compile("independent=first"))  # which outlives a reload
    sample_without_answer(page, app_url, 31)
    for hidden in ("[class*=st-key-result-]", ".st-key-read-board"):
        expect(main.locator(hidden)).to_have_count(0)
    expect(main.get_by_text("Label in the data set")).to_have_count(0)
    go(page, "Gates")
    expect(page).to_have_url(re.compile("independent=first"))
    waits = main.locator(".st-key-independent-read-awaited")
    expect(waits).to_be_visible()
    for hidden in ("[class*=st-key-gates-board]", ".st-key-gates-prediction"):
        expect(main.locator(hidden)).to_have_count(0)
    go(page, "Compare")
    expect(waits).to_be_visible(timeout=PREDICTION_MS)
    expect(page.locator(".compare-badge")).to_have_count(0)


def test_readings_before_and_after_the_answer_are_recorded(
    app_url: str, app_folder: Path, page: Page
) -> None:
    record = sample_without_answer(page, app_url, 23)
    main = page.get_by_test_id("stMainBlockContainer")
    click(record)
    expect(page.get_by_text("A read needs a class: choose one.")).to_be_visible()
    main.get_by_text("clear", exact=True).click()
    main.get_by_text("3 fairly sure").click()
    page.get_by_role("textbox", name="Your name or initials").fill("A. Reader")
    click(record)
    expect(page.locator(".st-key-result-bars")).to_be_visible(timeout=PREDICTION_MS)
    expect(page.get_by_text("Your independent read: clear (fairly sure).")).to_be_visible()
    main.get_by_test_id("stRadio").get_by_text("opacity", exact=True).click()
    page.get_by_role("textbox", name="Comment").fill("left, at the bottom")
    click(page.get_by_role("button", name=re.compile("^(Disagree|Record my AI-assisted read)$")))
    expect(page.get_by_text("of the audit log.")).to_be_visible()

    page.get_by_role("button", name="Report", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Report (.json)").click()
    report = json.loads(download.value.path().read_text())
    assert [each["action"] for each in report["entries"]] == [
        "independent read", "prediction shown", "AI-assisted read",
    ]  # fmt: skip
    assert report["case"]["label"] is None  # nobody has asked for it
    page.keyboard.press("Escape")

    click(page.get_by_role("link", name="See all readings"))
    expect(page).to_have_title("Readings · Scanline")
    ready(page)
    expect(page.get_by_text("Integrity verified")).to_be_visible()
    expect(page.get_by_text(re.compile(r"\b1 of 10 labelled cases"))).to_be_visible()
    with page.expect_download() as download:
        page.locator(".st-key-readings-csv button").first.click()
    own, shown, final = [
        line
        for line in reversed(download.value.path().read_text().splitlines())
        if "phantoms, test image 23" in line
    ]
    assert "independent read,A. Reader" in own and "fairly sure" in own
    assert "prediction shown" in shown and "phantoms/lstm" in shown
    assert "AI-assisted read" in final and "opacity" in final and "left, at the bottom" in final
    assert "Traceback" not in (app_folder / "server.log").read_text()


def test_a_trail_that_was_changed_is_told(app_url: str, app_folder: Path, page: Page) -> None:
    audit_log = private(app_folder / "home" / "audit") / "log.jsonl"
    before = audit_log.read_bytes() if audit_log.exists() else None
    audit_log.write_bytes((before or b"") + b'{"number": 0, "action": "prediction shown"}\n')
    try:
        page.goto(f"{app_url}/readings")
        ready(page)
        alert = page.get_by_test_id("stAlert")
        expect(alert.filter(has_text="was changed after it was written")).to_be_visible()
    finally:
        audit_log.unlink() if before is None else audit_log.write_bytes(before)
