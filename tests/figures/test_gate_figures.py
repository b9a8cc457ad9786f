"""Figures of the gates page: they line up row by row, and say which unit a column is."""

import base64
import json
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io as pio
import pytest

from diagnosis.figures.attribution import weight_panel, weighted_picture
from diagnosis.figures.changed_prediction import changed_per_step_panel
from diagnosis.figures.frame import Axis
from diagnosis.figures.html_page import html_page
from diagnosis.figures.panels import per_step_panel, picture_panel, signal_panel
from diagnosis.figures.scores import probability_bars
from diagnosis.figures.unit_curves import unit_curves
from diagnosis.sequences import PixelRows
from diagnosis.sequences.sequence import ROW, ROW_UPWARD

ROWS, UNITS = 6, 4
RNG = np.random.default_rng(7)
VALUES = RNG.random((ROWS, UNITS)).astype(np.float32)
ORDER = np.array([2, 0, 3, 1])


def signal(order: np.ndarray | None = None, **options: Any) -> go.Figure:
    return signal_panel(
        VALUES, Axis(), title="gate", gate=True, theme="light", order=order, **options
    )


def panels(axis: Axis) -> list[go.Figure]:
    running = np.stack([1 - VALUES[:, 0], VALUES[:, 0]], axis=-1)
    grey = RNG.integers(0, 255, (ROWS, 8, 1), np.uint8)
    return [
        picture_panel(PixelRows(grey), axis, title="grey"),
        picture_panel(PixelRows(np.repeat(grey, 3, axis=-1)), axis, title="colour"),
        per_step_panel(
            running, ("no", "yes"), axis, title="verdict", theme="light", decision_step=2
        ),
        signal_panel(VALUES, axis, title="gate", gate=True, theme="light", order=ORDER),
        unit_curves({"f": VALUES[:, 0]}, axis, title="gates", gates=True, theme="dark"),
    ]


@pytest.mark.parametrize("upward", [False, True])
def test_all_panels_share_height_margins_and_vertical_axis(upward: bool) -> None:
    """One cursor is drawn across them by its share of the plot's height."""
    drawn = panels(Axis(ROW_UPWARD if upward else ROW, height=120))
    for figure in drawn:
        layout = figure.layout
        assert layout.height == 120 + layout.margin.t + layout.margin.b
        assert (layout.margin.t, layout.margin.b) == (30, 62)
        assert layout.margin.autoexpand is False
        assert tuple(layout.yaxis.range) == ((0.5, 6.5) if upward else (6.5, 0.5))


def test_a_row_has_its_number_on_the_vertical_axis_of_every_panel() -> None:
    for figure in panels(Axis()):
        trace = figure.data[0]
        rows = trace.y if trace.type == "scatter" else trace.y0 + trace.dy * np.arange(ROWS)
        assert list(rows) == [1, 2, 3, 4, 5, 6]


def test_columns_are_drawn_in_the_given_order_under_their_own_numbers() -> None:
    figure = signal(ORDER)
    heatmap, axis = figure.data[0], figure.layout.xaxis
    np.testing.assert_array_equal(heatmap.z, VALUES[:, ORDER])
    assert heatmap.x == axis.categoryarray == ("2", "0", "3", "1")
    assert axis.type == "category"  # else "2" would be drawn at 2
    assert "unit %{x}" in heatmap.hovertemplate and "%{y}" in heatmap.hovertemplate
    assert figure.layout.meta["units"] == [2, 0, 3, 1]
    assert list(axis.ticktext) == ["1", "2", "3", "4"]  # places
    assert [axis.categoryarray.index(value) for value in axis.tickvals] == [0, 1, 2, 3]


def test_without_an_order_columns_are_numbered_from_zero() -> None:
    figure = signal(meta={"layer": "lstm_1"})
    assert (figure.data[0].x0, figure.data[0].dx) == (0, 1)
    assert figure.layout.meta == {"layer": "lstm_1"}


def test_values_travel_as_float32_and_nothing_is_sent_a_second_time() -> None:
    sent = signal(ORDER).to_dict()["data"][0]
    assert sent["z"]["dtype"] == "f4"
    decoded = np.frombuffer(base64.b64decode(sent["z"]["bdata"]), np.float32)
    np.testing.assert_array_equal(decoded.reshape(ROWS, UNITS), VALUES[:, ORDER])
    assert "customdata" not in sent


def test_gates_are_drawn_on_0_to_1_and_states_around_0() -> None:
    gate = signal().data[0]
    assert (gate.zmin, gate.zmax) == (0, 1)
    states = signal_panel(VALUES * -3, Axis(), title="c", gate=False, theme="light").data[0]
    assert states.zmin == -states.zmax == pytest.approx(-3 * VALUES.max())
    small = signal_panel(VALUES / 9, Axis(), title="h", gate=False, theme="light").data[0]
    assert (small.zmin, small.zmax) == (-1, 1)
    assert gate.colorbar.tickvals == (0, 0.5, 1)


def test_a_units_curves_are_told_apart_without_colour() -> None:
    curves = dict.fromkeys(("i", "f", "o"), VALUES[:, 0])
    figure = unit_curves(curves, Axis(), title="gates", gates=True, theme="light")
    assert [line.name for line in figure.data] == ["i", "f", "o"]
    assert len({line.line.dash for line in figure.data}) == 3
    legend = figure.layout.annotations[0].text
    assert all(f" {name}</span>" in legend for name in curves)


def test_states_of_a_unit_fit_into_their_panel() -> None:
    figure = unit_curves({"c": VALUES[:, 0] - 5}, Axis(), title="c", gates=False, theme="light")
    low, high = figure.layout.xaxis.range
    assert low < (VALUES[:, 0] - 5).min() and high == -low


def test_the_html_page_is_whole_and_escapes_what_it_is_told() -> None:
    page = html_page(
        [(signal(), "a <b>caption</b>", 300), (signal(ORDER), "second", 480)],
        title="Gates & more", notice="Not for diagnosis.", about={"model": "<script>"}, theme="dark",
    ).decode()  # fmt: skip
    assert page.index("Not for diagnosis.") < page.index("<figure>")
    assert "a &lt;b&gt;caption&lt;/b&gt;" in page and "Gates &amp; more" in page
    assert "<li>model: &lt;script&gt;</li>" in page
    assert page.count("<figure>") == 2
    assert page.count("plotly.js v") == 1  # the charting code once, and no address to fetch it from
    assert "cdn.plot.ly" not in page.split("plotly.js v")[0]


@pytest.mark.parametrize("channels", [1, 3])
def test_figures_of_plain_dictionaries_are_what_plotly_makes_of_them(channels: int) -> None:
    """Nothing looks through them when they are drawn, so here: no property is unknown, none is changed."""
    rng, axis, classes = np.random.default_rng(1), Axis(), ["a", "<b>"]
    picture = rng.integers(0, 255, (28, 30, channels), np.uint8)
    seen, compact = PixelRows(picture), Axis(ROW, 168, 26, compact=True)
    running, states = rng.uniform(0, 1, (28, 2)), rng.uniform(-2, 2, (28, 9)).astype(np.float32)
    curves = {"i": states[:, 0], "f": states[:, 1]}
    weights = rng.normal(0, 1, 28)
    for figure in (
        picture_panel(seen, axis),
        per_step_panel(
            running, classes, axis, title="t", theme="dark", threshold=0.4, decision_step=20
        ),
        per_step_panel(
            running, classes, axis, title="t", theme="light", shown=[1], decision_step=2
        ),
        signal_panel(states, axis, title="t", gate=False, theme="light", meta={"layer": "x"}),
        signal_panel(states, axis, title="t", gate=True, theme="dark", order=np.arange(9)[::-1]),
        unit_curves(curves, axis, title="t", gates=True, theme="light"),
        probability_bars(running[0], classes, theme="light"),
        probability_bars(
            running[0],
            classes,
            theme="dark",
            shown=[1],
            threshold=0.3,
            zone=(0.2, 0.4),
            numbers=False,
        ),
        changed_per_step_panel(
            running[:, 0],
            running[:, 1],
            axis,
            title="t",
            theme="light",
            index=1,
            threshold=0.4,
            marked=range(3, 7),
        ),
        weight_panel(
            weights,
            axis,
            lower=-0.5,
            upper=0.6,
            least=0.05,
            title="t",
            unit="log odds",
            theme="light",
            caption="limits",
        ),
        weighted_picture(
            seen,
            weights,
            axis,
            title="t",
            opacity=0.5,
            caption="limits",
            reach=0.3,
            beyond_chance=True,
        ),
        picture_panel(seen, compact),
        per_step_panel(
            running, classes, compact, theme="dark", shown=[1], threshold=0.3, decision_step=4
        ),
        signal_panel(np.tanh(states), compact, title="t", gate=False, theme="dark", limit=1),
    ):
        drawn = json.loads(pio.to_json(figure.to_dict(), validate=False))
        usual = json.loads(pio.to_json(go.Figure(figure.to_dict()).to_dict(), validate=False))
        assert drawn == usual


def test_a_plain_figure_can_still_be_changed() -> None:
    figure = picture_panel(PixelRows(np.zeros((4, 5, 1), np.uint8)), Axis())
    figure.update_layout(margin_l=77)
    figure.layout.title.text = "other"
    assert figure.to_dict()["layout"]["margin"]["l"] == 77
    assert figure.to_dict()["layout"]["title"]["text"] == "other"
    np.testing.assert_array_equal(figure.data[0].z, np.zeros((4, 5)))
