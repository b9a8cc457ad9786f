"""Networks that read rows with others: behind a small convolution, and in four directions."""

from functools import cache
from pathlib import Path

import keras
import numpy as np
import pytest

from diagnosis.core.errors import InputError
from diagnosis.datasets import catalogue
from diagnosis.models import four_way
from diagnosis.models.build import build
from diagnosis.models.config import ModelConfig, config_for
from diagnosis.traces import Trace, archive
from diagnosis.traces.ablation import Ablation
from diagnosis.traces.arithmetic import unit_steps
from diagnosis.traces.last_state import LastStates
from diagnosis.traces.tracer import Tracer
from diagnosis.traces.unit_order import Contributions

READERS = ("row_conv_lstm", "four_way_lstm")
SIZE = 8
TOLERANCE = 1e-5


@cache
def small(
    name: str, units: tuple[int, ...] = (5,), dataset: str = "phantoms"
) -> tuple[ModelConfig, keras.Model]:
    """A model of weights of chance, biases too, for pictures of 8 pixels."""
    config = config_for(name, catalogue()[dataset], size=SIZE, units=units)
    model, rng = build(config), np.random.default_rng(3)
    model.set_weights([rng.normal(0, 0.4, w.shape).astype("float32") for w in model.get_weights()])
    return config, model


def sequences(config: ModelConfig, n: int = 3) -> np.ndarray:
    pictures = np.random.default_rng(2).integers(0, 256, (n, *config.encoder.example_shape))
    return config.encoder.batch(pictures.astype(np.uint8))


@cache
def traced(name: str, units: tuple[int, ...] = (5,), dataset: str = "phantoms") -> Trace:
    """Of the first sequence."""
    config, model = small(name, units, dataset)
    return Tracer(model)(sequences(config)[0])


def logits_of(model: keras.Model, x: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(model(x, training=False))


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    ("units", "dataset"),
    [((5,), "phantoms"), pytest.param((4, 3), "bloodmnist", marks=pytest.mark.long)],
)
def test_traces_ablation_and_ends_are_the_models_own(
    name: str, units: tuple[int, ...], dataset: str, tmp_path: Path
) -> None:
    config, model = small(name, units, dataset)
    x = sequences(config)
    own, trace = logits_of(model, x), traced(name, units, dataset)
    assert trace.difference < 1e-5
    np.testing.assert_allclose(trace.logits, own[0], atol=TOLERANCE)
    assert len(trace.layers) == len(units) * config.kind.directions
    for layer in trace.layers:
        assert {signal.shape[0] for signal in layer.signals.values()} == {SIZE}
    ablation = Ablation(model)
    np.testing.assert_allclose(
        ablation(x[0], {}).per_step_logits, trace.per_step_logits, atol=TOLERANCE
    )
    every = {key: list(range(n)) for key, n in ablation.units.items()}
    bias = model.get_layer("logits").get_weights()[1]
    np.testing.assert_allclose(
        ablation(x[0], every).per_step_logits, np.tile(bias, (SIZE, 1)), atol=1e-6
    )
    read, head = LastStates(model), model.get_layer("logits").get_weights()
    assert len(read.names) == len(set(read.names)) == head[0].shape[0]
    np.testing.assert_allclose(read(x) @ head[0] + head[1], own, atol=TOLERANCE)
    named = archive.arrays(trace, own[0], trace.per_step_logits)
    archive.write(tmp_path / "trace.npz", named)
    again = archive.read(tmp_path / "trace.npz")
    assert [(one.key, one.across) for one in again.layers] == [
        (one.key, one.across) for one in trace.layers
    ]
    assert again.reread == trace.reread == (config.kind.directions > 1)


def test_a_row_enters_with_those_read_before_it_and_none_after() -> None:
    config, model = small("row_conv_lstm")
    x, trace = sequences(config)[0], traced("row_conv_lstm")
    for rows in (1, 5, SIZE):
        np.testing.assert_allclose(
            trace.per_step_logits[rows - 1], logits_of(model, x[None, :rows])[0], atol=TOLERANCE
        )
    changed = x.copy()
    changed[2] = -x[2]
    entered, other = trace.layers[0].input, Tracer(model)(changed).layers[0].input
    assert entered.shape == (SIZE, SIZE // 4 * config.filters)
    moved = (entered != other).any(axis=1)
    assert not moved[:2].any() and moved[2] and not moved[7:].any()


def test_four_directions_read_rows_and_columns_of_what_is_known() -> None:
    """After row t: Keras' own layers on a picture that is mean grey below, along it no further than t."""
    config, model = small("four_way_lstm")
    x, trace = sequences(config)[0], traced("four_way_lstm")
    across, along = model.get_layer("across_1"), model.get_layer("along_1")
    for rows in (1, 4, SIZE):
        known = np.where(np.arange(SIZE)[:, None] < rows, x, 0)[None]
        columns, lines = four_way.entered(keras.ops.convert_to_tensor(known))
        states = [
            keras.ops.convert_to_numpy(states)
            for states in (across(columns), along(lines[:, :rows]))
        ]
        pooled = [values.mean(axis=1) for values in states] + [
            values.max(axis=1) for values in states
        ]
        W, b = model.get_layer("logits").get_weights()
        np.testing.assert_allclose(
            trace.per_step_logits[rows - 1],
            (np.concatenate(pooled, axis=1) @ W + b)[0],
            atol=TOLERANCE,
        )
    assert [layer.across for layer in trace.layers] == [True, True, False, False]
    turned, own = (four_way.entered(keras.ops.convert_to_tensor(each[None])) for each in (x.T, x))
    np.testing.assert_array_equal(turned[0], own[1])  # columns are the rows of the picture turned


def test_contributions_of_four_directions_add_up_to_the_log_odds() -> None:
    _, model = small("four_way_lstm")
    trace = traced("four_way_lstm")
    contributions = Contributions(model, "binary", 2)
    shares = sum(float(contributions(trace, layer.key, 1).sum()) for layer in trace.layers)
    bias = float(model.get_layer("logits").get_weights()[1][0])
    assert shares + bias == pytest.approx(float(trace.logits[0]), abs=1e-5)


@pytest.mark.parametrize("name", READERS)
def test_the_sums_of_a_unit_are_of_what_enters(name: str) -> None:
    _, model = small(name)
    for layer in traced(name).layers:
        steps = unit_steps(model, layer, 2)
        forget = 1 / (1 + np.exp(-steps.sums["f"].total))
        np.testing.assert_allclose(forget, layer.signals["f"][:, 2], atol=TOLERANCE)


@pytest.mark.parametrize("name", READERS)
def test_they_read_pictures_alone(name: str) -> None:
    with pytest.raises(InputError, match="reads images"):
        config_for(name, catalogue()["adrenalmnist3d"])
    with pytest.raises(InputError, match="padded"):
        config_for(name, catalogue()["phantoms"], padded=True)
