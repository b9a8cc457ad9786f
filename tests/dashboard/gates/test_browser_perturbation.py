"""A person perturbs rows and ablates units, and looks at gate statistics, in a real browser."""

import base64
import re
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from diagnosis.core.dates import day
from diagnosis.datasets import Dataset, load
from diagnosis.explanations.gate_statistics import GateStatistics
from diagnosis.explanations.mean_sequence import mean_sequence
from diagnosis.inference.prediction import Prediction
from diagnosis.sequences import Sequence
from diagnosis.traces.unit_order import Contributions
from tests.browser import click, enter, one_run, ready, until
from tests.cases import example
from tests.shipped import shipped

COMPILING_MS = 60_000
# The quick ones all use the GRU, which the server has compiled for other files already.


def open_section(page: Page, url: str, model: str, section: str) -> None:
    """The first test image of a task, read by a shipped model, with one section open."""
    task, variant = model.split("/")
    page.goto(f"{url}/gates?task={task}&model={variant}&section={section}&sample=1")
    ready(page)
    expect(page.get_by_text("Look closer")).to_be_visible(timeout=COMPILING_MS)
    ready(page)


def _data(name: str) -> Dataset:
    return load(name.partition("/")[0])


def _first(name: str) -> Prediction:
    """The reading of the first test image, as on the page."""
    image = _data(name).images["test"][0]
    return shipped(name).predict(example(image))


def _read(name: str, sequence: Sequence, ablated: dict[str, list[int]] | None = None) -> float:
    prediction = shipped(name).predict_perturbed(
        example(_first(name).image), sequence, ablated=ablated or {}
    )
    return float(prediction.probabilities[1])


def _sentence(before: float, after: float) -> re.Pattern[str]:
    """The new probability may differ in its last digit: other processors round differently."""
    near = "|".join(f"{after + step:.3f}" for step in (0, -0.001, 0.001))
    return re.compile(f"{before:.3f} as it was, ({near}) changed")


def _choose(page: Page, words: str) -> None:
    click(page.get_by_text(words, exact=True))


def _greys(page: Page, key: str) -> np.ndarray:
    """What a picture panel shows, ``(28, 28)``."""
    plot = page.locator(f".st-key-{key} .js-plotly-plot")
    packed = plot.evaluate("plot => plot.data[0].z")  # as Plotly sends arrays
    values = np.frombuffer(base64.b64decode(packed["bdata"]), np.dtype(packed["dtype"]))
    return values.reshape(28, 28)


def _shows(page: Page, key: str, picture: np.ndarray) -> None:
    np.testing.assert_array_equal(_greys(page, key), picture)


@pytest.mark.parametrize(
    "name",
    [
        "pneumoniamnist/gru",
        pytest.param("pneumoniamnist/lstm", marks=pytest.mark.long),
        pytest.param("pneumoniamnist/bidirectional_lstm", marks=pytest.mark.long),
        pytest.param("phantoms/gru", marks=pytest.mark.long),
    ],
)
def test_rows_are_hidden_blurred_and_replaced(
    app_url: str, page: Page, real_data: Path, name: str
) -> None:
    assert real_data.is_dir()
    data, prediction = _data(name), _first(name)
    config = shipped(name).config
    encoder = config.encoder
    open_section(page, app_url, name, "perturbation")
    middle = (14 if prediction.decision_step is None else prediction.decision_step) + 1
    rows = range(max(1, middle - 2) - 1, min(28, middle + 2))
    before = float(prediction.probabilities[1])

    mean = mean_sequence(data.images["train"], encoder)
    changed = encoder.perturb(prediction.sequence, rows, "hide", mean=mean)
    sentence = page.get_by_text("as it was,")
    expect(sentence).to_have_text(_sentence(before, _read(name, changed)))
    picture = encoder.view(prediction.image, changed).lines[..., 0]
    for place, wanted in (("before", prediction.image), ("after", picture)):
        until(page, partial(_shows, page, f"perturbation-{place}", wanted))
    expect(page.get_by_text(f"the {len(data.images['train'])} training images")).to_be_visible()

    _choose(page, "Blur")
    changed = encoder.perturb(prediction.sequence, rows, "blur")
    expect(sentence).to_have_text(_sentence(before, _read(name, changed)))

    _choose(page, "Replace")
    enter(page.get_by_label("From test image"), "3")
    with one_run(page):
        page.get_by_role("slider", name="Rows, from and to").last.press("End")  # to the last row
    other = shipped(name).predict(example(data.images["test"][2])).sequence
    rows = range(rows.start, 28)
    changed = encoder.perturb(prediction.sequence, rows, "replace", other=other)
    expect(sentence).to_have_text(_sentence(before, _read(name, changed)))
    lines = page.locator(".st-key-perturbation-per-step .js-plotly-plot .scatterlayer .trace")
    expect(lines).to_have_count(2)

    _choose(page, "Leave as it is")
    expect(page.get_by_text("No perturbation yet.")).to_be_visible()


@pytest.mark.parametrize(
    "name",
    [
        "pneumoniamnist/gru",
        pytest.param("pneumoniamnist/lstm", marks=pytest.mark.long),
        pytest.param("pneumoniamnist/stacked_gru", marks=pytest.mark.long),
    ],
)
def test_units_are_ablated_by_number_and_by_contribution(
    app_url: str, page: Page, real_data: Path, name: str
) -> None:
    assert real_data.is_dir()
    prediction = _first(name)
    assert prediction.trace is not None
    key = prediction.trace.layers[0].key
    contributions = Contributions(shipped(name).forward.model, "binary", 2)
    size = np.abs(contributions(prediction.trace, key, 1).sum(axis=0))
    most = np.argsort(-size, kind="stable")[:20].tolist()
    before = float(prediction.probabilities[1])

    open_section(page, app_url, name, "perturbation")
    _choose(page, "Leave as it is")
    enter(page.get_by_role("spinbutton", name="Layer 1: top contributors"), "20")
    sentence = page.get_by_text("as it was,")
    ablated = _read(name, prediction.sequence, {key: most})
    expect(sentence).to_have_text(_sentence(before, ablated), timeout=COMPILING_MS)

    # one more, by number
    one = next(unit for unit in range(len(size)) if unit not in most)
    box = page.get_by_role("combobox", name="Layer 1: ablated units")
    box.fill(str(one))
    click(page.get_by_role("option", name=str(one), exact=True))
    ablated = _read(name, prediction.sequence, {key: [one, *most]})
    expect(sentence).to_have_text(_sentence(before, ablated))


@pytest.mark.parametrize(
    "name",
    [
        "pneumoniamnist/gru",
        pytest.param("pneumoniamnist/bidirectional_lstm", marks=pytest.mark.long),
        pytest.param("phantoms/gru", marks=pytest.mark.long),
    ],
)
def test_gate_statistics_of_the_test_split(
    app_url: str, page: Page, real_data: Path, name: str
) -> None:
    assert real_data.is_dir()
    data, model = _data(name), shipped(name)
    assert model.tracer is not None
    found = GateStatistics()(model.tracer, data.images["test"], model.config.encoder)
    open_section(page, app_url, name, "statistics")
    n = len(data.images["test"])
    caption = page.get_by_text(f"{n * 28} rows in all")
    expect(caption).to_be_visible(timeout=COMPILING_MS)
    expect(caption).to_contain_text(f"The {n} ")
    expect(caption).to_contain_text("test images of")
    expect(caption).to_contain_text(day(datetime.now(UTC))[-8:])
    rows = page.locator(".table tbody tr")
    expect(rows).to_have_count(len(found.gates))
    for row, use in zip(rows.all(), found.gates, strict=True):
        cells = [float(cell.strip("%")) for cell in row.locator("td").all_inner_texts()[:3]]
        expected = [use.open.mean() * 100, use.closed.mean() * 100, use.mean.mean()]
        np.testing.assert_allclose(cells, expected, atol=0.51)
        if use.memory is not None:
            expect(row).to_contain_text(f"{np.median(use.memory):.1f} (")
    gates = {use.gate for use in found.gates}
    for gate in gates:
        plot = page.locator(f".st-key-gate-use-{gate} .js-plotly-plot")
        expect(plot.locator(".scatterlayer .point")).to_have_count(model.config.units[0])
    expect(page.locator(".st-key-gate-memory .js-plotly-plot")).to_be_visible()


def test_a_section_comes_back_as_it_was_left(app_url: str, page: Page, real_data: Path) -> None:
    """What the widgets show is what is computed with, whatever was open in between."""
    assert real_data.is_dir()
    open_section(page, app_url, "pneumoniamnist/gru", "perturbation")
    _choose(page, "Blur")
    expect(page.get_by_text("Blurred: ")).to_be_visible()
    said, most = (
        page.get_by_text("as it was, "),
        page.get_by_label("Layer 1: top contributors", exact=True),
    )
    blurred = said.inner_text()
    enter(most, "20")
    expect(said).not_to_have_text(blurred)
    before = said.inner_text()
    for elsewhere in ("Similar cases", "Statistics"):
        _choose(page, elsewhere)
        _choose(page, "Perturbation")
        expect(page.get_by_role("radio", name="Blur")).to_be_checked()
        expect(most).to_have_value("20")
        expect(said).to_have_text(before)
    with one_run(page):
        page.go_back()
    expect(page).to_have_url(re.compile("section=statistics"))
    expect(page.get_by_role("radio", name="Statistics")).to_be_checked()
