"""The arithmetic of a unit: it is the trace's, and the numbers shown add up."""

import re

import keras
import numpy as np
import pytest
from keras import layers

from diagnosis.dashboard.gates.unit_arithmetic import NOT_READ, in_numbers, number
from diagnosis.datasets import load
from diagnosis.sequences import PADDING, pad
from diagnosis.traces import LayerTrace
from diagnosis.traces.arithmetic import UnitSteps, unit_steps
from diagnosis.traces.tracer import Tracer
from tests.shipped import shipped, tracer_of, variants_of

RECURRENT = variants_of("phantoms", recurrent=True)
TOLERANCE = 2e-5  # float32 against float64
ROUNDING = 0.0005


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def check(steps: UnitSteps) -> None:
    """Every sum squeezed is the traced gate, and the gates do what the cell's equations say."""
    signals, h_before = steps.signals, steps.previous_h
    for name, parts in steps.sums.items():
        squeeze = sigmoid if name in "ifozr" else np.tanh
        np.testing.assert_allclose(squeeze(parts.total), signals[name], atol=TOLERANCE)
    if steps.cell == "lstm":
        assert steps.previous_c is not None
        memory = signals["f"] * steps.previous_c + signals["i"] * signals["g"]
        np.testing.assert_allclose(memory, signals["c"], atol=TOLERANCE)
        np.testing.assert_allclose(signals["o"] * np.tanh(memory), signals["h"], atol=TOLERANCE)
    elif steps.cell == "gru":
        mixed = signals["z"] * h_before + (1 - signals["z"]) * signals["candidate"]
        np.testing.assert_allclose(mixed, signals["h"], atol=TOLERANCE)


@pytest.mark.parametrize("name", RECURRENT)
def test_every_layer_of_every_shipped_model_adds_up(name: str) -> None:
    model = shipped(f"phantoms/{name}")
    image = load("phantoms", size=28).images["test"][3]
    (sequence,) = model.config.encoder.batch(image[None])
    for layer in tracer_of(f"phantoms/{name}")(sequence).layers:
        for unit in (0, layer.signals["h"].shape[1] - 1):
            check(unit_steps(model.forward.model, layer, unit))


def traced(
    layer: layers.Layer, *, timesteps: int = 7, padding: int = 0
) -> tuple[keras.Model, tuple[LayerTrace, ...]]:
    """A model of one layer with random weights, biases too, and its trace of a random sequence."""
    rng = np.random.default_rng(3)
    values = sequence = keras.Input((None, 4))
    if padding:
        values = layers.Masking(float(PADDING))(values)
    model = keras.Model(sequence, layers.Dense(1)(layer(values)))
    model.set_weights([rng.normal(0, 0.5, w.shape).astype("float32") for w in model.get_weights()])
    x = rng.normal(size=(timesteps, 4)).astype(np.float32)
    if padding:
        x = pad([x], timesteps + padding)[0]
    return model, Tracer(model)(x).layers


def test_the_reset_gate_before_the_product() -> None:
    """Without reset_after there is nothing that r alone multiplies."""
    model, (layer,) = traced(layers.GRU(5, reset_after=False))
    steps = unit_steps(model, layer, 2)
    check(steps)
    assert steps.remembered is None
    assert len(in_numbers(steps).equations) == 1


def test_the_reset_gate_after_the_product() -> None:
    model, (layer,) = traced(layers.GRU(5))
    steps = unit_steps(model, layer, 2)
    check(steps)
    assert steps.remembered is not None
    part = steps.signals["r"] * steps.remembered
    np.testing.assert_allclose(part, steps.sums["candidate"].from_state)


def test_a_layer_without_bias() -> None:
    model, (layer,) = traced(layers.LSTM(3, use_bias=False))
    steps = unit_steps(model, layer, 1)
    check(steps)
    assert (steps.sums["f"].bias == 0).all()


def test_the_state_before_is_that_of_the_row_read_before() -> None:
    """Down for the forward half, up for the backward half, past padding, and 0 before the first."""
    model, halves = traced(layers.Bidirectional(layers.LSTM(3)))
    forward, backward = (unit_steps(model, half, 1) for half in halves)
    np.testing.assert_array_equal(forward.previous_h, [0, *forward.signals["h"][:-1]])
    np.testing.assert_array_equal(backward.previous_h, [*backward.signals["h"][1:], 0])
    check(forward)
    check(backward)


def test_padding_is_not_read() -> None:
    model, (layer,) = traced(layers.LSTM(3), padding=2)
    assert np.isnan(layer.signals["h"][:, 0]).sum() == 2
    steps = unit_steps(model, layer, 0)
    check(steps)
    skipped = np.isnan(steps.previous_h)
    shown = in_numbers(steps)
    assert skipped.sum() == 2
    for at in np.flatnonzero(skipped).tolist():
        assert set(shown.lines[at]) == {NOT_READ}
        assert {cell for line in shown.cells[at] for cell in line[-1:]} == {"–"}


def test_numbers_worked_by_hand() -> None:
    """h_1 = tanh(1 · 0.5 + 0 + 0.1), h_2 = tanh(1 · 0.5 + 0.537 · 0.25 + 0.1)."""
    model = keras.Sequential(
        [keras.Input((None, 1)), layers.SimpleRNN(1, name="simple_rnn_1"), layers.Dense(1)]
    )
    model.layers[0].set_weights([np.array([[0.5]]), np.array([[0.25]]), np.array([0.1])])
    (layer,) = Tracer(model)(np.ones((2, 1), np.float32)).layers
    shown = in_numbers(unit_steps(model, layer, 0))
    assert shown.head == ("from the input", "from the state before", "bias", "sum", "squeezed")
    assert shown.cells == [
        [["0.500", "0.000", "0.100", "0.600", "0.537"]],
        [["0.500", "0.134", "0.100", "0.734", "0.626"]],
    ]
    assert shown.lines == [
        ["tanh(0.500 + 0.000 + 0.100) = tanh(0.600) = 0.537"],
        ["tanh(0.500 + 0.134 + 0.100) = tanh(0.734) = 0.626"],
    ]


def values_in(text: str) -> list[float]:
    """The numbers of a line; a true minus that follows a space and is followed by one is an operation."""
    signed = re.sub(r"− (\d)", r"−\1", text)
    return [float(found.replace("−", "-")) for found in re.findall(r"−?\d+\.\d{3}", signed)]


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_what_is_shown_can_be_done_again(name: str) -> None:
    """Products and sums of the numbers as they stand on the screen, off by their rounding at most."""
    model = shipped(f"phantoms/{name}").forward.model
    image = load("phantoms", size=28).images["test"][5]
    (sequence,) = shipped(f"phantoms/{name}").config.encoder.batch(image[None])
    (layer,) = tracer_of(f"phantoms/{name}")(sequence).layers
    for unit in range(0, layer.signals["h"].shape[1], 9):
        shown = in_numbers(unit_steps(model, layer, unit))
        for at, (lines, table) in enumerate(zip(shown.lines, shown.cells, strict=True)):
            numbers = [[float(cell.replace("−", "-")) for cell in line] for line in table]
            for row, bias, total in ((n[0] + n[1], n[2], n[3]) for n in numbers):
                assert abs(row + bias - total) <= 4.01 * ROUNDING
            mixing = lines[0] if name == "lstm" else lines[1]
            a, b, c, d, kept, added, result = values_in(mixing)
            room = ROUNDING * (2 + abs(a) + abs(b) + abs(c) + abs(d))
            assert abs(a * b - kept) <= room and abs(c * d - added) <= room
            assert abs(kept + added - result) <= 3.01 * ROUNDING
            signal = layer.signals["c" if name == "lstm" else "h"]
            assert abs(result - signal[at, unit]) <= 1.01 * ROUNDING
            assert number(layer.signals["h"][at, unit]) == lines[1].rsplit(" = ", 1)[1]


def test_a_number_has_a_true_minus_and_is_never_minus_zero() -> None:
    assert number(-0.12345) == "−0.123"
    assert number(-0.0001) == "0.000"
    assert number(np.nan) == "–"
