"""A person asks which rows mattered and what was seen before that looks alike, in a real browser."""

import re
from functools import cache, partial

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from diagnosis.datasets import Dataset, load
from diagnosis.explanations.attribution import Attribution, AttributionMethod
from diagnosis.explanations.background import background
from diagnosis.explanations.integrated_gradients import IntegratedGradients
from diagnosis.explanations.occlusion import Occlusion
from diagnosis.explanations.states import StateReader
from diagnosis.sequences.sequence import ROW
from tests.browser import click, one_run, ready, step_slider, until
from tests.shipped import shipped

FIRST_MS = 90_000  # the first time compiles the model, its gradient and what else is wanted
CASE = 4  # test image, from 1: a picture labelled normal whose rows speak against pneumonia


@pytest.fixture(autouse=True)
def _data(real_data: object) -> None:
    """Cases and controls are those of PneumoniaMNIST."""


@cache
def dataset() -> Dataset:
    return load("pneumoniamnist", download=False)


@cache
def weights(method: type[AttributionMethod], variant: str) -> Attribution:
    """What the page should show, computed here."""
    model = shipped(f"pneumoniamnist/{variant}")
    encoder = model.config.encoder
    (case,) = encoder.batch(dataset().images["test"][CASE - 1 : CASE])
    return method().prepare(model, background(dataset(), encoder), 1)(case)


def open_section(page: Page, url: str, variant: str, section: str) -> None:
    query = f"?task=pneumoniamnist&model={variant}&section={section}&sample={CASE}"
    page.goto(f"{url}/gates{query}")
    ready(page)
    click(page.locator(".st-key-show-label").get_by_role("button"))
    expect(page.get_by_text("label in the data set: normal")).to_be_visible(timeout=FIRST_MS)


def charts(page: Page) -> Locator:
    """Picture and bars of the section."""
    return page.locator(".st-key-gates-board-attribution .js-plotly-plot")


def bars(page: Page, name: str) -> list[float]:
    """The weights in a panel of bars, by row."""
    drawn: dict[str, float] = page.evaluate(
        """name => Object.fromEntries(
            document.querySelector(`.st-key-attribution-${name} .js-plotly-plot`).calcdata.flat()
            .filter(bar => bar.s !== undefined).map(bar => [bar.p, bar.s]))""",
        name,
    )
    return [drawn[str(row)] for row in range(1, 29)]


def shows_bars(page: Page, name: str, expected: Attribution) -> None:
    np.testing.assert_allclose(bars(page, name), expected.values, atol=1e-4)


def overlay(page: Page) -> tuple[float, list[float]]:
    """Opacity and values of the weights on the picture."""
    found = page.evaluate(
        """() => { const key = 'st-key-attribution-picture';
            const all = document.querySelector(`.${key} .js-plotly-plot`)._fullData;
            const last = all[all.length - 1];
            return [last.opacity, [...last.z].map(row => row[0])]; }"""
    )
    return found[0], found[1]


def shows_weights(page: Page, expected: Attribution, opacity: float) -> None:
    """Wait until they lie on the picture."""

    def holds() -> None:
        shown, values = overlay(page)
        assert shown == opacity
        np.testing.assert_allclose(values, expected.values, atol=1e-4)

    until(page, holds)


def section(page: Page, title: str) -> None:
    """Choose a section under the board."""
    click(page.locator(".st-key-gates-section").get_by_text(title, exact=True))


@pytest.mark.parametrize(
    "variant", ["gru", pytest.param("bidirectional_lstm", marks=pytest.mark.long)]
)
def test_both_methods_beside_the_picture(app_url: str, page: Page, variant: str) -> None:
    open_section(page, app_url, variant, "attribution")
    expect(page.locator(".st-key-attribution-limits")).to_be_visible(timeout=FIRST_MS)
    ready(page)
    expect(charts(page)).to_have_count(3)
    for name, method in (("occlusion", Occlusion), ("gradients", IntegratedGradients)):
        expected = weights(method, variant)
        until(page, partial(shows_bars, page, name, expected))
        longest = int(np.abs(expected.values).argmax()) + 1
        words = page.locator(f".st-key-attribution-result-{name}")
        expect(words).to_contain_text(f"Longest bar: row {longest}, ")
        outside = int((expected.towards | expected.against).sum())
        if outside:
            expect(words).to_contain_text(f"{outside} of 28 rows")
        limits = method().caption_for(ROW)
        expect(page.get_by_text(f"{method.title}: {limits}")).to_be_visible()
    assert (expected.against.sum(), expected.completeness is None) != (0, True)
    residual = page.get_by_text("Residual:")
    expect(residual).to_be_visible()
    size = re.search(r"Residual: (\S+), (\S+) % of it", residual.inner_text())
    assert size is not None and float(size[1]) < 0.01 and float(size[2]) < 0.5
    expect(page.get_by_text("Removal check").last).to_be_visible()


def in_line(page: Page) -> bool:
    """Whether the cursor stands at the first row of picture and bars, which are equally high up."""
    places: list[list[int]] = page.evaluate(
        """() => [...document.querySelectorAll(
            '.st-key-gates-board-attribution .js-plotly-plot')].map(plot => {
            const box = plot.getBoundingClientRect(), size = plot._fullLayout._size;
            const cursor = plot.querySelector('.scanline-cursor').getBoundingClientRect();
            return [box.top + size.t, size.h, cursor.top].map(Math.round); })"""
    )
    ((top, _, cursor),) = {tuple(place) for place in places}
    return abs(cursor - top) <= 2


def test_rows_stand_under_the_cursor_with_their_numbers_under_any_opacity(
    app_url: str, page: Page
) -> None:
    open_section(page, app_url, "gru", "attribution")
    expect(charts(page)).to_have_count(3, timeout=FIRST_MS)
    ready(page)
    with one_run(page):
        step_slider(page).press("Home")
    expect(page.locator(".st-key-gates-board-attribution .scanline-cursor")).to_have_count(3)
    until(page, lambda: in_line(page))

    # what does not stand out is said without colour: numbers beside the bars, and all of them in a table
    expected = weights(IntegratedGradients, "gru")
    matter = int((expected.towards | expected.against).sum())
    assert matter > 0
    expect(page.locator(".st-key-attribution-gradients .bartext")).to_have_count(matter)
    page.get_by_text("Numbers", exact=True).click()
    lines = page.get_by_role("table").get_by_role("row")
    expect(lines).to_have_count(29)
    for row in np.flatnonzero(expected.against):
        said = lines.nth(int(row) + 1).locator("th, td").all_inner_texts()
        assert said[0] == str(row + 1) and said[-1] == "against"
        assert float(said[-2].replace("−", "-")) == pytest.approx(expected.values[row], rel=0.01)

    shows_weights(page, weights(IntegratedGradients, "gru"), 0.5)
    with one_run(page):
        page.get_by_role("slider", name="Opacity of the weights").press("ArrowRight")
    shows_weights(page, weights(IntegratedGradients, "gru"), 0.55)
    click(page.locator(".st-key-attribution-overlay").get_by_text("Occlusion", exact=True))
    title = page.locator(".st-key-attribution-picture .gtitle")
    expect(title).to_have_text("occlusion")
    shows_weights(page, weights(Occlusion, "gru"), 0.55)

    click(page.locator(".st-key-attribution-method").get_by_text("Occlusion", exact=True))
    expect(charts(page)).to_have_count(2)
    expect(page.locator(".st-key-attribution-result-gradients")).to_have_count(0)


def test_similar_cases_are_those_with_the_nearest_states(app_url: str, page: Page) -> None:
    """Against distances to the states of all training cases, computed here."""
    open_section(page, app_url, "gru", "similar")
    expect(page.get_by_text("Distances are Euclidean")).to_be_visible(timeout=FIRST_MS)
    ready(page)
    model = shipped("pneumoniamnist/gru")
    reader, encoder = (
        StateReader(model.forward.model, model.config),
        model.config.encoder,
    )
    case = reader(encoder.batch(dataset().images["test"][CASE - 1 : CASE]))
    every = reader(encoder.batch(dataset().images["train"]))
    shown = page.locator(".st-key-similar-cases")
    for words, states, mine in (
        (None, every.trajectories, case.trajectories),
        ("By the final state", every.finals, case.finals),
    ):
        if words:
            click(page.get_by_text(words))
        distances = np.linalg.norm(states - mine, axis=1)
        nearest = np.argsort(distances)[:8]
        expect(shown.get_by_text(f"image {nearest[-1] + 1}")).to_be_visible()
        ready(page)
        expect(shown.locator("img")).to_have_count(9)  # the case first
        said = re.findall(r"distance (\S+)\s+image (\d+)", shown.inner_text())
        assert [int(number) - 1 for _, number in said] == nearest.tolist()
        assert [float(distance) for distance, _ in said] == pytest.approx(
            distances[nearest], abs=0.006
        )
        normal = int((dataset().labels["train"][nearest] == 0).sum())
        expect(page.get_by_text(f"{normal} of the 8 most similar training images")).to_be_visible()
    expect(page.get_by_text("Similar to the network is not similar to a doctor")).to_be_visible()


def test_a_cnn_has_no_gates_but_an_attribution_and_final_states(app_url: str, page: Page) -> None:
    open_section(page, app_url, "cnn", "attribution")
    expect(page.get_by_text("it has no steps, no gates")).to_be_visible(timeout=FIRST_MS)
    expect(page.locator(".st-key-gates-board")).to_have_count(0)
    sections = page.locator(".st-key-gates-section")
    expect(sections).to_contain_text("Attribution")
    expect(sections).not_to_contain_text("Unit")
    expect(page.locator(".st-key-attribution-limits")).to_be_visible(timeout=FIRST_MS)
    expect(charts(page)).to_have_count(3)
    section(page, "Similar cases")
    expect(page.locator(".st-key-similar-cases img")).to_have_count(9, timeout=FIRST_MS)
    expect(page.locator(".st-key-similar-by")).to_have_count(0)


def test_a_telephone_shows_all_sections_without_sideways_scrolling(
    app_url: str, phone: Page
) -> None:
    open_section(phone, app_url, "gru", "attribution")
    expect(charts(phone)).to_have_count(3, timeout=FIRST_MS)
    wide = "document.documentElement.scrollWidth - innerWidth"
    for title, shown in (
        ("Similar cases", phone.locator(".st-key-similar-cases img").nth(8)),
        ("Perturbation", phone.get_by_text("as it was,")),
        ("Statistics", phone.get_by_text("Memory length: ")),
    ):
        assert phone.evaluate(wide) <= 0
        section(phone, title)
        expect(shown).to_be_visible(timeout=FIRST_MS)
    assert phone.evaluate(wide) <= 0
