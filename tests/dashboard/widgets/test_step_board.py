"""The step board on the three pages that draw it, without a browser: panels, pickers, cursor, address."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from diagnosis.dashboard.shell.page import PAGES
from diagnosis.datasets import catalogue, load
from diagnosis.inference.prediction import Prediction
from diagnosis.inference.predictor import Predictor
from diagnosis.models import store
from diagnosis.models.build import build
from diagnosis.models.config import config_for
from diagnosis.models.store import Version
from tests.cards import contents
from tests.dashboard.test_pages import OPENED_WITHIN_S, ROOT
from tests.shipped import shipped

SAMPLE = 3  # of the phantoms' test split, from 1


@pytest.fixture(autouse=True)
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No models beyond the shipped ones and no data sets but the built-in phantoms."""
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCANLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SCANLINE_DATA", raising=False)


def opened(page: str, **query: str) -> AppTest:
    """A page with a sample of the phantoms open."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=OPENED_WITHIN_S)
    app.switch_page(PAGES[page].file)
    app.session_state["source"] = "Sample"
    app.session_state["sample-phantoms"] = SAMPLE
    for name, value in {"task": "phantoms", **query}.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def predicted(model: str) -> Prediction:
    """The prediction for the same sample, computed here."""
    return shipped(f"phantoms/{model}").predict(load("phantoms").case("test", SAMPLE))


def figures(app: AppTest) -> dict[str, dict[str, Any]]:
    """The page's charts by their keys."""
    return {str(chart.key): json.loads(chart.proto.spec) for chart in app.get("plotly_chart")}


def heatmap(figure: dict[str, Any]) -> np.ndarray:
    """The numbers of a panel of states or gates, ``(steps, units)``."""
    z = figure["data"][0]["z"]
    shape = [int(length) for length in z["shape"].split(",")]
    return np.frombuffer(base64.b64decode(z["bdata"]), z["dtype"]).reshape(shape)


def cursor(app: AppTest, board: str) -> dict[str, Any]:
    """What the cursor of a board was given."""
    (element,) = [each for each in app.get("bidi_component") if each.key == f"{board}-cursor"]
    data: dict[str, Any] = json.loads(element.proto.json)
    return data


def said(app: AppTest) -> list[str]:
    """What the page says in words."""
    return [str(each.value) for each in (*app.markdown, *app.caption, *app.info)]


def test_read_draws_input_prediction_and_one_panel_of_the_last_layer() -> None:
    app, prediction = opened("read", model="stacked_lstm", row="14"), predicted("stacked_lstm")
    drawn = figures(app)
    assert list(drawn) == ["result-bars", "read-picture", "read-per-step", "read-panel-a"]
    assert prediction.trace is not None and prediction.per_step is not None
    layer = prediction.trace.layers[-1]
    np.testing.assert_allclose(heatmap(drawn["read-panel-a"]), layer.signals["f"], atol=1e-5)
    assert drawn["read-panel-a"]["layout"]["meta"]["layer"] == layer.key
    assert len({figure["layout"]["height"] for figure in list(drawn.values())[1:]}) == 1
    cursors = cursor(app, "read-board")
    assert (cursors["row"], cursors["unit"], cursors["upward"]) == (14, "row", False)
    assert cursors["readouts"][-1] == f"opacity {prediction.per_step[-1, 1]:.2f}"


def test_layer_and_gate_are_chosen_in_their_panel() -> None:
    app, prediction = opened("read", model="stacked_lstm"), predicted("stacked_lstm")
    assert prediction.trace is not None
    first = prediction.trace.layers[0]
    app.selectbox(key="read-layer-a-phantoms/stacked_lstm").select(first.key).run()
    app.button_group(key="read-signal-a-lstm").set_value("o").run()
    drawn = figures(app)["read-panel-a"]
    np.testing.assert_allclose(heatmap(drawn), first.signals["o"], atol=1e-5)
    assert (drawn["data"][0]["zmin"], drawn["data"][0]["zmax"]) == (0, 1)
    app.button_group(key="read-signal-a-lstm").set_value("c").run()
    assert figures(app)["read-panel-a"]["data"][0]["zmin"] < 0


@pytest.mark.parametrize(
    ("address", "row"), [("14", 14), ("0", 1), ("99", 28), ("99999999999999999999", 28), ("x", 28)]
)
def test_the_address_says_where_the_cursor_starts(address: str, row: int) -> None:
    assert cursor(opened("read", model="gru", row=address), "read-board")["row"] == row


def test_gates_draws_two_panels_in_the_chosen_order_of_units() -> None:
    app, prediction = opened("gates", model="gru"), predicted("gru")
    assert prediction.trace is not None
    (layer,) = prediction.trace.layers
    board = ["gates-picture", "gates-per-step", "gates-panel-a", "gates-panel-b"]
    assert list(figures(app))[:4] == board
    for name, signal in (("a", "z"), ("b", "h")):
        panel = figures(app)[f"gates-panel-{name}"]
        np.testing.assert_allclose(heatmap(panel), layer.signals[signal], atol=1e-5)
    app.button_group(key="gates-order").set_value("cluster").run()
    panel = figures(app)["gates-panel-b"]
    units = panel["layout"]["meta"]["units"]
    assert units != sorted(units)
    np.testing.assert_allclose(heatmap(panel), layer.signals["h"][:, units], atol=1e-5)
    columns = cursor(app, "gates-board")["columns"]
    assert columns["layers"][columns["layer"]]["units"] == len(units)


def test_a_cell_with_one_signal_has_one_panel() -> None:
    drawn = figures(opened("gates", model="simple_rnn"))
    assert "gates-panel-b" in drawn and "gates-panel-a" not in drawn


def test_compare_lines_its_models_up_under_one_picture() -> None:
    app = opened("compare", models="simple_rnn,gru,cnn")
    drawn = figures(app)
    assert len(drawn) == 2 + 2 * 2  # of the CNN there is nothing to draw
    pictures, per_step, states = (
        [figure for key, figure in drawn.items() if key.startswith(f"compare-{part}")]
        for part in ("picture", "per-step", "state")
    )
    assert [len(part) for part in (pictures, per_step, states)] == [2, 2, 2]
    height = per_step[0]["layout"]["height"] - 30 - 26
    for line, picture in ((per_step, pictures[0]), (states, pictures[1])):
        assert {figure["layout"]["height"] for figure in line} == {picture["layout"]["height"]}
    for figure in drawn.values():
        margin = figure["layout"]["margin"]
        assert figure["layout"]["height"] - margin["t"] - margin["b"] == height
    assert {tuple(figure["layout"]["yaxis"]["range"]) for figure in drawn.values()} == {(28.5, 0.5)}
    assert {figure["data"][0]["zmax"] for figure in states} == {1}
    (last,) = cursor(app, "compare")["readouts"][-1:]
    for model in ("simple_rnn", "gru"):
        per_steps = predicted(model).per_step
        assert per_steps is not None and f"{per_steps[-1, 1]:.2f}" in last


def test_a_cnn_has_no_board_and_says_so() -> None:
    for page in ("read", "gates"):
        app = opened(page, model="cnn")
        assert not any("panel" in key or "per-step" in key for key in figures(app))
        assert any("reads the whole picture at once" in each for each in said(app))


def test_a_bidirectional_model_says_how_it_predicts_after_each_row() -> None:
    app = opened("read", model="bidirectional_lstm")
    assert any("from rows 1 to t alone" in each for each in said(app))
    layer = app.selectbox(key="read-layer-a-phantoms/bidirectional_lstm")
    assert layer.format_func(layer.value) == "Layer 1, reading forwards"


def test_layers_across_the_rows_are_shown_by_column() -> None:
    """Their panels have numbers of their own, and the picture is known to the cursor's script."""
    version = of_chance("four_way_lstm", 28)
    app = opened("gates", model="four_way_lstm", layer="across_1/backward")
    trace = Predictor(version).predict(load("phantoms").case("test", SAMPLE)).trace
    assert trace is not None and trace.reread
    across, along = (figures(app)[f"gates-panel-{name}"] for name in "ab")
    np.testing.assert_allclose(heatmap(across), trace.layers[1].signals["f"], atol=1e-5)
    np.testing.assert_allclose(heatmap(along), trace.layers[2].signals["h"], atol=1e-5)
    meta = [panel["layout"]["meta"].get("across") for panel in (across, along)]
    numbers = [panel["layout"]["yaxis"]["showticklabels"] for panel in (across, along)]
    assert (meta, numbers) == (["column", None], [True, False])
    assert figures(app)["gates-picture"]["layout"]["meta"]["picture"] is True
    assert len(cursor(app, "gates-board")["columns"]["layers"]) == 4


def of_chance(variant: str, size: int) -> Version:
    """A version of one's own that was never trained."""
    config = config_for(variant, catalogue()["phantoms"], size=size, units=(6,))
    version = store.save(f"phantoms/{variant}", config, build(config), contents())
    store.activate(version)
    return version


@pytest.mark.parametrize("variant", ["row_conv_lstm", "four_way_lstm"])
def test_a_model_of_64_rows_has_64_steps(variant: str) -> None:
    of_chance(variant, 64)
    app = opened("gates", model=variant, row="64")
    data = cursor(app, "gates-board")
    assert (data["row"], len(data["readouts"])) == (64, 64)
    drawn = figures(app)
    assert heatmap(drawn["gates-panel-b"]).shape == (64, 6)
    assert heatmap(drawn["gates-picture"]).shape == (64, 64)
    assert {drawn[f"gates-{name}"]["layout"]["height"] for name in ("picture", "panel-a")} == {
        drawn["gates-per-step"]["layout"]["height"]
    }


def test_a_nonsense_address_opens_what_no_address_opens() -> None:
    """Task and model are those of a first visit, and the cursor is at the last row; nothing is echoed."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=OPENED_WITHIN_S)
    app.switch_page(PAGES["read"].file)
    query = {"task": "<script>", "model": "../..", "row": "-99999999999999999999"}
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    assert app.selectbox(key="task").value == "pneumoniamnist"
    assert app.selectbox(key="model-pneumoniamnist").value == "lstm"
    assert cursor(app, "read-board")["row"] == 28
    assert not any("script>" in each for each in said(app))


def test_the_address_holds_the_view_of_gates() -> None:
    """Layers, gates, order and unit; the unit of a layer that is not the last one has that layer's name."""
    app = opened(
        "gates", model="stacked_lstm", row="9", layer="lstm_1", gate="o", gate2="c", unit="lstm_2.5",
        order="cluster", section="unit",
    )  # fmt: skip
    trace = predicted("stacked_lstm").trace
    assert trace is not None
    layers = {layer.key: layer for layer in trace.layers}
    for name, key, signal in (("a", "lstm_1", "o"), ("b", "lstm_3", "c")):
        figure = figures(app)[f"gates-panel-{name}"]
        order = figure["layout"]["meta"]["units"]
        np.testing.assert_allclose(
            heatmap(figure), layers[key].signals[signal][:, order], atol=1e-5
        )
    given = cursor(app, "gates-board")
    assert (given["row"], given["columns"]["layer"], given["columns"]["unit"]) == (9, "lstm_2", 5)
    assert not app.session_state["address-ignored"]


def test_choices_go_into_the_address() -> None:
    app = opened("gates", model="gru", unit="7")
    app.button_group(key="gates-signal-a-gru").set_value("r").run()
    app.button_group(key="gates-order").set_value("contribution").run()
    query = {name: str(value) for name, value in app.query_params.items()}
    wanted = {"gate": "r", "gate2": "h", "order": "contribution", "row": "28", "unit": "7"}
    assert wanted.items() <= query.items()


def test_unknown_parts_of_an_address_are_said_and_passed_over() -> None:
    app = opened("gates", model="gru", gate="f", unit="64", row="29", order="none")
    assert set(app.session_state["address-ignored"]) == {"gate", "unit", "row", "order"}
    assert cursor(app, "gates-board")["row"] == 28
    app.selectbox(key="model-phantoms").select("lstm").run()
    assert "gate" not in app.session_state["address-ignored"]  # another model may have it


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("read", {"model": "gru", "row": "0", "gate": "f", "frame": "2", "sample": "601"}),
        ("compare", {"models": "lstm,gru", "row": "29", "gate": "no", "section": "no", "frame": "x"}),
        ("gates", {"model": "gru", "row": "-1", "gate2": "f", "section": "no", "frame": "99"}),
    ],
)  # fmt: skip
def test_every_page_says_which_parts_of_its_address_there_are_not(
    page: str, query: dict[str, str]
) -> None:
    known = {"model", "models"}
    assert set(opened(page, **query).session_state["address-ignored"]) == set(query) - known


def test_the_unit_stays_when_the_model_changes() -> None:
    app = opened("gates", model="gru", unit="3")
    app.selectbox(key="model-phantoms").select("lstm").run()
    assert cursor(app, "gates-board")["columns"]["unit"] == 3


def test_presented_there_is_the_board_alone_in_large_letters() -> None:
    app = opened("gates", model="gru", present="1")
    drawn = figures(app)
    assert list(drawn) == ["gates-picture", "gates-per-step", "gates-panel-a", "gates-panel-b"]
    for figure in drawn.values():
        assert figure["layout"]["yaxis"]["tickfont"]["size"] >= 18
        assert figure["layout"]["height"] > 700
    assert len({figure["layout"]["margin"]["t"] for figure in drawn.values()}) == 1


def test_compare_shows_the_gates_that_do_the_same() -> None:
    app = opened("compare", models="lstm,gru,simple_rnn", gate="f")
    drawn = {key: figure for key, figure in figures(app).items() if "compare-state" in key}
    assert len(drawn) == 2  # a SimpleRNN has no gate
    for (model, signal), figure in zip((("lstm", "f"), ("gru", "z")), drawn.values(), strict=True):
        trace = predicted(model).trace
        assert trace is not None
        np.testing.assert_allclose(heatmap(figure), trace.layers[-1].signals[signal], atol=1e-5)
    beside = cursor(app, "compare")["beside"]
    assert {len(texts) for texts in beside} == {3}
