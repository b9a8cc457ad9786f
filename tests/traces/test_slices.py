"""Volumes read slice by slice: flattened slices, and a convolution that all slices share."""

import keras
import numpy as np
import pytest

from diagnosis.core.errors import InputError
from diagnosis.datasets import catalogue
from diagnosis.models.build import build
from diagnosis.models.config import ModelConfig, config_for
from diagnosis.traces.ablation import Ablation
from diagnosis.traces.arithmetic import unit_steps
from diagnosis.traces.last_state import LastStates
from diagnosis.traces.tracer import Tracer

FACTS = catalogue()["adrenalmnist3d"]
READERS = ("gru", "lstm", "bidirectional_lstm", "slice_gru")


def small(name: str) -> tuple[ModelConfig, keras.Model]:
    """A model with weights of chance, for volumes of 8 slices."""
    keras.utils.set_random_seed(3)
    config = config_for(name, FACTS, size=8, units=(5,))
    return config, build(config)


def volumes(n: int = 3) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (n, 8, 8, 8), np.uint8)


@pytest.mark.parametrize("name", READERS)
def test_a_volume_is_traced_slice_by_slice(name: str) -> None:
    config, model = small(name)
    sequences = config.encoder.batch(volumes())
    own = keras.ops.convert_to_numpy(model(sequences, training=False))
    trace = Tracer(model)(sequences[0])
    assert trace.per_step_logits.shape == (8, 1) and trace.difference < 1e-5
    np.testing.assert_allclose(trace.logits, own[0], atol=1e-5)
    np.testing.assert_allclose(Ablation(model)(sequences[0], {}).logits, own[0], atol=1e-5)
    read = LastStates(model)
    ends = [
        layer.signals["h"][0 if layer.direction == "backward" else -1] for layer in trace.layers
    ]
    np.testing.assert_allclose(read(sequences)[0], np.concatenate(ends), atol=1e-5)
    assert len(read.names) == len(set(read.names)) == sum(map(len, ends))


def test_the_slice_encoder_sees_each_slice_alone() -> None:
    """What enters at a step changes with that slice and with no other, and is the same at any place."""
    config, model = small("slice_gru")
    sequence = config.encoder.batch(volumes(1))[0]
    sequence[2] = sequence[5]
    traced = Tracer(model)(sequence).layers[0]
    assert traced.input.shape == (8, 4 * config.filters)  # 8 pixels become one place
    np.testing.assert_array_equal(traced.input[2], traced.input[5])
    changed = sequence.copy()
    changed[4] = -sequence[4]
    other = Tracer(model)(changed).layers[0].input
    assert (other != traced.input).any(axis=1).tolist() == [False] * 4 + [True] + [False] * 3
    steps = unit_steps(model, traced, 1)  # the sums are of what enters, not of pixels
    z = 1 / (1 + np.exp(-steps.sums["z"].total))
    np.testing.assert_allclose(z, traced.signals["z"][:, 1], atol=1e-5)


def test_a_slice_encoder_is_for_volumes_alone() -> None:
    with pytest.raises(InputError, match="volumes"):
        config_for("slice_gru", catalogue()["phantoms"])
    with pytest.raises(InputError):
        config_for("slice_gru", FACTS, filters=0)
    with pytest.raises(InputError):
        config_for("gru", FACTS, filters=4)
