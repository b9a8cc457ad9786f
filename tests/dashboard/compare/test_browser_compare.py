"""A person compares models in a real browser: two and six, one that is broken, and where they disagree."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from diagnosis.core.private_files import private
from diagnosis.models import store
from tests.browser import click, enter, one_run, ready, sample_number, step_slider, still, until
from tests.dashboard.read.test_browser_read import upload

FIRST_MS = 90_000  # the first comparison after a start compiles every model
SIX = "lstm,gru,bidirectional_lstm,simple_rnn,stacked_lstm,cnn"


def open_compare(page: Page, url: str, query: str) -> None:
    page.goto(f"{url}/compare{query}")
    ready(page)


def heads(page: Page) -> Locator:
    """The titles of the columns, from left to right; the picture's comes first."""
    return page.locator(".compare-head strong")


def section(page: Page, title: str) -> None:
    """Choose a section under the case."""
    click(page.locator(".st-key-compare-section").get_by_text(title, exact=True))


def cursor(page: Page) -> float:
    """How far down its rows the cursor stands in every panel, 0 to 1."""
    places: list[float] = page.evaluate(
        """[...document.querySelectorAll(".st-key-compare .js-plotly-plot")]
        .filter(plot => plot.getBoundingClientRect().height > 0).map(plot => {
            const size = plot._fullLayout._size;
            const mark = plot.querySelector(".scanline-cursor").getBoundingClientRect();
            const top = mark.top - plot.getBoundingClientRect().top - size.t;
            return Math.round(100 * top / size.h) / 100;
        })"""
    )
    assert len(set(places)) == 1
    return places[0]


def test_two_models_on_one_upload(app_url: str, page: Page, real_data: Path) -> None:
    """A GRU and a bidirectional LSTM: a column each, the same rows, one cursor through all panels."""
    open_compare(page, app_url, "?task=pneumoniamnist&models=gru,bidirectional_lstm&row=14")
    upload(page, real_data / "scans" / "chest_normal_1.jpeg")
    expect(page.locator(".compare-badge")).to_contain_text(
        "Both models predict normal.", timeout=FIRST_MS
    )
    ready(page)
    expect(heads(page)).to_have_text(["Model input", "GRU", "Bidirectional LSTM"])
    panels = page.locator(".st-key-compare .js-plotly-plot")
    expect(panels).to_have_count(6)  # the picture twice, two verdicts, two states
    expect(page.get_by_text("forward half")).to_have_count(2)  # the panel's title and the caption
    expect(page.locator(".st-key-compare .scanline-cursor")).to_have_count(6)
    slider = step_slider(page)
    expect(slider).to_have_value("14")
    until(page, lambda: cursor(page) > 0)
    before = cursor(page)
    with one_run(page):
        slider.press("ArrowRight")
    expect(slider).to_have_value("15")
    until(page, lambda: cursor(page) > before)
    expect(page.locator("output")).to_have_text("row 15 of 28")
    said = page.locator(".step-readout")
    expect(said).to_have_text([re.compile(r"row 15: 0\.\d\d")] * 2)  # each at its own column
    words = re.compile(r"pneumonia, GRU: 0\.\d\d; Bidir")
    expect(slider).to_have_attribute("aria-valuetext", words)
    expect(page).to_have_url(re.compile("row=15"))

    # the figures below: one column a model, times measured
    table = page.locator("[data-key=compare-figures]")
    expect(table).not_to_contain_text("…", timeout=FIRST_MS)
    expect(table.locator("thead th")).to_have_text(["figure", *heads(page).all_inner_texts()[1:]])
    row = table.locator("tr", has=page.get_by_text("trace, ms", exact=True))
    times = row.locator("td").all_inner_texts()
    assert len(times) == 2 and all(float(time) > 0 for time in times)

    # two lines: verdicts and states, the picture beside both
    page.wait_for_function(
        """() => new Set([...document.querySelectorAll(".st-key-compare .js-plotly-plot")]
        .map(plot => Math.round(plot.getBoundingClientRect().top))).size === 2"""
    )


@pytest.mark.long
def test_six_models_fit_side_by_side(app_url: str, page: Page, real_data: Path) -> None:
    open_compare(page, app_url, f"?task=pneumoniamnist&models={SIX}")
    upload(page, real_data / "scans" / "chest_pneumonia_1.jpeg")
    badge = page.locator(".compare-badge")
    expect(badge).to_contain_text("pneumonia", timeout=FIRST_MS)
    ready(page)
    expect(heads(page)).to_have_count(7)
    columns = page.locator("[class*=st-key-compare-column]")
    boxes = [still(columns.nth(place)) for place in range(6)]
    lefts = [box["x"] for box in boxes]
    assert lefts == sorted(lefts) and lefts[0] > 0 and len(set(lefts)) == 6
    assert boxes[-1]["x"] + boxes[-1]["width"] <= 1440
    expect(page.get_by_text("A CNN reads the whole picture at once")).to_be_visible()  # the CNN
    expect(page.locator(".st-key-compare .js-plotly-plot")).to_have_count(12)
    until(page, lambda: cursor(page) > 0)


def test_only_differences_or_all_fields(app_url: str, page: Page) -> None:
    open_compare(page, app_url, "?task=pneumoniamnist&models=lstm,gru&section=configuration")
    made = page.locator("[data-key=compare-configuration]")
    made.wait_for(timeout=FIRST_MS)
    ready(page)
    same = made.locator("tbody th", has_text="training: batch size")
    expect(made.locator("tbody th")).to_contain_text(["variant", "units", "training: folds"])
    expect(same).to_have_count(0)
    click(page.get_by_text("Only differences"))
    expect(same).to_have_count(1)
    # the GRU is shipped with three seeds, the cross-fitted LSTM with one
    section(page, "Seeds")
    seeds = page.locator("[data-key=compare-seeds]")
    expect(seeds.locator("tbody tr")).to_have_count(1)
    expect(seeds).to_contain_text("1, 2, 3")
    expect(seeds).to_contain_text("±")


def choose_task(page: Page, name: str) -> None:
    page.get_by_role("combobox", name="Task").click()
    click(page.get_by_role("option", name=name))


def test_the_choice_lives_in_the_address_and_survives_a_change_of_page(
    app_url: str, page: Page
) -> None:
    open_compare(page, app_url, "?task=phantoms&models=lstm,gru,simple_rnn")
    chosen = page.get_by_test_id("stMultiSelect")
    tags = chosen.locator(".react-aria-ComboBox [data-tag]")
    expect(tags).to_have_text(["LSTM", "GRU", "SimpleRNN"])
    click(chosen.get_by_role("button", name="Remove LSTM", exact=True))
    expect(page).to_have_url(re.compile("models=gru%2Csimple_rnn"))
    for name in ("Glossary", "Compare"):
        click(page.get_by_test_id("stSidebar").get_by_role("link", name=name))
        expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    expect(tags).to_have_text(["GRU", "SimpleRNN"])
    choose_task(page, "BreastMNIST")
    expect(tags).to_have_text(["Stacked GRU", "CNN"])
    choose_task(page, "Drawn chest picture")
    expect(tags).to_have_text(["GRU", "SimpleRNN"])
    open_compare(page, app_url, "?task=phantoms&models=nonsense,%3Cscript%3E,lstm,cnn")
    expect(tags).to_have_text(["LSTM", "CNN"])


def test_a_case_on_which_they_disagree_is_opened(app_url: str, page: Page) -> None:
    query = "?task=phantoms&models=lstm,gru,cnn&section=disagreements&sample=1"
    open_compare(page, app_url, query)
    cases = page.locator(".st-key-compare-disagreements")
    cases.wait_for(timeout=FIRST_MS)
    ready(page)
    expect(page.get_by_text(re.compile(r"differ on \d+ of 600 test cases"))).to_be_visible()
    expect(cases.get_by_role("button", name="Open")).to_have_count(12)
    caption = cases.locator("[data-testid=stCaptionContainer]").first
    first = caption.inner_text()
    enter(page.get_by_label(re.compile("Page, 1 to")), "2")
    expect(caption).not_to_contain_text(f"{first.split(',')[0]},")
    shown = caption.inner_text()
    click(cases.get_by_role("button", name="Open").first)
    expect(page.get_by_text(f"Test image {shown.split(',')[0]} is open at the top")).to_be_visible()
    box = sample_number(page)
    expect(box).to_have_value(shown.split(",")[0])
    ready(page)
    badge = page.locator(".compare-badge.disagree")
    expect(badge).to_contain_text("≠")
    label = shown.splitlines()[0].split("label: ")[1]
    expect(badge).to_contain_text(f"Label in the data set: {label}")


@pytest.fixture
def broken_version(app_folder: Path) -> Iterator[str]:
    """One more version of a shipped model, whose weights file was cut off."""
    version = "20260101-00000000"
    copy = app_folder / "home" / "models" / "phantoms" / "gru" / version
    shutil.copytree(store.find("phantoms/gru").folder, private(copy.parent) / version)
    weights = copy / store.WEIGHTS
    weights.write_bytes(weights.read_bytes()[:1000])
    yield version
    shutil.rmtree(copy)


def test_a_broken_model_says_so_and_the_others_stay(
    app_url: str, broken_version: str, page: Page, phone: Page
) -> None:
    models = f"lstm,gru/{broken_version},bidirectional_lstm"
    query = f"?task=phantoms&models={models}&section=tests&sample=1"
    open_compare(page, app_url, query)
    expect(page.locator(".compare-badge")).to_contain_text("1 failed.")
    column = page.locator(".st-key-compare-column-1")
    expect(column).to_contain_text("are not the ones that were saved")
    expect(column.locator(".js-plotly-plot")).to_have_count(0)
    for place in (0, 2):
        column = page.locator(f".st-key-compare-column-{place}")
        expect(column.locator(".js-plotly-plot")).to_have_count(2)
    until(page, lambda: cursor(page) > 0)
    expect(page.get_by_text("is left out here:")).to_be_visible()
    expect(page.locator("[data-key=paired-tests] tbody tr")).to_have_count(1)

    # on a telephone the models are swiped beside the picture, and the page itself stays where it is
    open_compare(phone, app_url, query)
    picture, third = (phone.locator(f".st-key-compare-{name}") for name in ("picture", "column-2"))
    before = still(picture)
    expect(third).not_to_be_in_viewport()
    phone.locator(".st-key-compare").evaluate("grid => (grid.scrollLeft = grid.scrollWidth)")
    expect(third).to_be_in_viewport()
    assert still(picture) == before
    assert still(third)["y"] == before["y"]
    assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    until(phone, lambda: cursor(phone) > 0)


def test_one_model_is_too_few(app_url: str, page: Page) -> None:
    open_compare(page, app_url, "?task=phantoms&models=lstm,gru")
    chosen = page.get_by_test_id("stMultiSelect")
    click(chosen.get_by_role("button", name="Remove LSTM", exact=True))
    expect(page.get_by_text("Choose at least 2 models")).to_be_visible()
    ready(page)
