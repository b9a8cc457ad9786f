"""The faster training path: the gradients of the stock layers, in models that are stock before and after."""

from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from diagnosis.datasets import catalogue
from diagnosis.models.build import build
from diagnosis.models.compiled import operation_by_operation
from diagnosis.models.config import config_for
from diagnosis.training import halves
from diagnosis.training.halves import in_halves

TIMESTEPS, FEATURES, UNITS = 3, 5, halves.UNITS

pytestmark = pytest.mark.skipif(
    not operation_by_operation(), reason="elsewhere the stock layers are left alone"
)


def _model(*recurrences: layers.Layer) -> keras.Model:
    values = sequence = keras.Input((None, FEATURES))
    for recurrence in recurrences:
        values = recurrence(values)
    return keras.Model(sequence, layers.Dense(1)(values))


def _lstm(units: int = UNITS, **options: Any) -> layers.LSTM:
    return layers.LSTM(units, bias_initializer="random_normal", **options)


def _loss_and_gradients(
    model: keras.Model, batches: Sequence[np.ndarray]
) -> list[list[np.ndarray]]:
    """Of a weighted loss in training mode: its value, its gradients by the input and by each weight.

    One graph for batches of any size, as ``fit`` makes it.
    """
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec((None, TIMESTEPS, FEATURES))])
    def both(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = model(x, training=True)
            loss = tf.reduce_mean(tf.square(outputs - 1) * (1 + x[:, 0, :1] ** 2))
        return [loss, *tape.gradient(loss, [x, *(v.value for v in model.trainable_variables)])]

    return [[value.numpy() for value in both(tf.constant(x))] for x in batches]


@pytest.mark.parametrize(
    "recurrences",
    [
        lambda: [_lstm()],
        lambda: [_lstm(go_backwards=True)],
        lambda: [_lstm(return_sequences=True), _lstm(UNITS + 3)],
        lambda: [layers.Bidirectional(_lstm(return_sequences=True)), layers.GRU(2)],
    ],
    ids=["one", "backwards", "stacked", "bidirectional"],
)
def test_loss_and_gradients_are_the_stock_layers_for_any_batch_size(
    recurrences: Callable[[], list[layers.Layer]],
) -> None:
    keras.utils.set_random_seed(1)
    model = _model(*recurrences())
    rng = np.random.default_rng(1)
    batches = [rng.normal(size=(n, TIMESTEPS, FEATURES)).astype(np.float32) for n in (7, 2, 1)]
    stock = _loss_and_gradients(model, batches)
    with in_halves(model):
        ours = _loss_and_gradients(model, batches)
    for expected, found in zip(chain(*stock), chain(*ours), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def _taken(model: keras.Model, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often the faster path runs while the model is called in training mode."""
    calls = []
    original = halves._recurrence

    def counted(*given: Any, **options: Any) -> Any:
        calls.append(given)
        return original(*given, **options)

    monkeypatch.setattr(halves, "_recurrence", counted)
    x = np.zeros((4, TIMESTEPS, FEATURES), np.float32)
    with in_halves(model):
        model(x, training=False)
        assert not calls
        model(x, training=True)
    return len(calls) // halves.HALVES


@pytest.mark.parametrize(
    ("recurrences", "layers_taken"),
    [
        (lambda: [_lstm()], 1),
        (lambda: [layers.Bidirectional(_lstm())], 2),
        (lambda: [_lstm(return_sequences=True), layers.Dropout(0.2), _lstm()], 2),
        (lambda: [_lstm(recurrent_dropout=0.2)], 0),
        (lambda: [_lstm(activation="relu")], 0),
        (lambda: [_lstm(dtype="mixed_float16")], 0),
        (lambda: [layers.Masking(), _lstm()], 0),
        (lambda: [_lstm(UNITS - 1)], 0),
        (lambda: [layers.GRU(UNITS)], 0),
        (lambda: [layers.SimpleRNN(UNITS)], 0),
    ],
)
def test_the_faster_path_is_taken_where_it_applies_and_the_stock_one_elsewhere(
    recurrences: Callable[[], list[layers.Layer]],
    layers_taken: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert _taken(_model(*recurrences()), monkeypatch) == layers_taken


def test_a_model_trained_in_halves_is_stock_and_answers_as_it_did_while_training(
    tmp_path: Path,
) -> None:
    config = config_for("lstm", catalogue()["phantoms"], units=(UNITS,))
    keras.utils.set_random_seed(1)
    model, other = build(config), build(config)
    other.set_weights(model.get_weights())
    x = np.random.default_rng(1).normal(size=(70, TIMESTEPS, 28)).astype(np.float32)
    y = (x.mean(axis=(1, 2), keepdims=True)[:, 0] > 0).astype(np.float32)
    weights = np.linspace(0.5, 1.5, len(x)).astype(np.float32)
    losses = []
    for trained, way in ((model, in_halves), (other, None)):
        trained.compile(
            keras.optimizers.Adam(1e-3, global_clipnorm=1.0),
            keras.losses.BinaryCrossentropy(from_logits=True),
        )

        def train(trained: keras.Model = trained) -> list[float]:
            run = trained.fit(
                x, y, sample_weight=weights, batch_size=32, epochs=2, shuffle=False, verbose=0
            )
            return run.history["loss"]

        if way is None:
            losses.append(train())
        else:
            with way(trained):
                losses.append(train())
                while_training = np.asarray(trained(x, training=True))
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)  # the last batch has 6 images
    for ours, stock in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(ours, stock, atol=1e-4)
    assert all("inner_loop" not in vars(layer) for layer in model.layers)
    model.save_weights(tmp_path / "model.weights.h5")
    again = build(config)
    again.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_allclose(np.asarray(again(x)), while_training, atol=1e-5)


def test_a_layer_is_stock_again_even_after_an_error() -> None:
    model = _model(_lstm())
    with pytest.raises(KeyboardInterrupt), in_halves(model):
        raise KeyboardInterrupt
    assert "inner_loop" not in vars(model.layers[1])
