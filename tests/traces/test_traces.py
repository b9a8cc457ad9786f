"""Traces agree with Keras' own layers, with a plain step-by-step loop, and with numbers worked by hand."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from diagnosis.core.errors import InputError
from diagnosis.datasets import load
from diagnosis.models.batches_of_one_size import BATCH
from diagnosis.sequences import PADDING, pad
from diagnosis.traces import SIGNALS, Trace, archive, decision_step
from diagnosis.traces.tracer import Tracer
from tests.shipped import shipped, tracer_of, variants_of

TIMESTEPS, FEATURES, UNITS = 9, 5, 6
TOLERANCE = 1e-5


def _model(*recurrent: layers.Layer, padded: bool = False) -> keras.Model:
    values = sequence = keras.Input((None, FEATURES))
    if padded:
        values = layers.Masking(float(PADDING))(values)
    for layer in recurrent:
        values = layer(values)
    return keras.Model(sequence, layers.Dense(3)(values))


def _randomised(model: keras.Model, seed: int = 1) -> keras.Model:
    """Every weight random, biases too: a zero bias would hide one that is dropped."""
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(0, 0.5, w.shape).astype("float32") for w in model.get_weights()])
    return model


def _sequence(seed: int = 2, timesteps: int = TIMESTEPS) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(timesteps, FEATURES)).astype(np.float32)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _loop(cell: str, weights: list[np.ndarray], x: np.ndarray, reset_after: bool = True) -> dict:
    """The textbook loop in float64: one timestep after the other."""
    W, U, b = (weight.astype(np.float64) for weight in weights)
    h = c = np.zeros(U.shape[0])
    steps: list[dict[str, np.ndarray]] = []
    for x_t in x.astype(np.float64):
        if cell == "simple_rnn":
            h = np.tanh(x_t @ W + h @ U + b)
            steps.append({"h": h})
        elif cell == "lstm":
            i, f, g, o = np.split(x_t @ W + h @ U + b, 4)
            i, f, g, o = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)
            c = f * c + i * g
            h = o * np.tanh(c)
            steps.append({"i": i, "f": f, "g": g, "o": o, "c": c, "h": h})
        else:
            b_in, b_rec = (b[0], b[1]) if reset_after else (b, np.zeros_like(b))
            (x_z, x_r, x_h), (U_z, U_r, U_h) = np.split(x_t @ W + b_in, 3), np.split(U, 3, axis=1)
            b_z, b_r, b_h = np.split(b_rec, 3)
            z, r = _sigmoid(x_z + h @ U_z + b_z), _sigmoid(x_r + h @ U_r + b_r)
            kept = r * (h @ U_h + b_h) if reset_after else (r * h) @ U_h
            candidate = np.tanh(x_h + kept)
            h = z * h + (1 - z) * candidate
            steps.append({"z": z, "r": r, "candidate": candidate, "h": h})
    return {name: np.array([step[name] for step in steps]) for name in steps[0]}


CELLS = {
    "simple_rnn": lambda **options: layers.SimpleRNN(UNITS, **options),
    "lstm": lambda **options: layers.LSTM(UNITS, **options),
    "gru": lambda **options: layers.GRU(UNITS, **options),
    "gru reset before": lambda **options: layers.GRU(UNITS, reset_after=False, **options),
}


def _assert_is_the_model(trace: Trace, model: keras.Model, x: np.ndarray) -> None:
    logits = keras.ops.convert_to_numpy(model(x[None], training=False))[0]
    np.testing.assert_allclose(trace.logits, logits, atol=TOLERANCE)
    assert trace.difference < TOLERANCE


def _textbook(
    model: keras.Model, name: str, x: np.ndarray
) -> tuple[list[dict[str, np.ndarray]], np.ndarray]:
    """What the textbook's loop, layer after layer, makes of a sequence: signals in row order, and logits."""
    cell = name.split(maxsplit=1)[0]
    *recurrent, dense = [layer for layer in model.layers if layer.get_weights()]
    found = []
    for layer in recurrent:
        two = isinstance(layer, layers.Bidirectional)
        halves = [layer.forward_layer, layer.backward_layer] if two else [layer]
        turns = [-1 if half.go_backwards else 1 for half in halves]
        read = [
            _loop(cell, half.get_weights(), x[::turn], reset_after=" " not in name)
            for half, turn in zip(halves, turns, strict=True)
        ]
        last = np.concatenate([signals["h"][-1] for signals in read])
        in_order = [
            {signal: values[::turn] for signal, values in signals.items()}
            for signals, turn in zip(read, turns, strict=True)
        ]
        found += in_order
        x = np.concatenate([signals["h"] for signals in in_order], axis=1)
    W, b = dense.get_weights()
    return found, last @ W + b


def _assert_rows_are_read_afresh(
    trace: Trace, model: keras.Model, name: str, rows: int = TIMESTEPS
) -> None:
    """The running verdict is what the textbook makes of the first rows alone."""
    for t in range(rows):
        _, logits = _textbook(model, name, trace.sequence[: t + 1])
        np.testing.assert_allclose(trace.per_step_logits[t], logits, atol=TOLERANCE)


@pytest.mark.parametrize("name", CELLS)
def test_signals_equal_the_textbook_loop(name: str) -> None:
    layer = CELLS[name]()
    model = _randomised(_model(layer))
    trace = Tracer(model)(_sequence())
    _assert_is_the_model(trace, model, _sequence())
    _assert_rows_are_read_afresh(trace, model, name)
    assert len(trace.layers) == 1 and not trace.reread
    cell = name.split(maxsplit=1)[0]
    expected = _loop(cell, layer.get_weights(), _sequence(), reset_after=" " not in name)
    assert tuple(trace.layers[0].signals) == SIGNALS[cell]
    for signal, values in expected.items():
        got = trace.layers[0].signals[signal]
        assert got.dtype == np.float32 and got.shape == (TIMESTEPS, UNITS)
        np.testing.assert_allclose(got, values, atol=TOLERANCE, err_msg=signal)


SOME = ("lstm",)  # of the cells; `make test-long` has all of them


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] * (name not in SOME)) for name in CELLS]
)
def test_stacked_and_bidirectional_agree_with_the_model(name: str) -> None:
    make = CELLS[name]
    both = [layers.Bidirectional(make(return_sequences=True)), layers.Bidirectional(make())]
    for recurrent in ([make(return_sequences=True), make()], both):
        model = _randomised(_model(*recurrent))
        trace = Tracer(model)(_sequence())
        _assert_is_the_model(trace, model, _sequence())
        assert trace.reread == (recurrent is both)
        assert len(trace.layers) == sum(2 if layer in both else 1 for layer in recurrent)
        for traced in trace.layers:
            assert all(signal.shape == (TIMESTEPS, UNITS) for signal in traced.signals.values())
        _assert_rows_are_read_afresh(trace, model, name)


def test_backward_half_is_in_row_order() -> None:
    """The backward half of a scan equals a forward reading of the scan upside down, turned back."""
    forward, backward = layers.LSTM(UNITS), layers.LSTM(UNITS, go_backwards=True)
    layer = layers.Bidirectional(forward, backward_layer=backward)
    model = _randomised(_model(layer))
    halves = Tracer(model)(_sequence()).layers
    assert [half.key for half in halves] == [f"{layer.name}/forward", f"{layer.name}/backward"]
    expected = _loop("lstm", layer.backward_layer.get_weights(), _sequence()[::-1])
    for signal, values in expected.items():
        np.testing.assert_allclose(halves[1].signals[signal], values[::-1], atol=TOLERANCE)


@pytest.mark.parametrize(
    ("name", "bidirectional"),
    [
        *[pytest.param(name, False, marks=pytest.mark.long) for name in CELLS],
        *[
            pytest.param(name, True, marks=[pytest.mark.long] * (name not in SOME))
            for name in CELLS
        ],
    ],
)
def test_padding_is_skipped(name: str, bidirectional: bool) -> None:
    """A padded sequence is read as the textbook reads the short one; its padding is marked as not read."""
    make = CELLS[name]
    wrap = layers.Bidirectional if bidirectional else (lambda layer: layer)
    model = _randomised(_model(wrap(make(return_sequences=True)), wrap(make()), padded=True))
    short = _sequence(timesteps=4)
    padded = pad([short, _sequence(timesteps=7)])[0]
    trace = Tracer(model)(padded)
    _assert_is_the_model(trace, model, padded)
    _assert_rows_are_read_afresh(trace, model, name, len(short))
    expected, logits = _textbook(model, name, short)
    np.testing.assert_allclose(trace.logits, logits, atol=TOLERANCE)
    for layer, signals in zip(trace.layers, expected, strict=True):
        for signal, values in signals.items():
            np.testing.assert_allclose(layer.signals[signal][:4], values, atol=TOLERANCE)
            assert np.isnan(layer.signals[signal][4:]).all()


@pytest.mark.parametrize("bidirectional", [False, pytest.param(True, marks=pytest.mark.long)])
def test_batches_hold_what_single_traces_hold(bidirectional: bool) -> None:
    """One more than a batch: the last one is cut, and padding is blanked in each sequence by itself."""
    wrap = layers.Bidirectional if bidirectional else (lambda layer: layer)
    recurrent = [wrap(layers.LSTM(UNITS, return_sequences=True)), wrap(layers.GRU(UNITS))]
    tracer = Tracer(_randomised(_model(*recurrent, padded=True)))
    lengths = [TIMESTEPS, 4, *[TIMESTEPS] * (BATCH - 2), 6]
    sequences = pad([_sequence(seed, length) for seed, length in enumerate(lengths)])
    parts = list(tracer.batches(sequences))
    assert [len(part[0].signals["h"]) for part in parts] == [BATCH, 1]
    for number in (0, 1, BATCH):
        part, place = parts[number // BATCH], number % BATCH
        single = tracer(sequences[number])
        assert [half.key for half in part] == [layer.key for layer in single.layers]
        for half, layer in zip(part, single.layers, strict=True):
            assert (half.cell, tuple(half.signals)) == (layer.cell, SIGNALS[layer.cell])
            for signal, values in half.signals.items():
                np.testing.assert_allclose(values[place], layer.signals[signal], atol=TOLERANCE)
                assert np.isnan(values[place][lengths[number] :]).all()


def test_lstm_golden_numbers() -> None:
    """Weights 0.1, 0.2 and bias 0.3 everywhere, one unit, input 1 then 2: worked by hand."""
    layer = layers.LSTM(1)
    sequence = keras.Input((None, 1))
    model = keras.Model(sequence, layers.Dense(1)(layer(sequence)))
    layer.set_weights([np.full((1, 4), 0.1), np.full((1, 4), 0.2), np.full(4, 0.3)])
    signals = Tracer(model)(np.array([[1.0], [2.0]], np.float32)).layers[0].signals
    # t = 0: every gate sees 0.1·1 + 0.3 = 0.4: σ = 0.598688, tanh = 0.379949; c = 0.227471,
    # h = 0.598688·tanh(0.227471) = 0.133883
    np.testing.assert_allclose(signals["i"][0], 0.598688, atol=1e-6)
    np.testing.assert_allclose(signals["g"][0], 0.379949, atol=1e-6)
    np.testing.assert_allclose(signals["c"][0], 0.227471, atol=1e-6)
    np.testing.assert_allclose(signals["h"][0], 0.133883, atol=1e-6)
    # t = 1: 0.1·2 + 0.2·0.133883 + 0.3 = 0.526777: σ = 0.628731, tanh = 0.482913;
    # c = 0.628731·0.227471 + 0.628731·0.482913 = 0.446640, h = 0.628731·tanh(0.446640) = 0.263522
    np.testing.assert_allclose(signals["f"][1], 0.628731, atol=1e-6)
    np.testing.assert_allclose(signals["g"][1], 0.482913, atol=1e-6)
    np.testing.assert_allclose(signals["c"][1], 0.446640, atol=1e-6)
    np.testing.assert_allclose(signals["h"][1], 0.263522, atol=1e-6)


def test_gru_golden_numbers() -> None:
    """One unit, kernel 0.1, recurrent kernel 0.2, biases 0.3 and 0.4, input 1 then 2."""
    layer = layers.GRU(1)
    sequence = keras.Input((None, 1))
    model = keras.Model(sequence, layers.Dense(1)(layer(sequence)))
    layer.set_weights(
        [np.full((1, 3), 0.1), np.full((1, 3), 0.2), np.array([[0.3] * 3, [0.4] * 3])]
    )
    signals = Tracer(model)(np.array([[1.0], [2.0]], np.float32)).layers[0].signals
    # t = 0: z = r = σ(0.1 + 0.3 + 0.4) = 0.689974; candidate = tanh(0.4 + 0.689974·0.4) = 0.588906;
    # h = (1 - 0.689974)·0.588906 = 0.182576
    np.testing.assert_allclose(signals["z"][0], 0.689974, atol=1e-6)
    np.testing.assert_allclose(signals["candidate"][0], 0.588906, atol=1e-6)
    np.testing.assert_allclose(signals["h"][0], 0.182576, atol=1e-6)
    # t = 1: z = r = σ(0.2 + 0.3 + 0.2·0.182576 + 0.4) = 0.718395;
    # candidate = tanh(0.5 + 0.718395·(0.2·0.182576 + 0.4)) = 0.671566;
    # h = 0.718395·0.182576 + (1 - 0.718395)·0.671566 = 0.320278
    np.testing.assert_allclose(signals["r"][1], 0.718395, atol=1e-6)
    np.testing.assert_allclose(signals["candidate"][1], 0.671566, atol=1e-6)
    np.testing.assert_allclose(signals["h"][1], 0.320278, atol=1e-6)


@pytest.mark.parametrize("name", variants_of("phantoms", recurrent=True))
def test_every_shipped_variant_is_traced_as_it_reads(name: str) -> None:
    name = f"phantoms/{name}"
    config, model = shipped(name).config, shipped(name).forward.model
    image = load("phantoms").images["test"][:1]
    (sequence,) = config.encoder.batch(image)
    trace = tracer_of(name)(sequence)
    _assert_is_the_model(trace, model, sequence)
    assert {layer.signals["h"].shape for layer in trace.layers} == {(28, config.units[0])}


def test_a_model_without_states_is_refused() -> None:
    sequence = keras.Input((4, FEATURES))
    model = keras.Model(sequence, layers.Dense(1)(layers.Flatten()(sequence)))
    with pytest.raises(InputError, match="no recurrent layer"):
        Tracer(model)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [([1, 1, 1], None), ([1], None), ([0, 1, 1], 1), ([1, 0, 1], 2), ([0, 0, 1], 2)],
)
def test_decided_at_is_where_the_answer_stops_changing(
    answers: list[int], expected: int | None
) -> None:
    """What was so from the first step on never crossed the threshold: no step decided."""
    assert decision_step(np.array(answers)) == expected
    assert decision_step(np.eye(2)[answers] > 0.5) == expected  # several labels


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="this is the other backend's run"
)
@pytest.mark.long
def test_all_of_this_holds_on_jax() -> None:
    """The same file once more, on the second backend, but for the padding, whose compilation takes long."""
    only = ["-k", "not padding"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *only, __file__],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout


@pytest.mark.parametrize(
    "name", ["phantoms/stacked_gru", "phantoms/bidirectional_lstm", "phantoms/simple_rnn"]
)
def test_a_trace_comes_back_from_its_file(name: str, tmp_path: Path) -> None:
    found = shipped(name).predict(load("phantoms", size=28).case("test", 3))
    assert found.trace is not None and found.per_step is not None
    archive.write(
        tmp_path / "t.npz", archive.arrays(found.trace, found.probabilities, found.per_step)
    )
    read = archive.read(tmp_path / "t.npz")
    assert read.reread == found.trace.reread
    np.testing.assert_array_equal(read.per_step_logits, found.trace.per_step_logits)
    np.testing.assert_array_equal(read.logits, found.trace.logits)
    for back, layer in zip(read.layers, found.trace.layers, strict=True):
        assert (back.key, back.cell, list(back.signals)) == (
            layer.key,
            layer.cell,
            list(layer.signals),
        )
        np.testing.assert_array_equal(back.input, layer.input)
        for signal, values in layer.signals.items():
            np.testing.assert_array_equal(back.signals[signal], values)
