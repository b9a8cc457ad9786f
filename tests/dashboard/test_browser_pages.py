"""Every page in a real browser, on a desk and on a telephone; by its address: test_browser_privacy.py."""

import re

from playwright.sync_api import Page, expect

from diagnosis.core.intended_use import IN_FULL, IN_SHORT
from diagnosis.dashboard.glossary.terms import TERMS
from diagnosis.dashboard.shell.page import PAGES
from tests.browser import ready, sample_number

ADDRESSES = {
    key: "/" if key == "home" else f"/{page.file.removeprefix('pages/').removesuffix('.py')}"
    for key, page in PAGES.items()
}


def test_the_menu_leads_to_every_page(app_url: str, page: Page) -> None:
    page.goto(app_url)
    menu = page.get_by_test_id("stSidebar").get_by_role("link")
    for key, entry in PAGES.items():
        menu.get_by_text(entry.label, exact=True).click()
        expect(page).to_have_url(re.compile(re.escape(app_url + ADDRESSES[key]) + r"(\?.*)?$"))
        ready(page)
        expect(page.get_by_text(IN_SHORT)).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        expect(menu).to_have_text([entry.label for entry in PAGES.values()])


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
    table.click(position={"x": 17, "y": 53})  # the box of the first row
    expect(page.get_by_role("heading", name="PathMNIST")).to_be_visible()
    expect(page).to_have_url(app_url + "/data?set=pathmnist")


def test_a_threshold_is_moved_by_keys_and_a_worst_case_is_opened(app_url: str, page: Page) -> None:
    page.goto(app_url + "/performance?model=phantoms/lstm")
    ready(page)
    expect(page.locator(".st-key-performance-worst img")).to_have_count(12)
    counts = page.locator("[data-key=confusion-matrix]")
    before = counts.inner_text()
    slider = page.get_by_role("slider").first
    slider.focus()
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    expect(counts).not_to_have_text(before, use_inner_text=True)
    worst = page.locator(".st-key-performance-worst").get_by_role("button", name="Open").first
    number = page.locator(".st-key-performance-worst strong").first.inner_text()
    worst.click()
    expect(page).to_have_url(re.compile(r"/read\?.*model=lstm"))
    ready(page)
    expect(sample_number(page)).to_have_value(number)
    expect(page.get_by_role("link", name="Error rates")).to_be_visible()
