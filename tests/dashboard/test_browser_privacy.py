"""Nothing of an upload reaches a disk or another machine, seen from inside the server (tests/watched)."""

from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from playwright.sync_api import Page, expect

from diagnosis.core.intended_use import IN_SHORT
from diagnosis.dashboard.shell.page import PAGES
from tests.browser import heard, ready
from tests.dashboard.read.test_browser_read import PREDICTION_MS, open_reading
from tests.dashboard.test_server import opened
from tests.scan_files import dicom, written
from tests.watched import asked, wrote

PATIENT = "Musterfrau^Erika"
FILE = "Musterfrau_Erika_1970.dcm"


def test_an_upload_stays_in_memory(
    page: Page, app_url: str, app_folder: Path, tmp_path: Path
) -> None:
    noise = np.random.default_rng(1).integers(0, 4096, (1300, 1200), np.uint16)
    file = tmp_path / FILE
    file.write_bytes(
        written(dicom(noise, PatientName=PATIENT, PatientID="MRN-4711", BitsStored=12))
    )
    assert file.stat().st_size > 3_000_000
    open_reading(page, app_url, "?task=pneumoniamnist&model=gru&source=upload")
    before = len(wrote(app_folder))
    page.get_by_test_id("stFileUploader").locator('input[type="file"]').set_input_files(file)
    expect(page.get_by_text("such as a name, is not removed")).to_be_visible(timeout=PREDICTION_MS)
    expect(page.get_by_role("heading", name="Not analysed")).to_be_visible(timeout=PREDICTION_MS)
    ready(page)

    assert "Musterfrau" not in page.locator(".stMain").inner_text()
    for path in wrote(app_folder)[before:]:
        assert Path(path).is_relative_to(app_folder / "home") or path == "/dev/null", path
    assert not list((app_folder / "tmp").iterdir())
    for found in app_folder.rglob("*"):
        if found.is_file():
            content = found.read_bytes()
            for word in (b"Musterfrau", b"MRN-4711", noise.tobytes()[:64]):
                assert word not in content, found
    kept = [path for place in ("home", "cache") for path in (app_folder / place).rglob("*")]
    assert kept
    assert not [path for path in (app_folder / "home", *kept) if path.stat().st_mode & 0o077]


def test_every_page_opens_by_its_address_fits_a_telephone_and_asks_no_other_machine(
    phone: Page, app_url: str, app_folder: Path
) -> None:
    """Nothing makes a page itself scroll sideways, its notice is whole, and all of it comes from here."""
    with heard(phone, "request") as requests, heard(phone, "console") as said:
        for key in PAGES:
            phone.goto(f"{app_url}/{'' if key == 'home' else key}")
            ready(phone)
            expect(phone.get_by_role("heading", level=1)).to_have_count(1)
            widths = phone.evaluate(
                "[document.documentElement, document.querySelector('.stMain')]"
                ".map(e => e.scrollWidth)"
            )
            assert max(widths) <= phone.evaluate("innerWidth"), key
            notice = phone.get_by_text(IN_SHORT).bounding_box()
            assert notice is not None and notice["y"] >= 0, key
    assert not [message.text for message in said if "Content Security" in message.text]
    own = (app_url, app_url.replace("http", "ws"), "data:", "blob:")
    assert not [each.url for each in requests if not each.url.startswith(own)]
    assert asked(app_folder) == []


def test_a_page_of_another_address_may_not_connect(app_url: str) -> None:
    host = urlsplit(app_url).netloc
    assert opened(app_url, Host=host, Origin="http://evil.example") == 403
