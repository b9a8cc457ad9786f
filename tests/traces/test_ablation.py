"""A silenced unit is one whose outgoing weights are 0, on shipped models and in numbers worked by hand."""

from itertools import pairwise

import keras
import numpy as np
import pytest
from keras import layers

from diagnosis.core.errors import InputError
from diagnosis.datasets import load
from diagnosis.inference.predictor import Predictor
from diagnosis.models import heads
from diagnosis.models.build import build
from diagnosis.models.config import ModelConfig
from diagnosis.sequences import PADDING, pad
from diagnosis.traces.ablation import Ablation
from diagnosis.traces.unit_order import Contributions
from tests.cases import example
from tests.shipped import shipped

RECURRENT = ("simple_rnn", "lstm", "gru", "bidirectional_lstm", "stacked_lstm", "stacked_gru")


def _shipped(name: str) -> tuple[Predictor, np.ndarray]:
    """A shipped model, and a sequence of real proportions for it."""
    model = shipped(f"pneumoniamnist/{name}")
    (sequence,) = model.config.encoder.batch(load("phantoms").images["test"][3:4])
    return model, sequence


def _mute(kernel: np.ndarray, units: list[int], start: int = 0) -> None:
    kernel[[start + unit for unit in units]] = 0


def _with_zeroed_weights(
    model: keras.Model, config: ModelConfig, ablated: dict[str, list[int]]
) -> keras.Model:
    """Another model, whose weights are the model's but for what leaves the silenced units."""
    clone = build(config)
    clone.set_weights(model.get_weights())
    chain = [layer for layer in clone.layers if layer.get_weights()]
    for layer, following in pairwise(chain):
        halves = {layer.name: layer}
        if isinstance(layer, layers.Bidirectional):
            halves = {
                f"{layer.name}/forward": layer.forward_layer,
                f"{layer.name}/backward": layer.backward_layer,
            }
        for number, (key, half) in enumerate(halves.items()):
            units = ablated.get(key, [])
            if not units:
                continue
            weights = half.get_weights()
            _mute(weights[1], units)  # (units, gates · units)
            half.set_weights(weights)
            weights = following.get_weights()
            _mute(weights[0], units, start=number * half.units)  # (units of all halves, ...)
            following.set_weights(weights)
    return clone


@pytest.mark.parametrize("name", RECURRENT)
def test_silencing_equals_a_model_with_zeroed_weights(name: str) -> None:
    """Running and final verdicts against Keras' own reading of the first rows, layer by layer."""
    subject, sequence = _shipped(name)
    model, ablation = subject.forward.model, subject.ablation
    before = model.get_weights()
    rng = np.random.default_rng(1)
    ablated = {
        key: sorted(rng.choice(units, 7, replace=False).tolist())
        for key, units in ablation.units.items()
    }
    zeroed = _with_zeroed_weights(model, subject.config, ablated)
    for choice, expected in ((ablated, zeroed), ({}, model)):
        got = ablation(sequence, choice)
        assert got.per_step_logits.shape == (28, 1)
        for rows in (1, 11, 28):
            logits = keras.ops.convert_to_numpy(expected(sequence[None, :rows], training=False))
            np.testing.assert_allclose(got.per_step_logits[rows - 1], logits[0], atol=1e-5)
        np.testing.assert_array_equal(got.logits, got.per_step_logits[-1])
    assert np.abs(ablation(sequence, ablated).logits - got.logits).max() > 1e-3
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_silencing_every_unit_leaves_the_bias_of_the_answer() -> None:
    model, sequence = _shipped("lstm")
    got = model.ablation(sequence, {"lstm_1": list(range(50))})
    bias = model.forward.model.get_layer("logits").get_weights()[1]
    np.testing.assert_allclose(got.per_step_logits, np.tile(bias, (28, 1)), atol=1e-6)


def test_two_units_by_hand() -> None:
    """h_t = tanh(x_t + h_{t-1} U): unit 2 hears unit 1 and not the other way round."""
    layer = layers.SimpleRNN(2, use_bias=False)
    sequence = keras.Input((None, 1))
    model = keras.Model(sequence, layers.Dense(1, use_bias=False)(layer(sequence)))
    model.set_weights(
        [np.array([[1.0, 0.5]]), np.array([[0.5, 2.0], [0.0, 1.0]]), np.array([[1.0], [3.0]])]
    )
    x = np.array([[1.0], [0.0]], np.float32)
    ablation, key = Ablation(model), layer.name
    # all heard: h_1 = (tanh 1, tanh .5) = (.761594, .462117), logit .761594 + 3·.462117 = 2.147946
    # h_2 = (tanh .380797, tanh(1.523188 + .462117)) = (.363399, .962975), logit 3.252323
    np.testing.assert_allclose(
        ablation(x, {}).per_step_logits[:, 0], [2.147946, 3.252323], atol=1e-5
    )
    # unit 1 silent: logits 3·.462117 = 1.386352, then 3·tanh .462117 = 3·.431808 = 1.295425
    silent = ablation(x, {key: [0]})
    np.testing.assert_allclose(silent.per_step_logits[:, 0], [1.386352, 1.295425], atol=1e-5)
    # unit 2 silent: unit 1 never heard it, so .761594, .363399
    silent = ablation(x, {key: [1]})
    np.testing.assert_allclose(silent.per_step_logits[:, 0], [0.761594, 0.363399], atol=1e-5)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_padding_is_skipped(bidirectional: bool) -> None:
    keras.utils.set_random_seed(1)
    inputs = keras.Input((None, 5))
    layer = layers.GRU(4, name="gru_1")
    if bidirectional:
        layer = layers.Bidirectional(layer, name="bidirectional_1")
    model = keras.Model(inputs, layers.Dense(2)(layer(layers.Masking(float(PADDING))(inputs))))
    short = np.random.default_rng(1).normal(size=(4, 5)).astype("float32")
    long = pad([short], 7)[0]
    ablation = Ablation(model)
    ablated = {next(iter(ablation.units)): [1, 3]}
    brief, padded = ablation(short, ablated), ablation(long, ablated)
    np.testing.assert_allclose(padded.logits, brief.logits, atol=1e-6)
    np.testing.assert_allclose(padded.per_step_logits[:4], brief.per_step_logits, atol=1e-6)


def test_what_is_not_there_is_named() -> None:
    model, sequence = _shipped("bidirectional_lstm")
    with pytest.raises(InputError, match=r"no unit 50 in bidirectional_1/forward.*0 to 49"):
        model.ablation(sequence, {"bidirectional_1/forward": [3, 50]})
    with pytest.raises(InputError, match=r"no layer 'lstm_1'.*bidirectional_1/backward"):
        model.ablation(sequence, {"lstm_1": [3]})


def test_a_reading_with_silenced_units_is_calibrated_and_called() -> None:
    """Silence what speaks for the answer until the answer turns; on the way the reading is as any other."""
    model = shipped("phantoms/lstm")
    images = load("phantoms").images["test"]
    case = example(images[0])
    sequence = model.config.encoder.encode(case)
    whole = model.predict(case)
    assert whole.trace is not None
    index = whole.classes.index(whole.predicted_classes[0])
    each = Contributions(model.forward.model, "binary", 2)(whole.trace, "lstm_1", index)
    (helpful,) = np.nonzero(each.sum(axis=0) > 0)
    ablated = {"lstm_1": helpful.tolist()}
    prediction = model.predict_perturbed(case, sequence, ablated=ablated)
    logits = model.ablation(sequence.values, ablated).logits
    expected = heads.probabilities(model.calibration(logits), "binary")
    np.testing.assert_allclose(prediction.probabilities, expected, atol=1e-12)
    assert prediction.trace is None and prediction.per_step is not None
    np.testing.assert_array_equal(prediction.per_step[-1], prediction.probabilities)
    assert prediction.probabilities[index] < whole.probabilities[index] - 0.5
    assert prediction.predicted_classes != whole.predicted_classes
    untouched = model.predict_perturbed(case, sequence, ablated={"lstm_1": []})
    np.testing.assert_array_equal(untouched.probabilities, whole.probabilities)
    assert untouched.trace is not None
