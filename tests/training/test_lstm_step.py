"""The written-out LSTM gives Keras' states and gradients, and a training keeps the memory it frees."""

import ctypes
import resource
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from diagnosis.training.tensorflow_cpu.lstm import HoistedLSTM
from diagnosis.training.tensorflow_cpu.malloc import reused_memory

N, TIMESTEPS, FEATURES, UNITS = 3, 7, 5, 4


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_states_and_gradients_are_those_of_the_stock_layer(
    sequences: bool, backwards: bool
) -> None:
    rng = np.random.default_rng(1)
    options: dict[str, Any] = {
        "return_sequences": sequences,
        "return_state": True,
        "go_backwards": backwards,
    }
    values = [
        rng.normal(size=shape) for shape in ((N, TIMESTEPS, FEATURES), (N, UNITS), (N, UNITS))
    ]
    given = [tf.constant(value, "float32") for value in values]
    found = []
    for kind in (keras.layers.LSTM, HoistedLSTM):
        layer = kind(UNITS, **options)
        layer.build(given[0].shape)
        weights = np.random.default_rng(2)
        layer.set_weights([weights.normal(size=weight.shape) for weight in layer.weights])
        with tf.GradientTape() as tape:
            tape.watch(given)
            outputs = layer(given[0], initial_state=given[1:], training=True)
            # each of outputs, last h and last c has its own say
            total = sum(tf.reduce_sum(each**2) * (k + 1) for k, each in enumerate(outputs))
        gradients = tape.gradient(total, [*given, *(weight.value for weight in layer.weights)])
        found.append([*outputs, *gradients])
    for stock, ours in zip(*found, strict=True):
        np.testing.assert_allclose(ours, stock, rtol=1e-4, atol=1e-4)


def test_both_directions_of_a_bidirectional_layer_are_written_out() -> None:
    layer = keras.layers.Bidirectional(HoistedLSTM(UNITS))
    assert type(layer.forward_layer) is type(layer.backward_layer) is HoistedLSTM
    assert layer.backward_layer.go_backwards


BLOCK, TIMES = 4 * 2**20, 20  # bytes; how often they are asked for, written to and freed


def _page_faults() -> int:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(TIMES):
        np.ones(BLOCK, np.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def test_memory_that_is_freed_is_kept_for_the_next_step() -> None:
    """Also after TensorFlow has chosen otherwise, as it does for the first data set made by a generator."""
    if not hasattr(ctypes.CDLL(None), "mallopt"):
        with reused_memory():
            return
    with reused_memory():
        next(iter(tf.data.Dataset.from_generator(lambda: [0], tf.int32, ())))
        faults = _page_faults()
    # only the first block is new; given back each time, all would be
    assert faults < 3 * BLOCK / resource.getpagesize()
