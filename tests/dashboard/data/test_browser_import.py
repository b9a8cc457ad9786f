"""One's own images in a real browser: uploaded, checked, looked at, stored, listed, and removed again."""

import json
import re
from io import BytesIO
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser import click, one_run, ready
from tests.import_sources import chest_pictures, zip_of
from tests.scan_files import png

SEEN_MS = 60_000


def _open(page: Page, app_url: str) -> None:
    page.goto(app_url + "/data")
    ready(page)
    page.locator(".st-key-import-open summary").click()
    expect(page.get_by_role("button", name="Check the images")).to_be_disabled()


def _give(page: Page, packed: BytesIO, *, name: str = "DOE JANE.zip", place: int = 0) -> None:
    field = page.get_by_test_id("stFileUploader").nth(place).locator('input[type="file"]')
    with one_run(page):
        field.set_input_files({"name": name, "mimeType": "", "buffer": packed.getvalue()})
        page.locator(f'[data-testid=stFileChipName][title="{name}"]').wait_for(timeout=SEEN_MS)


def _check(page: Page) -> None:
    page.get_by_role("button", name="Check the images").click()


def test_a_zip_of_two_classes_is_checked_stored_listed_and_removed(
    app_url: str, page: Page, real_data: Path
) -> None:
    files = chest_pictures(real_data, 40)
    _open(page, app_url)
    _give(page, zip_of(files | {"normal/<b>![x](y).png": b"text"}))
    _check(page)
    expect(page.get_by_text("81 images", exact=True)).to_be_visible(timeout=SEEN_MS)
    expect(page.get_by_text("Files: normal/<b>![x](y).png.")).to_be_visible()
    store = page.get_by_role("button", name="Store the set")
    expect(store).to_have_count(0)
    click(page.get_by_role("button", name="Leave out 1 file and go on"))
    expect(store).to_be_visible()
    click(page.locator(".st-key-import-restart button"))
    expect(page.get_by_role("button", name="Check the images")).to_be_disabled(timeout=SEEN_MS)

    lines = [f"{name},{name.split('/')[0]},person {int(name[-7:-4]) // 2}" for name in files]
    _give(page, zip_of(files))
    listed = BytesIO("\n".join(["file,label,patient", *lines]).encode())
    _give(page, listed, name="list.csv", place=1)
    _check(page)
    expect(page.get_by_text("80 images", exact=True)).to_be_visible(timeout=SEEN_MS)
    row = page.get_by_role("row", name="pneumonia")
    expect(row.first).to_have_text("pneumonia2866")
    expect(page.get_by_role("row", name="Patients")).to_have_text("Patients1433")
    expect(page.get_by_text("pneumonia, training split")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Report (.json)").click()
    assert json.loads(download.value.path().read_text())["kept"] == 80

    name = page.get_by_role("textbox", name="Name of the set")
    name.fill("My Set")
    click(page.get_by_role("button", name="Store the set"))
    expect(page.get_by_text("such as my-set")).to_be_visible()
    name.fill("from-the-browser")
    click(page.get_by_role("button", name="Store the set"))
    done = page.locator(".st-key-import-done")
    expect(done.get_by_text("from-the-browser is stored")).to_be_visible(timeout=SEEN_MS)
    expect(done.get_by_role("link", name="Train on it")).to_have_attribute(
        "href", re.compile("train\\?dataset=from-the-browser$")
    )
    expect(page.get_by_role("heading", name="from-the-browser")).to_be_visible()
    expect(page).to_have_url(app_url + "/data?set=from-the-browser")
    expect(page.get_by_text("Splits chosen at random by patient and class")).to_be_visible()

    page.goto(app_url + "/data?set=from-the-browser")  # another session knows it too
    ready(page)
    expect(page.get_by_role("heading", name="from-the-browser")).to_be_visible()
    click(page.get_by_role("button", name="Remove this set"))
    click(page.get_by_role("button", name="Remove for good"))
    expect(page.get_by_text("from-the-browser is removed")).to_be_visible(timeout=SEEN_MS)
    expect(page.get_by_role("heading", name="PneumoniaMNIST")).to_be_visible()


def test_a_check_can_be_cancelled_and_a_refused_archive_says_why(
    app_url: str, page: Page, tmp_path: Path
) -> None:
    """Each picture is read for a tenth of a second or more, so there is time to press Cancel."""
    blank = png(np.zeros((6_000, 6_000, 1), np.uint8))
    large = {f"{name}/{i}.png": blank + bytes([i]) for name in ("a", "b") for i in range(100)}
    (tmp_path / "large.zip").write_bytes(zip_of(large).getvalue())
    _open(page, app_url)
    field = page.get_by_test_id("stFileUploader").first.locator('input[type="file"]')
    with one_run(page):
        field.set_input_files(tmp_path / "large.zip")
        expect(page.get_by_role("button", name="Check the images")).to_be_enabled()
    _check(page)
    expect(page.get_by_text("of 200 images read")).to_be_visible(timeout=SEEN_MS)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0, timeout=SEEN_MS)
    ready(page)
    expect(page.get_by_text("of 200 images read")).to_have_count(0)
    expect(page.get_by_role("button", name="Store the set")).to_have_count(0)
    expect(page.get_by_role("button", name="Check the images")).to_be_enabled()

    click(page.get_by_test_id("stFileUploader").first.get_by_role("button", name="Remove"))
    expect(page.get_by_role("button", name="Check the images")).to_be_disabled()
    _give(page, zip_of({"a/1.png": b"x", "b/../../2.png": b"x"}))
    _check(page)
    expect(page.get_by_text("b/../../2.png leads out of the archive")).to_be_visible(
        timeout=SEEN_MS
    )
