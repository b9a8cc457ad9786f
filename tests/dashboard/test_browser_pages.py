"""Every page in a real browser, on a desk and on a telephone; by its address: test_browser_privacy.py."""

import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from diagnosis.core.intended_use import IN_FULL, IN_SHORT
from diagnosis.dashboard.glossary.terms import TERMS
from diagnosis.dashboard.shell.page import PAGES
from diagnosis.tuning import studies
from tests import conftest
from tests.browser import SETTLED_MS, click, one_run, press_cell, ready, sample_number, still, until
from tests.dashboard.tune.test_tune_page import stored

ADDRESSES = {
    key: "/" if key == "home" else f"/{page.file.removeprefix('pages/').removesuffix('.py')}"
    for key, page in PAGES.items()
}
# What has moved since the page was opened, without anybody's doing: the score of layout shift.
MOVED = """() => new Promise(moved => {
  const shifts = [];
  new PerformanceObserver(list => shifts.push(...list.getEntries()))
    .observe({type: "layout-shift", buffered: true});
  setTimeout(() => moved(shifts.filter(e => !e.hadRecentInput).map(e => [
    e.value, e.startTime, ...e.sources.map(({node}) => node?.textContent?.slice(0, 40)),
  ])), 100);
})"""
# Streamlit's own, since https://github.com/streamlit/streamlit/pull/15928: a "presentation" with a tabindex.
NOT_OURS = {"exclude": ["[data-testid=stFileUploaderDropzone]"]}
BRACES = re.compile(r"(?<![\\\w}])\{\w+\}")  # of a text that was never filled in; LaTeX has others
MOST_MOVED = 0.1  # "good" for https://web.dev/articles/cls


def violations(page: Page) -> list[str]:
    """What of the page is not accessible once its script has ended."""
    ready(page)
    found = Axe().run(page, context=NOT_OURS)
    return [found.generate_report()] if found.violations_count else []


@pytest.fixture
def search(app_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page of searches has one to show."""
    monkeypatch.setenv("SCANLINE_HOME", str(app_folder / "home"))
    before = os.umask(0o077)  # as that of the server, whose files these are
    try:
        if not studies.names():
            stored()
    finally:
        os.umask(before)


@pytest.mark.usefixtures("search")
@pytest.mark.parametrize("key", PAGES)
def test_a_page_stays_in_its_place_and_is_accessible(app_url: str, page: Page, key: str) -> None:
    page.goto(app_url + ADDRESSES[key])
    ready(page)
    moved = page.evaluate(MOVED)
    assert sum(value for value, *_ in moved) < MOST_MOVED, moved
    assert not BRACES.findall(page.locator("body").inner_text())
    until(page, lambda: violations(page) == [])


@pytest.mark.usefixtures("search")
@pytest.mark.parametrize(
    "key", [pytest.param(key, marks=[pytest.mark.long] * (key != "gates")) for key in PAGES]
)
def test_a_page_is_accessible_in_the_dark(app_url: str, page: Page, key: str) -> None:
    page.goto(app_url + ADDRESSES[key])
    ready(page)
    page.emulate_media(color_scheme="dark")
    expect(page.locator(".stApp")).to_have_css("color-scheme", "dark")
    until(page, lambda: violations(page) == [])  # charts take the theme a little later


def test_the_menu_leads_to_every_page(app_url: str, page: Page) -> None:
    page.goto(app_url)
    menu = page.get_by_test_id("stSidebar").get_by_role("link")
    expect(menu).to_have_text([entry.label for entry in PAGES.values()])
    for key, entry in PAGES.items():
        address = ADDRESSES[key].removeprefix("/")
        link = page.get_by_test_id("stSidebar").get_by_role("link", name=entry.label, exact=True)
        expect(link).to_have_attribute("href", address)
    for key in ("glossary", "data", "home"):
        entry = PAGES[key]
        menu.get_by_text(entry.label, exact=True).click()
        expect(page).to_have_url(re.compile(re.escape(app_url + ADDRESSES[key]) + r"(\?.*)?$"))
        ready(page)
        expect(page.get_by_text(IN_SHORT)).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        expect(menu).to_have_text([entry.label for entry in PAGES.values()])


def test_home_shows_a_case_being_read_and_a_card_is_a_link_as_a_whole(
    app_url: str, page: Page
) -> None:
    page.goto(app_url)
    ready(page)
    expect(page.locator(".st-key-home-board .scanline-cursor").nth(2)).to_be_visible()
    sentence = page.locator(".st-key-home-cards p").last  # below the link's words
    still(sentence)
    sentence.click(force=True)
    expect(page).to_have_title("Train · Scanline")


def test_intended_use_stays_in_sight_and_opens_by_one_click(app_url: str, page: Page) -> None:
    page.goto(app_url + "/glossary#test-split")
    ready(page)
    page.locator(".stMain").evaluate("main => main.scrollTo(0, main.scrollHeight)")
    expect(page.get_by_text(IN_SHORT)).to_be_in_viewport()
    page.get_by_role("button", name="Intended use").click()
    for text in IN_FULL.values():
        expect(page.get_by_text(text)).to_be_visible()


def test_every_equation_of_the_glossary_is_typeset(app_url: str, page: Page) -> None:
    page.goto(app_url + ADDRESSES["glossary"])
    ready(page)
    equations = sum(len(entry.equations) for entry in TERMS.values())
    expect(page.locator(".katex-display .katex-html")).to_have_count(equations)
    expect(page.locator(".katex-error")).to_have_count(0)


def test_menu_opens_on_a_telephone_and_leads_to_another_page(app_url: str, phone: Page) -> None:
    phone.goto(app_url + "/data?set=breastmnist")
    ready(phone)
    expect(phone.get_by_role("heading", name="BreastMNIST")).to_be_visible()
    phone.get_by_test_id("stExpandSidebarButton").click()
    phone.get_by_test_id("stSidebar").get_by_role("link", name="Glossary").click()
    expect(phone.get_by_role("heading", level=1, name="Glossary")).to_be_visible()


def test_a_row_of_the_table_chooses_its_set(app_url: str, page: Page) -> None:
    page.goto(app_url + "/data?set=mnist")
    ready(page)
    table = page.get_by_test_id("stDataFrame").first
    press_cell(table, x=60, y=53)  # the words of the first row
    expect(page.get_by_role("heading", name="PathMNIST")).to_be_visible()
    expect(page).to_have_url(app_url + "/data?set=pathmnist")
    expect(page.get_by_label("Search").first).to_be_visible()  # the table's own tools
    unsaid = page.get_by_label("Download as CSV").first  # it would not say what it is for
    expect(unsaid).to_be_hidden()
    page.get_by_role("combobox", name="Data set").click()
    with one_run(page):
        page.get_by_role("option", name="ChestMNIST").click()
    expect(page).to_have_url(app_url + "/data?set=chestmnist")
    press_cell(table, x=60, y=53)  # which was pressed before
    expect(page).to_have_url(app_url + "/data?set=pathmnist")


def test_a_threshold_is_moved_by_keys_and_a_worst_case_is_opened(app_url: str, page: Page) -> None:
    page.goto(app_url + "/performance?model=phantoms/lstm")
    ready(page)
    expect(page.locator(".st-key-performance-worst img")).to_have_count(12)
    counts = page.locator("[data-key=confusion-matrix]")
    before = counts.inner_text()
    slider = page.get_by_role("slider").first
    for _ in range(2):
        with one_run(page):
            slider.press("ArrowRight")
    expect(counts).not_to_have_text(before, use_inner_text=True)
    worst = page.locator(".st-key-performance-worst").get_by_role("button", name="Open").first
    number = page.locator(".st-key-performance-worst strong").first.inner_text()
    click(worst)
    expect(page).to_have_url(re.compile(r"/read\?.*model=lstm"))
    ready(page)
    expect(sample_number(page)).to_have_value(number)
    expect(page.get_by_role("link", name="Error rates")).to_be_visible()


def test_a_page_says_that_its_server_is_gone_and_then_that_its_session_has_ended(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = conftest._free_port()
    monkeypatch.setattr(conftest, "_free_port", lambda: port)
    notice = page.get_by_role("alert")
    with conftest.scanline(tmp_path) as url:
        page.goto(f"{url}{ADDRESSES['glossary']}?term=recall")
        ready(page)
        expect(notice).to_have_count(0)
    expect(notice).to_be_visible()
    expect(notice.get_by_role("button")).to_have_count(0)
    with conftest.scanline(tmp_path):
        notice.get_by_role("button").click(timeout=SETTLED_MS)
        ready(page)
        expect(page.get_by_role("heading", level=3)).to_have_count(1)  # as its address says
        expect(notice).to_have_count(0)
