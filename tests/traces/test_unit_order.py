"""Contributions add up to the answer where they are exact, and orders put first what belongs first."""

import keras
import numpy as np
import pytest
from keras import layers

from diagnosis.core.errors import InputError
from diagnosis.datasets import load
from diagnosis.models import head_ops
from diagnosis.sequences import PADDING, pad
from diagnosis.traces import Trace
from diagnosis.traces.network import Network
from diagnosis.traces.tracer import Tracer
from diagnosis.traces.unit_order import OPTIMAL_UP_TO, Contributions, ordered_units
from tests.shipped import shipped, tracer_of


def _traced(name: str) -> tuple[keras.Model, Trace]:
    model = shipped(f"phantoms/{name}")
    (sequence,) = model.config.encoder.batch(load("phantoms").images["test"][3:4])
    return model.forward.model, tracer_of(f"phantoms/{name}")(sequence)


@pytest.mark.parametrize("name", ["simple_rnn", "lstm", "gru", "bidirectional_lstm"])
def test_contributions_to_a_linear_answer_add_up_to_the_logit(name: str) -> None:
    model, trace = _traced(name)
    contributions = Contributions(model, "binary", 2)
    weights, bias = model.get_layer("logits").get_weights()
    total, start = bias[0], 0
    for layer in trace.layers:
        each = contributions(trace, layer.key, 1)
        end = 0 if layer.direction == "backward" else -1
        last = layer.signals["h"][end]
        units = len(last)
        np.testing.assert_allclose(
            each[end], last * weights[start : start + units, 0], atol=1e-6
        )  # h_T · w
        assert not np.delete(each, end % 28, axis=0).any()
        np.testing.assert_allclose(contributions(trace, layer.key, 0), -each, atol=1e-6)
        total, start = total + each.sum(), start + units
    assert total == pytest.approx(trace.logits[0], abs=1e-4)


@pytest.mark.parametrize("name", ["stacked_gru", "stacked_lstm"])
def test_contributions_below_other_layers_are_the_first_order(name: str) -> None:
    """Scaling the states of layer 1 by 1 + ε changes the logit by ε times the sum of contributions."""
    model, trace = _traced(name)
    first = trace.layers[0]
    each = Contributions(model, "binary", 2)(trace, first.key, 1)
    assert each.shape == first.signals["h"].shape
    network, step = Network(model), 1e-2
    logits = [
        network.logits(network.states(first.signals["h"][None] * scale, None, first=1))
        for scale in (1 - step, 1 + step)
    ]
    slope = float(keras.ops.convert_to_numpy(logits[1] - logits[0])[0, 0]) / (2 * step)
    assert each.sum() == pytest.approx(slope, rel=0.02, abs=0.01)
    # one unit at one row
    row, unit = np.unravel_index(np.abs(each).argmax(), each.shape)
    nudged = first.signals["h"][None].copy()
    nudged[0, row, unit] *= 1 + step
    logit = network.logits(network.states(nudged, None, first=1))
    change = float(keras.ops.convert_to_numpy(logit)[0, 0]) - trace.logits[0]
    assert change == pytest.approx(each[row, unit] * step, rel=0.1, abs=2e-5)


def test_contributions_to_one_class_of_several() -> None:
    """Logits (h, -h, 0): the log odds of class 0 are h - log(e^-h + 1), slope 1 + e^-h / (e^-h + 1)."""
    keras.utils.set_random_seed(1)
    inputs = keras.Input((None, 1))
    layer = layers.SimpleRNN(1, name="rnn")
    model = keras.Model(inputs, layers.Dense(3, use_bias=False)(layer(inputs)))
    model.set_weights([np.eye(1), np.zeros((1, 1)), np.zeros(1), np.array([[1.0, -1.0, 0.0]])])
    trace = Tracer(model)(np.array([[0.3], [1.0]], np.float32))
    each = Contributions(model, "multi-class", 3)(trace, "rnn", 0)
    h = np.tanh(1.0)
    others = np.exp(-h) / (np.exp(-h) + 1)
    np.testing.assert_allclose(each[:, 0], [0, h * (1 + others)], atol=1e-5)
    odds = keras.ops.convert_to_numpy(head_ops.log_odds(trace.logits[None], "multi-class", 0))
    assert odds[0] == pytest.approx(h - np.log(np.exp(-h) + 1), abs=1e-5)


@pytest.mark.parametrize("bidirectional", [False, pytest.param(True, marks=pytest.mark.long)])
def test_padding_contributes_what_the_short_sequence_does(bidirectional: bool) -> None:
    keras.utils.set_random_seed(1)
    wrap = layers.Bidirectional if bidirectional else (lambda layer: layer)
    inputs = keras.Input((None, 5))
    values = layers.Masking(float(PADDING))(inputs)
    for layer in (layers.GRU(4, return_sequences=True), layers.LSTM(4)):
        values = wrap(layer)(values)
    model = keras.Model(inputs, layers.Dense(1)(values))
    short = np.random.default_rng(1).normal(size=(4, 5)).astype("float32")
    tracer, contributions = Tracer(model), Contributions(model, "binary", 2)
    brief, padded = tracer(short), tracer(pad([short], 7)[0])
    for layer in brief.layers:
        np.testing.assert_allclose(
            contributions(padded, layer.key, 1).sum(axis=0),
            contributions(brief, layer.key, 1).sum(axis=0),
            atol=1e-6,
        )


def test_a_layer_that_is_not_there_is_named() -> None:
    model, trace = _traced("lstm")
    with pytest.raises(InputError, match="no layer 'gru_1': it has lstm_1"):
        Contributions(model, "binary", 2)(trace, "gru_1", 1)


def test_order_by_index_and_contribution() -> None:
    states = np.zeros((3, 4))
    each = np.array([[0.0, 1, -2, 0], [0.5, 1, 0, 0], [0, 0, -1, 0]])  # sums .5, 2, -3, 0
    np.testing.assert_array_equal(ordered_units("index", states), [0, 1, 2, 3])
    np.testing.assert_array_equal(ordered_units("contribution", states, each), [1, 0, 3, 2])
    with pytest.raises(InputError, match="contributions"):
        ordered_units("contribution", states)


def test_clusters_put_alike_side_by_side() -> None:
    """Three shapes, two units each at different heights, and two that never move, shuffled."""
    t = np.linspace(0, 2 * np.pi, 28)
    shapes = [np.sin(t), t / 6, np.cos(2 * t), np.zeros(28)]
    kinds = np.array([0, 1, 2, 3, 2, 0, 3, 1])
    scales = np.array([1, 0.1, 0.5, 0, 0.02, 0.3, 0, 2])
    states = np.stack([shapes[kind] for kind in kinds], axis=1) * scales + 0.1
    states[20:] = np.nan  # padding
    order = ordered_units("cluster", states)
    assert sorted(order) == list(range(8))
    pairs = kinds[order].reshape(4, 2)
    np.testing.assert_array_equal(pairs[:, 0], pairs[:, 1])
    shuffled = np.random.default_rng(1).permutation(8)
    again = kinds[shuffled][ordered_units("cluster", states[:, shuffled])].reshape(4, 2)
    np.testing.assert_array_equal(again[:, 0], again[:, 1])


@pytest.mark.parametrize("units", [1, 2, OPTIMAL_UP_TO, 512])
def test_clusters_of_any_size_are_permutations(units: int) -> None:
    states = np.random.default_rng(1).normal(size=(28, units))
    assert sorted(ordered_units("cluster", states)) == list(range(units))
    assert sorted(ordered_units("cluster", np.ones((28, units)))) == list(range(units))


def test_leaf_order_shortens_the_way_through_a_real_layer() -> None:
    _, trace = _traced("stacked_lstm")
    states = trace.layers[0].signals["h"].astype(np.float64)
    correlation = np.asarray(np.corrcoef(states, rowvar=False))
    order = ordered_units("cluster", states)
    between = correlation[order[:-1], order[1:]].mean()
    assert between > correlation[np.arange(127), np.arange(1, 128)].mean() + 0.3
