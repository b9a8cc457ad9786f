"""A configuration becomes a Keras model of stock layers that ends in logits."""

from typing import Any

import keras
from keras import layers

from diagnosis.models import event_input, heads, slice_input
from diagnosis.models.config import ModelConfig
from diagnosis.models.keras_session import keep_to_own_thread
from diagnosis.sequences import PADDING

keep_to_own_thread()  # before the first model, in whatever process that is

_CELLS = {"simple_rnn": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}


def build(
    config: ModelConfig, *, dtype: str = "float32", lstm: type[layers.LSTM] = layers.LSTM
) -> keras.Model:
    """Build an untrained model.

    Args:
        config: what to build.
        dtype: Keras' dtype policy; "mixed_float16" or "mixed_bfloat16" for mixed precision. Weights and
            logits stay float32.
        lstm: what stands for Keras' LSTM layer, with the same weights.

    Returns:
        A functional model from ``sequence``, ``(batch, timesteps, features)``, to ``logits``,
        ``(batch, logit_count)``. Any number of timesteps fits a recurrent model without a slice encoder.
    """
    encoder = config.encoder
    kind = config.kind
    timesteps = None if kind.recurrent and not config.filters else encoder.length
    sequence = keras.Input((timesteps, encoder.features), name="sequence")
    if kind.layers is not None:
        values = kind.layers(sequence, config, dtype)
    elif kind.recurrent:
        values = _recurrences(sequence, config, dtype, _CELLS | {"lstm": lstm})
    else:
        values = _convolutions(sequence, config, dtype)
    if config.dense:
        values = layers.Dense(config.dense, activation="relu", name="dense", dtype=dtype)(values)
        if config.dropout:
            values = layers.Dropout(config.dropout, name="dense_dropout", dtype=dtype)(values)
    width = heads.logit_count(config.task, len(config.classes))
    logits = layers.Dense(width, name="logits", dtype="float32")(values)
    return keras.Model(sequence, logits, name=config.variant)


def _recurrences(
    sequence: Any, config: ModelConfig, dtype: str, cells: dict[str, type[layers.RNN]]
) -> Any:
    """Recurrent layers; the last one gives its last state only, ``(batch, units)``."""
    values, read = sequence, {}
    if config.padded:
        values = layers.Masking(float(PADDING), name="masking")(values)
    if config.embedding:
        by_code, by_value = event_input.tables(config.encoder.embedded, config.embedding, dtype)
        values = event_input.entered(sequence, by_code, by_value)
        read = {"mask": event_input.read(sequence)}
    if config.filters:
        values = slice_input.entered(sequence, slice_input.convolutions(config.filters, dtype))
    kind = config.kind
    options = {"reset_after": config.reset_after} if kind.cell == "gru" else {}
    for number, units in enumerate(config.units, start=1):
        layer = cells[kind.cell](
            units,
            return_sequences=number < len(config.units),
            recurrent_dropout=config.recurrent_dropout,
            name=f"{kind.cell}_{number}",
            dtype=dtype,
            **options,
        )
        if kind.bidirectional:
            layer = layers.Bidirectional(layer, name=f"bidirectional_{number}", dtype=dtype)
        values = layer(values, **read)
        if config.dropout:
            values = layers.Dropout(config.dropout, name=f"dropout_{number}", dtype=dtype)(values)
    return values


def _convolutions(sequence: Any, config: ModelConfig, dtype: str) -> Any:
    """3 × 3 convolutions without padding, each with 2 × 2 pooling; volumes get the 3-D kind.

    Without padding 28 pixels shrink to 1 × 1 × 128 by the third pooling, so the plan made for
    150-pixel pictures fits without a change.
    """
    grid = config.encoder.grid
    assert grid is not None  # the configuration saw to it
    convolution, pooling = (
        (layers.Conv3D, layers.MaxPooling3D)
        if len(grid) == 4
        else (layers.Conv2D, layers.MaxPooling2D)
    )
    values = layers.Reshape(grid, name="picture")(sequence)
    for number, filters in enumerate(config.units, start=1):
        values = convolution(filters, 3, activation="relu", name=f"conv_{number}", dtype=dtype)(
            values
        )
        values = pooling(2, name=f"pool_{number}", dtype=dtype)(values)
    return layers.Flatten(name="flatten")(values)
