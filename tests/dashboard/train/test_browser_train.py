"""Somebody trains on images of their own in a real browser, keeps the model, reads with it, rolls back."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from diagnosis.jobs import locks, record
from diagnosis.jobs.plan import Plan
from diagnosis.jobs.tracking import client
from tests.browser import choose_upload, click, enter, one_run, press_cell, ready
from tests.conftest import scanline
from tests.import_sources import chest_pictures, zip_of
from tests.record_cases import record as patient_record
from tests.record_cases import table as patient_table

STARTS_MS = 180_000  # a process that imports TensorFlow and compiles, beside other tests
RUN = re.compile("(?<=run=)[0-9a-f]{32}")
SET, MODEL = "my-chests", "my-chests/gru"


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Of a Scanline that nobody else trains in. What still trains when a test fails is killed."""
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    yield tmp_path
    for folder in (tmp_path / "home" / "runs").glob("?" * 32):
        if locks.is_alive(folder.name):
            record.request(folder.name, "kill")


@pytest.fixture
def own_url(own_folder: Path) -> Iterator[str]:
    """The address of that Scanline."""
    with scanline(own_folder) as url:
        yield url


def import_zip(page: Page, url: str, packed: bytes) -> None:
    page.goto(url + "/data")
    ready(page)
    page.locator(".st-key-import-open summary").click()
    field = page.get_by_test_id("stFileUploader").first.locator('input[type="file"]')
    field.set_input_files({"name": "chests.zip", "mimeType": "", "buffer": packed})
    check = page.get_by_role("button", name="Check the images")
    expect(check).to_be_enabled()
    check.click()
    expect(page.get_by_text("120 images", exact=True)).to_be_visible(timeout=STARTS_MS)
    page.get_by_role("textbox", name="Name of the set").fill(SET)
    page.get_by_role("button", name="Store the set").click()
    expect(page.get_by_text(f"{SET} is stored")).to_be_visible(timeout=STARTS_MS)


def choose(page: Page, box: str, option: str) -> None:
    page.get_by_test_id("stSidebar").get_by_label(box, exact=True).first.click()
    click(page.get_by_role("option", name=option, exact=True))


def fill(page: Page, role: str, name: str, text: str) -> None:
    field = page.get_by_test_id("stSidebar").get_by_role(role, name=name)  # type: ignore[arg-type]
    enter(field, text)


def start(page: Page) -> str:
    """Review, start, and return the id of the run."""
    click(page.get_by_role("button", name="Review and start"))
    expect(page.get_by_role("row", name=re.compile("normal"))).to_have_text("normal4299")
    expect(page.get_by_text(re.compile(r"\d s per epoch"))).to_be_visible(timeout=STARTS_MS)
    shown = RUN.search(page.url)  # the newest run opens by itself
    page.get_by_role("button", name="Start training").click()
    if shown:
        expect(page).not_to_have_url(re.compile(shown[0]))
    expect(page).to_have_url(RUN)
    return RUN.findall(page.url)[0]


def points(page: Page, chart: int = 0) -> Locator:
    """What is drawn of a curve: a point for each epoch of each split."""
    return (
        page.locator(".st-key-train-curves .stVegaLiteChart")
        .nth(chart)
        .locator(".mark-symbol path")
    )


def wait_for_more_points(page: Page, than: int) -> int:
    page.wait_for_function(
        "n => document.querySelector('.st-key-train-curves .stVegaLiteChart')"
        "?.querySelectorAll('.mark-symbol path').length > n",
        arg=than,
        timeout=STARTS_MS,
    )
    return points(page).count()


def promote(page: Page, why: str) -> None:
    page.get_by_role("textbox", name="Your name or initials").fill("A. Reader")
    page.get_by_role("textbox", name="Reason").fill(why)
    page.get_by_role("button", name="Promote").click()
    expect(page.get_by_text(f"Reason: {why}")).to_be_visible(timeout=STARTS_MS)


def ending(page: Page) -> Locator:
    """The sentence that a run ended with."""
    return page.get_by_test_id("stAlert").filter(has_text="is saved as version")


def version_of(page: Page) -> str:
    found = re.search(r"\d{8}-[0-9a-f]{8}", ending(page).inner_text())
    assert found is not None
    return found[0]


def watch_and_reload(page: Page) -> None:
    """See the curves grow, and go on growing after a reload."""
    progress = page.get_by_test_id("stProgress")

    expect(progress).to_have_text(re.compile(r"epoch \d+ of 1000, .* left"), timeout=STARTS_MS)
    seen = wait_for_more_points(page, wait_for_more_points(page, 4))
    assert points(page, 2).count() > 4  # AUC
    assert points(page, 3).count() > 2  # gradient norm, of training alone
    gates = page.locator(".st-key-train-gates")
    expect(gates.get_by_text("model input")).to_be_visible()
    expect(gates.get_by_text("before training")).to_be_visible()

    page.reload()
    expect(progress).to_have_text(re.compile(r"epoch \d+ of 1000, .* left"), timeout=STARTS_MS)
    wait_for_more_points(page, seen)


def read_a_scan(page: Page, picture: bytes) -> None:
    ready(page)
    choose_upload(page)
    field = page.get_by_test_id("stFileUploader").locator('input[type="file"]')
    field.set_input_files({"name": "chest.png", "mimeType": "image/png", "buffer": picture})
    expect(page.locator(".st-key-result-predicted")).to_be_visible(timeout=STARTS_MS)


@pytest.fixture
def ended_runs(own_folder: Path) -> list[str]:
    """Runs that ended before the server starts, the newest first."""
    runs = [record.create(Plan(dataset="phantoms", variant=kind)) for kind in ("lstm", "gru")]
    for run in runs:
        record.set_state(run, "running", "Running.")
        client().log_metric(run, "loss", 0.5, step=1)
        client().log_metric(run, "epoch", 1, step=1)
        record.set_state(run, "killed", "Killed.")
    return runs[::-1]


def test_a_press_on_a_row_opens_its_run_and_a_telephone_has_a_button_for_the_form(
    ended_runs: list[str], own_url: str, page: Page, phone: Page
) -> None:
    said: list[str] = []
    page.on(
        "console", lambda message: said.append(message.text) if message.type == "warning" else None
    )
    newest, older = ended_runs
    page.goto(own_url + "/train")
    expect(page).to_have_url(re.compile(f"run={newest}"), timeout=STARTS_MS)
    expect(page.locator(".stVegaLiteChart")).to_have_count(1)  # of the one figure there is
    expect(page.get_by_role("button", name="Review and start")).to_be_in_viewport()
    ready(page)
    press_cell(page.get_by_test_id("stDataFrame").first, x=300, y=88)  # its words
    expect(page).to_have_url(re.compile(f"run={older}"))
    ready(page)
    page.go_back()
    expect(page).to_have_url(re.compile(f"run={newest}"))
    ready(page)
    press_cell(page.get_by_test_id("stDataFrame").first, x=300, y=88)  # the same cell
    expect(page).to_have_url(re.compile(f"run={older}"))
    assert not said

    phone.goto(own_url + "/train")
    ready(phone)
    opener = phone.locator(".st-key-train-open").get_by_role("button", name="New training")
    opener.click()
    fill(phone, "spinbutton", "Epochs", "3")
    expect(phone).to_have_url(re.compile("epochs=3"))
    phone.reload()  # it keeps what was filled in, and the sidebar stays open
    ready(phone)
    expect(phone.get_by_role("spinbutton", name="Epochs")).to_have_value("3")
    review = phone.get_by_role("button", name="Review and start")
    expect(review).to_be_in_viewport()
    click(review)
    expect(phone.get_by_role("button", name="Start training")).to_be_visible()
    expect(review).not_to_be_in_viewport()  # the sidebar would cover the review


@pytest.mark.timeout(600)  # several processes that import TensorFlow, one after the other
@pytest.mark.long
def test_train_on_imported_images_promote_read_and_roll_back(
    own_url: str, page: Page, real_data: Path, tmp_path: Path
) -> None:
    import_zip(page, own_url, zip_of(chest_pictures(real_data, 60)).getvalue())

    page.get_by_test_id("stSidebar").get_by_role("link", name="Train").click()
    expect(page.get_by_text("No runs yet.")).to_be_visible(timeout=STARTS_MS)
    choose(page, "Data set", f"{SET} (yours)")
    choose(page, "Variant", "GRU")
    fill(page, "textbox", "Units", "8")
    fill(page, "spinbutton", "Epochs", "1000")
    page.get_by_test_id("stSidebar").get_by_text("Advanced").click()
    fill(page, "spinbutton", "Patience", "0")  # it goes on until it is stopped
    run = start(page)
    watch_and_reload(page)
    expect(page).to_have_url(re.compile(run))

    page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop").click()
    expect(ending(page)).to_have_text(re.compile("^Stopped: epoch"), timeout=STARTS_MS)
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    first = version_of(page)
    promote(page, "the first one")

    page.get_by_role("link", name="Read a scan with it").click()
    read_a_scan(page, chest_pictures(real_data, 1)["pneumonia/000.png"])
    expect(page.get_by_text(first)).to_be_attached()  # under Details

    # as the tune page hands over
    page.goto(f"{own_url}/train?dataset={SET}&variant=gru&units=8&epochs=2")
    ready(page)
    expect(page.get_by_role("textbox", name="Units")).to_have_value("8")
    assert start(page) != run
    expect(ending(page)).to_have_text(re.compile("^Finished: epoch"), timeout=STARTS_MS)
    second = version_of(page)
    assert second != first
    promote(page, "a shorter training")
    page.goto(f"{own_url}/train?run={run}")
    expect(ending(page)).to_have_text(re.compile("^Stopped: epoch"), timeout=STARTS_MS)
    expect(page).to_have_url(re.compile(run))

    page.goto(f"{own_url}/models?model={MODEL}")
    page.get_by_role("button", name="Roll back to this version").click()
    page.get_by_role("textbox", name="Your name or initials").fill("A. Reader")
    page.get_by_role("textbox", name="Reason").fill("the longer one was better")
    page.get_by_role("button", name="Roll back", exact=True).click()
    expect(page.get_by_text("Reason: the longer one was better")).to_be_visible(timeout=STARTS_MS)
    active = tmp_path / "home" / "models" / MODEL / "active"
    assert active.read_text().splitlines()[0] == first


@pytest.mark.timeout(600)
@pytest.mark.long
def test_a_run_outlives_the_app_and_is_stopped_resumed_and_killed(
    own_folder: Path, page: Page
) -> None:
    plan = "dataset=phantoms&variant=gru&units=4&epochs=1000&patience=0"
    with scanline(own_folder) as url:
        page.goto(f"{url}/train?{plan}")
        ready(page)
        page.get_by_role("button", name="Review and start").click()
        page.get_by_role("button", name="Start training").click()
        expect(page).to_have_url(re.compile("run=[0-9a-f]{32}"))
        run = page.url.rpartition("run=")[2]
        seen = wait_for_more_points(page, 4)
    assert locks.is_alive(run)

    with scanline(own_folder) as url:
        page.goto(f"{url}/train?run={run}")
        seen = wait_for_more_points(page, seen)
        page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop").click()
        expect(ending(page)).to_have_text(re.compile("^Stopped: epoch"), timeout=STARTS_MS)
        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_test_id("stProgress")).to_be_visible(timeout=STARTS_MS)
        wait_for_more_points(page, points(page).count())
        page.get_by_role("button", name="Kill …").click()
        page.get_by_role("button", name="Kill it").click()
        killed = page.get_by_test_id("stAlert").filter(has_text="Killed: nothing of it was kept")
        expect(killed).to_be_visible(timeout=STARTS_MS)
        expect(page.get_by_role("button", name="Resume")).to_have_count(0)
    assert not locks.is_alive(run)


@pytest.mark.timeout(600)
@pytest.mark.long
def test_own_tables_of_patients_become_a_model_in_three_presses_that_reads_one(
    own_url: str, page: Page
) -> None:
    rng = np.random.default_rng(4)
    patients = {f"p-{number}": patient_record(number % 2, rng) for number in range(80)}
    events = patient_table(patients).encode()
    rows = [f"{name},{each.label},2024-01-01 12:00" for name, each in patients.items()]
    of_patients = "\n".join(["patient,label,prediction_time", *rows]).encode()
    page.goto(own_url + "/data")
    ready(page)
    with one_run(page):
        page.locator(".st-key-records-open summary").click()
    for what, table in (("events", events), ("patients", of_patients)):
        field = page.locator(f"[class*=st-key-records-{what}-]").locator('input[type="file"]')
        with one_run(page):
            field.set_input_files({"name": f"{what}.csv", "mimeType": "", "buffer": table})
    click(page.get_by_role("button", name="Check the tables"))
    section = page.locator(".st-key-records-open")
    expect(section).to_contain_text("56 + 12 + 12 = 80 different patients")
    expect(section).to_contain_text("training and test 0")
    expect(section).to_contain_text("after the time of prediction")
    page.get_by_role("button", name="Store and train a first model").click()
    expect(page).to_have_url(RUN, timeout=STARTS_MS)

    progress = page.get_by_test_id("stProgress")
    expect(progress).to_have_text(re.compile(r"epoch \d+ of \d+, .* left"), timeout=STARTS_MS)
    page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop").click()
    expect(ending(page)).to_have_text(re.compile("^Stopped: epoch"), timeout=STARTS_MS)
    promote(page, "the first one")
    page.get_by_role("link", name="Read a scan with it").click()
    ready(page)
    choose_upload(page)
    field = page.get_by_test_id("stFileUploader").first.locator('input[type="file"]')
    with one_run(page):
        field.set_input_files({"name": "events.csv", "mimeType": "", "buffer": events})
    expect(page.locator(".st-key-record-patient")).to_be_visible(timeout=STARTS_MS)
    expect(page.locator(".st-key-read-board .js-plotly-plot").first).to_be_visible(
        timeout=STARTS_MS
    )
    options = page.locator(".events").get_by_role("listbox").get_by_role("option")
    expect(options).to_have_count(len(patients["p-0"]) + len(patients["p-0"].facts))
