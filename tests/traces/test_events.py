"""Models of records: masked steps are inert to the bit, and traces carry the state over them."""

from collections.abc import Callable

import keras
import numpy as np
import pytest

from diagnosis.models.build import build
from diagnosis.models.compiled import compiled
from diagnosis.models.config import ModelConfig, config_for, learned_encoder
from diagnosis.models.variants import record_variants
from diagnosis.traces.ablation import Ablation
from diagnosis.traces.tracer import Tracer
from tests.record_cases import LENGTH, toy

TOLERANCE = 1e-5


def _config(name: str, **options: object) -> ModelConfig:
    kind = {"units": (6, 5) if name == "embedding_gru" else (6,), "embedding": 4}
    return config_for(name, toy().facts, encoder=learned_encoder(toy()), **kind | options)  # type: ignore[arg-type]


@pytest.fixture(scope="module", params=record_variants())
def model(request: pytest.FixtureRequest) -> keras.Model:
    """Every weight random, biases and the vector of padding too."""
    model = build(_config(request.param))
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(0, 0.5, w.shape).astype("float32") for w in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def tracer(model: keras.Model) -> Tracer:
    """One for all tests: each compiles for seconds."""
    return Tracer(model)


@pytest.fixture(scope="module")
def read(model: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """Logits of sequences."""
    return compiled(lambda x: model(x, training=False))


def _sequences(n: int = 5) -> np.ndarray:
    encoder = learned_encoder(toy())
    assert encoder is not None
    return encoder.batch(toy().images["test"][:n])


def test_masked_steps_are_inert_to_the_bit_whatever_lies_in_them(
    read: Callable[[np.ndarray], np.ndarray],
) -> None:
    x, longer = _sequences(), 40
    longest = int((x[..., 0] > 0).sum(axis=1).max())
    short = np.ascontiguousarray(x[:, :longest])
    padded = np.concatenate([short, np.zeros((len(x), longer, 4), np.float32)], axis=1)
    logits = read(short)
    np.testing.assert_array_equal(read(padded), logits)
    masked = padded[..., 0] == 0
    padded[masked, 1:] = np.random.default_rng(3).normal(0, 1e3, (int(masked.sum()), 3))
    np.testing.assert_array_equal(read(padded), logits)


def test_a_masked_step_in_the_middle_is_passed_over(model: keras.Model) -> None:
    x = _sequences(1)[:, :6]
    gap = np.insert(x, 3, 0, axis=1)
    own, without = (keras.ops.convert_to_numpy(model(each, training=False)) for each in (gap, x))
    np.testing.assert_allclose(own, without, atol=1e-6)


def test_the_replay_is_the_layers_own_and_the_state_stays_over_masked_steps(
    model: keras.Model, tracer: Tracer
) -> None:
    for sequence in _sequences():
        n = int((sequence[:, 0] > 0).sum())
        holed = sequence.copy()
        holed[3] = 0
        for given in (sequence, holed):
            trace = tracer(given)
            own = keras.ops.convert_to_numpy(model(given[None], training=False))[0]
            np.testing.assert_allclose(trace.logits, own, atol=TOLERANCE)
            assert trace.difference < TOLERANCE
            np.testing.assert_array_equal(
                trace.per_step_logits[n:], np.tile(trace.per_step_logits[n - 1], (LENGTH - n, 1))
            )
            read = given[:, 0] > 0
            for layer in trace.layers:
                for values in layer.signals.values():
                    assert (np.isnan(values).all(axis=1) == ~read).all()
        np.testing.assert_array_equal(trace.per_step_logits[3], trace.per_step_logits[2])


def test_the_trace_says_what_the_first_layer_read(model: keras.Model, tracer: Tracer) -> None:
    sequence = _sequences(1)[0]
    trace = tracer(sequence)
    code, value = model.get_layer("embedding"), model.get_layer("value_embedding")
    e, v = (layer.get_weights()[0] for layer in (code, value))
    numbers = sequence[:, 0].astype(int)
    expected = np.concatenate([e[numbers] + sequence[:, 1:2] * v[numbers], sequence[:, 1:]], axis=1)
    np.testing.assert_allclose(trace.layers[0].input, expected, atol=1e-6)


def test_nothing_ablated_is_the_prediction_and_every_prefix_its_own(
    model: keras.Model, tracer: Tracer
) -> None:
    sequence = _sequences(1)[0]
    trace = tracer(sequence)
    np.testing.assert_allclose(Ablation(model)(sequence, {}).logits, trace.logits, atol=TOLERANCE)
    prefix = sequence.copy()
    prefix[5:] = 0
    np.testing.assert_allclose(tracer(prefix).logits, trace.per_step_logits[4], atol=TOLERANCE)


def test_a_value_means_something_else_for_each_code(model: keras.Model) -> None:
    """The logit's slope by the value depends on the code."""
    x = np.tile(_sequences(1)[:, 1:2], (4, 1, 1))  # one event
    x[:, 0, 0] = [1, 1, 2, 2]
    x[:, 0, 1] = [0, 1, 0, 1]
    logits = keras.ops.convert_to_numpy(model(x, training=False))[:, 0]
    assert abs((logits[1] - logits[0]) - (logits[3] - logits[2])) > 1e-4
