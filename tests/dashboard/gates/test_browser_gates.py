"""A person opens every gate in a real browser: picks gates, layers and units, steps, and takes files home."""

import re
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from PIL.GifImagePlugin import GifImageFile
from playwright.sync_api import Locator, Page, expect

from diagnosis.core.intended_use import IN_SHORT
from diagnosis.datasets import load
from diagnosis.inference.prediction import Prediction
from diagnosis.traces import archive
from tests.browser import click, enter, one_run, ready, sample_number, step_slider, still, until
from tests.cases import example
from tests.shipped import shipped

PREDICTION_MS = 60_000  # the first one after a start compiles its model
TOP, HEIGHT, ROWS = 30, 308, 28  # of a panel: margin above, pixels for the rows
LABEL = "about/label in the data set"  # in an archive


@pytest.fixture(autouse=True)
def _data(real_data: object) -> None:
    """Samples are those of PneumoniaMNIST."""


def open_gates(
    page: Page, url: str, model: str, query: str = "", *, task: str = "pneumoniamnist"
) -> None:
    page.goto(f"{url}/gates?task={task}&model={model}&sample=1{query}")
    ready(page)
    expect(panel(page, "b").locator(".heatmaplayer image")).to_be_visible(timeout=PREDICTION_MS)
    ready(page)


def panel(page: Page, name: str) -> Locator:
    """One of the two; for a moment after a change the old chart is still there, behind the new one."""
    return page.locator(f".st-key-gates-panel-{name} .js-plotly-plot").first


def title(page: Page, name: str) -> Locator:
    return panel(page, name).locator(".gtitle")


def section(page: Page, title: str) -> Locator:
    return page.locator(".st-key-gates-section").get_by_text(title, exact=True)


def signal(page: Page, name: str) -> Locator:
    """One of the gates and states that panel A can show."""
    return page.locator("[class*=st-key-gates-signal-a-]").get_by_text(name, exact=True)


def arithmetic(page: Page) -> Locator:
    return page.locator(".st-key-gates-board-arithmetic .arithmetic")


def read(model: str) -> Prediction:
    """The first test image, read here."""
    image = load("pneumoniamnist", size=28, download=False).images["test"][0]
    return shipped(f"pneumoniamnist/{model}").predict(example(image))


def press(page: Page, name: str, *, row: int, place: float) -> None:
    """Press on a panel: a row from 1, a place from 0 to 1 from left to right."""
    expect(panel(page, name).locator(".scanline-cursor")).to_be_visible()  # it listens by now
    box = still(panel(page, name))
    across = box["x"] + 6 + (box["width"] - 12) * place
    page.mouse.click(across, box["y"] + TOP + HEIGHT * (row - 0.5) / ROWS)


def drawn(page: Page, name: str) -> list[list[float]]:
    """The numbers that a panel of units shows, as the browser has them."""
    script = "plot => [...plot._fullData[0].z].map(row => [...row])"
    numbers: list[list[float]] = panel(page, name).evaluate(script)
    return numbers


def shows(page: Page, name: str, values: np.ndarray) -> None:
    """Wait until a panel of units shows these."""
    until(page, lambda: np.testing.assert_allclose(drawn(page, name), values, atol=1e-5))


def test_each_panel_has_its_own_layer_and_gate(app_url: str, page: Page) -> None:
    """Stacked LSTM: what is drawn is the trace of the layer and gate that were chosen."""
    open_gates(page, app_url, "stacked_lstm", "&row=14")
    layers = {layer.key: layer for layer in _trace(read("stacked_lstm"))}
    shows(page, "a", layers["lstm_3"].signals["f"])
    shows(page, "b", layers["lstm_3"].signals["h"])
    page.get_by_label("Layer of panel A").click()
    click(page.get_by_role("option", name="Layer 1"))
    click(signal(page, "o"))
    expect(title(page, "a")).to_contain_text("output gate o")
    shows(page, "a", layers["lstm_1"].signals["o"])
    shows(page, "b", layers["lstm_3"].signals["h"])
    expect(page.locator(".st-key-gates-board .scanline-cursor")).to_have_count(4)


def test_each_direction_of_a_bidirectional_model(app_url: str, page: Page) -> None:
    open_gates(page, app_url, "bidirectional_lstm")
    expect(page.get_by_text("from rows 1 to t alone")).to_be_visible()
    page.get_by_label("Layer of panel B").click()
    click(page.get_by_role("option", name="Layer 1, reading backwards"))
    backward = _trace(read("bidirectional_lstm"))[1]
    assert backward.direction == "backward"
    shows(page, "b", backward.signals["h"])
    press(page, "b", row=10, place=0.5)
    expect(arithmetic(page)).to_contain_text("Unit 25 of layer 1, reading backwards at row 10")


def test_units_are_put_in_order_and_keep_their_numbers(app_url: str, page: Page) -> None:
    """GRU: both panels alike; hovering and picking tell the unit's own number."""
    open_gates(page, app_url, "gru")
    click(page.get_by_text("by contribution", exact=True))
    for name in "ab":
        expect(panel(page, name).get_by_text("units, for → against")).to_be_visible()
    orders = [panel(page, name).evaluate("p => p._fullLayout.meta.units") for name in "ab"]
    assert orders[0] == orders[1] and sorted(orders[0]) == list(range(64))
    assert orders[0] != list(range(64))
    h = _trace(read("gru"))[0].signals["h"]
    shows(page, "b", h[:, orders[0]])
    press(page, "b", row=20, place=0.001)
    expect(arithmetic(page)).to_contain_text(f"Unit {orders[0][0]} of layer 1 at row 20")
    expect(page.get_by_text(f"Contribution of unit {orders[0][0]} to the log odds")).to_be_visible()
    click(page.get_by_text("alike together", exact=True))
    expect(panel(page, "a").get_by_text("units, alike together")).to_be_visible()


def test_a_press_on_a_column_picks_the_unit_and_another_gate_draws_one_panel(
    app_url: str, page: Page
) -> None:
    open_gates(page, app_url, "gru")
    press(page, "a", row=5, place=0.5)
    expect(step_slider(page)).to_have_value("5")
    expect(page.get_by_label("Unit", exact=True)).to_have_value("32")
    expect(arithmetic(page)).to_contain_text("Unit 32 of layer 1 at row 5")
    for name in "ab":
        mark = still(panel(page, name).locator(".scanline-column"))
        box = still(panel(page, name))
        middle = (mark["x"] + mark["width"] / 2 - box["x"] - 6) / (box["width"] - 12)
        assert middle == pytest.approx(32.5 / 64, abs=0.01)
    z = _trace(read("gru"))[0].signals["z"][4, 32]
    expect(page.locator("output")).to_contain_text(f"unit 32: z {z:.3f}")

    # another gate runs nothing but its panel: the charts that did not change are the same elements
    ready(page)
    page.evaluate("document.querySelectorAll('.js-plotly-plot').forEach(e => e.dataset.old = 1)")
    click(signal(page, "r"))
    expect(title(page, "a")).to_contain_text("reset gate r")
    expect(panel(page, "a")).not_to_have_attribute("data-old", "1")
    expect(page.locator(".js-plotly-plot:not([data-old])")).to_have_count(1)


def test_numbers_and_table_follow_the_cursor_without_the_server(app_url: str, page: Page) -> None:
    """One task of the browser from the key to the new numbers: nothing could come from a server in it."""
    open_gates(page, app_url, "gru", "&row=3")
    slider = step_slider(page)
    expect(arithmetic(page)).to_contain_text("at row 3")
    said = slider.evaluate(
        """(slider, shown) => {
          slider.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
          return shown.innerText;
        }""",
        arithmetic(page).element_handle(),
    )
    assert "at row 4" in said
    (layer,) = _trace(read("gru"))
    unit = int(np.abs(layer.signals["h"][-1]).argmax())
    assert f"Unit {unit} of" in said
    for signal in ("z", "r", "candidate", "h"):
        value = f"{layer.signals[signal][3, unit]:.3f}".replace("-", "−")
        assert value in said

    page.get_by_text("Table: all units").click()
    cells = page.locator(".st-key-gates-board-table tbody tr").nth(32).locator("td")
    for row in (4, 5):
        wanted = [f"{layer.signals[name][row - 1, 32]:.3f}".replace("-", "−") for name in "zh"]
        expect(cells).to_have_text(wanted)
        slider.press("ArrowDown")


def test_sections_are_chosen_and_stand_in_the_address(app_url: str, page: Page) -> None:
    open_gates(page, app_url, "gru", "&section=unit")
    click(section(page, "Statistics"))
    expect(page).to_have_url(re.compile("section=statistics"))
    expect(arithmetic(page)).to_have_count(0)
    click(section(page, "Unit"))
    expect(arithmetic(page)).to_be_visible()
    expect(page.get_by_text("z both ways.")).to_be_visible()
    expect(page.locator(".st-key-gates-equations .katex-error")).to_have_count(0)


def test_a_pick_made_elsewhere_is_there_when_the_unit_is_opened(app_url: str, page: Page) -> None:
    open_gates(page, app_url, "gru", "&section=statistics")
    with one_run(page):
        press(page, "b", row=9, place=0.9)
    click(section(page, "Unit"))
    expect(arithmetic(page)).to_contain_text("Unit 57 of layer 1 at row 9")
    menu = page.get_by_test_id("stSidebar")
    click(menu.get_by_role("link", name="Glossary"))
    expect(page.get_by_role("heading", name="Glossary")).to_be_visible()
    click(menu.get_by_role("link", name="Gates"))
    expect(arithmetic(page)).to_contain_text("Unit 57 of layer 1")


def test_five_sentences_say_what_one_looks_at(app_url: str, page: Page) -> None:
    """Each word that links to the glossary is explained there."""
    open_gates(page, app_url, "lstm")
    page.get_by_text("What am I looking at?").click()
    sentences = page.get_by_test_id("stExpander").locator("li")
    expect(sentences).to_have_count(5)
    links: list[str] = sentences.locator("a").evaluate_all("all => all.map(a => a.href)")
    assert len(links) >= 7
    page.goto(f"{app_url}/glossary")
    ready(page)
    for link in links:
        address, _, anchor = link.partition("#")
        assert address == f"{app_url}/glossary"
        expect(page.locator(f"[id='{anchor}']")).to_have_count(1)


def test_a_simple_rnn_has_one_panel_and_no_statistics_of_gates(app_url: str, page: Page) -> None:
    open_gates(page, app_url, "simple_rnn", "&section=statistics")  # which need gates
    expect(title(page, "b")).to_contain_text("hidden state h")
    expect(panel(page, "a")).to_have_count(0)
    expect(section(page, "Perturbation")).to_be_visible()
    expect(section(page, "Statistics")).to_have_count(0)
    expect(arithmetic(page)).to_contain_text("h = tanh(sum)")


def test_the_reading_page_leads_to_the_gates(app_url: str, page: Page) -> None:
    """With the same task, model, case and row."""
    page.goto(f"{app_url}/read?task=pneumoniamnist&model=gru&row=11&sample=1")
    ready(page)
    enter(sample_number(page), "4")
    link = page.get_by_role("link", name="Open every gate")
    expect(link).to_be_visible(timeout=PREDICTION_MS)
    click(link)
    expect(panel(page, "b").locator(".heatmaplayer image")).to_be_visible(timeout=PREDICTION_MS)
    expect(step_slider(page)).to_have_value("11")
    expect(sample_number(page)).to_have_value("4")
    expect(page).to_have_url(re.compile("/gates.*model=gru"))


def test_the_exported_trace_is_the_trace(app_url: str, page: Page) -> None:
    """The archive has what the command line writes, the table the same numbers; both say what they are."""
    open_gates(page, app_url, "bidirectional_lstm")
    prediction = read("bidirectional_lstm")
    assert prediction.trace is not None and prediction.per_step is not None
    wanted = archive.arrays(prediction.trace, prediction.probabilities, prediction.per_step)
    arrays = np.load(BytesIO(download(page, "Trace, NumPy")))
    for name, values in wanted.items():
        np.testing.assert_allclose(arrays[name], values, atol=1e-5)
    said = {name for name in arrays.files if name.startswith("about/")}
    assert set(arrays.files) - said == set(wanted)
    assert str(arrays["about/intended use"]) == IN_SHORT
    assert str(arrays["about/model"]) == "pneumoniamnist/bidirectional_lstm"
    assert str(arrays["about/version"]) == prediction.version
    assert LABEL not in said  # nobody has asked for it

    text = download(page, "Trace, table")
    assert text.decode().startswith(f"# intended use: {IN_SHORT}\n")
    table = pd.read_csv(BytesIO(text), comment="#")
    for layer in prediction.trace.layers:
        part = table[table["direction"] == layer.direction]
        for signal in layer.signals:
            at = part.pivot(index="timestep", columns="unit", values=signal).to_numpy(np.float32)
            np.testing.assert_array_equal(at, arrays[f"{layer.key}/{signal}"])


def test_label_charts_and_moving_picture_are_saved_once_asked_for(app_url: str, page: Page) -> None:
    open_gates(page, app_url, "gru")
    click(page.locator(".st-key-show-label").get_by_role("button"))
    arrays = np.load(BytesIO(download(page, "Trace, NumPy")))
    assert str(arrays[LABEL]) in ("normal", "pneumonia")
    picture = GifImageFile(BytesIO(download(page, "Play, moving picture")))
    assert picture.n_frames == ROWS
    html = download(page, "Charts on this page").decode()
    assert IN_SHORT in html and "pneumoniamnist/gru" in html
    assert html.count("<figure>") == 6  # the board's four and the unit's two
    page.keyboard.press("Escape")
    assert save_picture(page, "png").startswith(b"\x89PNG")
    page.get_by_role("button", name="Export").click()
    click(page.get_by_text("SVG", exact=True))
    page.keyboard.press("Escape")
    assert b"<svg" in save_picture(page, "svg")


def download(page: Page, label: str) -> bytes:
    """Press a button of the Export menu and wait for its file."""
    button = page.get_by_role("button", name=label)
    if not button.is_visible():
        page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        button.click()
    return download.value.path().read_bytes()


def save_picture(page: Page, kind: str) -> bytes:
    """Press the camera in the corner of panel A, once it takes pictures of that kind."""
    page.wait_for_function(
        """kind => [...document.querySelectorAll(".st-key-gates-panel-a .js-plotly-plot")]
        .every(plot => plot._context?.toImageButtonOptions.format === kind)""",
        arg=kind,
    )
    panel(page, "a").hover()
    with page.expect_download() as download:
        panel(page, "a").locator(".modebar-btn").click()
    return download.value.path().read_bytes()


def test_everything_is_reached_by_keyboard_alone(app_url: str, page: Page) -> None:
    open_gates(page, app_url, "lstm", "&row=5")
    reach(page, "Play")
    reach(page, "row cursor")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(step_slider(page)).to_have_value("7")
    page.keyboard.press("ArrowUp")
    expect(step_slider(page)).to_have_value("6")
    reach(page, "Unit")
    page.keyboard.press("Control+A")
    page.keyboard.type("12")
    expect(arithmetic(page)).to_contain_text("Unit 12 of layer 1 at row 6")
    reach(page, "unit cursor")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(arithmetic(page)).to_contain_text("Unit 13 of layer 1 at row 7")
    reach(page, "input i")  # panel A's gates: i, f, g, ...
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(title(page, "a")).to_contain_text("candidate g")


def reach(page: Page, name: str) -> None:
    """Press Tab until the thing of that name has the focus."""
    script = """() => {
      let at = document.activeElement;
      while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
      return (at.ariaLabel ?? at.labels?.[0]?.textContent ?? at.textContent ?? "").trim().slice(0, 40);
    }"""
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(script))
        if seen[-1] == name:
            return
    raise AssertionError(f"{name!r} is not among {seen}")


def test_on_a_telephone_the_panels_stand_side_by_side_under_one_cursor(
    app_url: str, phone: Page
) -> None:
    open_gates(phone, app_url, "gru", "&row=14")
    widths = phone.evaluate(
        "[document.documentElement, document.querySelector('.stMain')].map(e => e.scrollWidth)"
    )
    assert max(widths) <= 390
    panel(phone, "a").evaluate("plot => plot.scrollIntoView({block: 'center'})")
    keys = ("gates-picture", "gates-per-step", "gates-panel-a")
    boxes = [still(phone.locator(f".st-key-{key} .js-plotly-plot").first) for key in keys]
    assert len({round(box["y"]) for box in boxes}) == 1
    rights = [0.0, *(box["x"] + box["width"] for box in boxes)]
    assert all(box["x"] >= right for box, right in zip(boxes, rights, strict=False))
    assert rights[-1] <= 390 and boxes[1]["width"] < boxes[2]["width"] / 1.5
    phone.mouse.click(boxes[2]["x"] + boxes[2]["width"] / 2, boxes[2]["y"] + TOP + 4.5 * 11)
    slider = step_slider(phone)
    expect(slider).to_have_value("5")
    unit = phone.get_by_label("Unit", exact=True)
    until(phone, lambda: abs(int(unit.input_value()) - 32) <= 1)
    panel(phone, "b").scroll_into_view_if_needed()
    expect(slider).to_be_in_viewport()
    script = "[...document.querySelectorAll('.st-key-gates-board .scanline-cursor')].map(e => e.style.top)"

    def in_line() -> None:
        tops = phone.evaluate(script)
        assert len(tops) == 4 and len(set(tops)) == 1

    until(phone, in_line)


def test_a_copied_link_opens_the_same_view_in_another_browser(
    app_url: str, page: Page, phone: Page
) -> None:
    """It is copied before the server knows where the cursor is."""
    open_gates(page, app_url, "gru", "&row=3&order=cluster")
    click(signal(page, "r"))
    expect(title(page, "a")).to_contain_text("reset gate r")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_label("Unit", exact=True).fill("5")
    step_slider(page).focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    link: str = page.evaluate("navigator.clipboard.readText()")
    phone.goto(link)
    expect(title(phone, "a")).to_contain_text("reset gate r", timeout=PREDICTION_MS)
    ready(phone)
    expect(step_slider(phone)).to_have_value("4")
    expect(phone.get_by_label("Unit", exact=True)).to_have_value("5")
    expect(sample_number(phone)).to_have_value("1")
    units = "plot => plot._fullLayout.meta.units"
    wanted = panel(page, "b").evaluate(units)
    until(phone, lambda: panel(phone, "b").evaluate(units) == wanted)


def test_play_runs_down_the_picture_also_where_it_fills_the_window(
    app_url: str, page: Page
) -> None:
    open_gates(page, app_url, "gru", "&row=20")
    with one_run(page):
        page.get_by_role("button", name="Play").click()
        expect(step_slider(page)).to_have_value("28")
        expect(page.get_by_role("button", name="Play")).to_be_visible()  # it stopped by itself
    expect(arithmetic(page)).to_contain_text("at row 28")

    click(page.get_by_role("button", name="Present"))
    expect(page).to_have_url(re.compile("present=1"))
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    page.wait_for_function(
        """() => [...document.querySelectorAll(".st-key-gates-panel-b .js-plotly-plot")].some(plot => {
          const { bottom, height } = plot.getBoundingClientRect();
          return height > 0.6 * innerHeight && bottom <= innerHeight;
        })"""
    )
    ready(page)
    page.locator(".speed").select_option("2")
    page.get_by_role("button", name="Play").click()
    expect(step_slider(page)).to_have_value("28")
    with one_run(page):
        page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("present"))
    expect(section(page, "Unit")).to_be_visible()


def _trace(prediction: Prediction) -> tuple:
    assert prediction.trace is not None
    return prediction.trace.layers


@pytest.mark.long
def test_a_layer_across_the_rows_marks_its_column_in_the_picture(app_url: str, page: Page) -> None:
    open_gates(page, app_url, "four_way_lstm", task="phantoms")
    picture = page.locator(".st-key-gates-picture .js-plotly-plot").first
    expect(picture.locator(".scanline-across")).to_have_count(0)
    page.get_by_label("Layer of panel A").click()
    click(page.get_by_role("option", name="Layer 1 across, reading forwards"))
    expect(title(page, "a")).to_contain_text("by column")
    press(page, "a", row=10, place=0.5)
    expect(arithmetic(page)).to_contain_text(
        re.compile(r"of layer 1 across, reading forwards at column 10")
    )
    line = picture.locator(".scanline-across")
    expect(line).to_be_visible()
    share = line.evaluate(
        "e => (e.offsetLeft + 1 - e.parentElement._fullLayout._size.l) / e.parentElement._fullLayout._size.w"
    )
    assert abs(share - 9 / 28) < 0.01
