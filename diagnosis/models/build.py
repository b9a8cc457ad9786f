"""A configuration becomes a Keras model of stock layers that ends in logits."""

from typing import Any

import keras
from keras import layers, ops

from diagnosis.models import event_input, four_way, fusion, heads, row_input, slice_input
from diagnosis.models.config import ModelConfig
from diagnosis.models.keras_session import keep_to_own_thread
from diagnosis.models.variants import ACROSS, ALONG
from diagnosis.sequences import PADDING, Part

keep_to_own_thread()  # before the first model, in whatever process that is

_CELLS = {"simple_rnn": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}


def build(
    config: ModelConfig,
    *,
    dtype: str = "float32",
    lstm: type[layers.LSTM] = layers.LSTM,
    every_step: bool = False,
) -> keras.Model:
    """Build an untrained model.

    Args:
        config: what to build.
        dtype: Keras' dtype policy; "mixed_float16" or "mixed_bfloat16" for mixed precision. Weights and
            logits stay float32.
        lstm: what stands for Keras' LSTM layer, with the same weights.
        every_step: of a model that reads one way: logits after every step.

    Returns:
        A functional model from ``sequence``, ``(batch, timesteps, features)``, to ``logits``,
        ``(batch, logit_count)`` or ``(batch, timesteps, logit_count)``. Any number of timesteps fits a
        recurrent model that reads neither slices through a convolution nor in four directions.
    """
    encoder = config.encoder
    kind = config.kind
    fixed = not kind.recurrent or kind.directions == 4 or (config.filters and kind.over == "slices")
    timesteps = encoder.length if fixed else None
    sequence = keras.Input((timesteps, encoder.features), name="sequence")
    if kind.layers is not None:
        values = kind.layers(sequence, config, dtype)
    elif config.fusion:
        values = _fused(sequence, config, dtype, _CELLS | {"lstm": lstm})
    elif kind.directions == 4:
        values = _four_ways(sequence, config, dtype, _CELLS | {"lstm": lstm})
    elif kind.recurrent:
        values = _recurrences(
            sequence, config, dtype, _CELLS | {"lstm": lstm}, every_step=every_step
        )
    else:
        values = _convolutions(sequence, config, dtype)
    if config.dense:
        values = layers.Dense(config.dense, activation="relu", name="dense", dtype=dtype)(values)
        if config.dropout:
            values = layers.Dropout(config.dropout, name="dense_dropout", dtype=dtype)(values)
    width = heads.logit_count(config.task, len(config.classes))
    logits = layers.Dense(width, name="logits", dtype="float32")(values)
    model = keras.Model(sequence, logits, name=config.variant)
    model.parts = encoder.parts  # what its branches read, for traces
    return model


def build_to_read(config: ModelConfig) -> keras.Model:
    """The same model without what only training needs, to read with: up to ten times as fast.

    With recurrent dropout Keras takes a gate's weights out of the kernel anew at every step, dropped or not.
    """
    return build(config.changed(recurrent_dropout=0.0))


def _recurrences(
    sequence: Any,
    config: ModelConfig,
    dtype: str,
    cells: dict[str, type[layers.RNN]],
    *,
    every_step: bool = False,
    part: Part | None = None,
) -> Any:
    """Recurrent layers, of a branch if there is a ``part``; the last one gives its last state only,
    ``(batch, units)``, or every one.
    """
    prefix = "" if part is None else f"{part.name}_"
    values, read = sequence, {}
    if config.padded:
        values = layers.Masking(float(PADDING), name="masking")(values)
    if part is not None:
        values, read = fusion.values(sequence, part), {"mask": fusion.read(sequence, part)}
    if config.embedding and (part is None or part.embedded):
        by_code, by_value = event_input.tables(config.encoder.embedded, config.embedding, dtype)
        read = read or {"mask": event_input.read(sequence)}
        values = event_input.entered(values, by_code, by_value)
    if config.filters and config.kind.over == "rows":
        embedding, grid = row_input.convolutions(config.filters, dtype), config.encoder.grid
        assert grid is not None  # the configuration saw to it
        values = row_input.entered(sequence, embedding, grid[-1])
    elif config.filters:
        values = slice_input.entered(sequence, slice_input.convolutions(config.filters, dtype))
    kind = config.kind
    options = {"reset_after": config.reset_after} if kind.cell == "gru" else {}
    for number, units in enumerate(config.units, start=1):
        layer = cells[kind.cell](
            units,
            return_sequences=every_step or number < len(config.units),
            recurrent_dropout=config.recurrent_dropout,
            name=f"{prefix}{kind.cell}_{number}",
            dtype=dtype,
            **options,
        )
        if kind.directions == 2:
            layer = layers.Bidirectional(layer, name=f"{prefix}bidirectional_{number}", dtype=dtype)
        values = layer(values, **read)
        if config.dropout:
            values = layers.Dropout(config.dropout, name=f"{prefix}dropout_{number}", dtype=dtype)(
                values
            )
    return values


def _four_ways(
    sequence: Any, config: ModelConfig, dtype: str, cells: dict[str, type[layers.RNN]]
) -> Any:
    """Bidirectional layers across and along the steps, side by side, ``(batch, 8 · units)``."""
    ends = list(four_way.entered(sequence))
    for number, units in enumerate(config.units, start=1):
        for place, prefix in enumerate((ACROSS, ALONG)):
            layer = cells[config.kind.cell](
                units,
                return_sequences=True,
                recurrent_dropout=config.recurrent_dropout,
                name=f"{prefix}{config.kind.cell}_{number}",
                dtype=dtype,
            )
            both = layers.Bidirectional(layer, name=f"{prefix}{number}", dtype=dtype)
            ends[place] = both(ends[place])
            if config.dropout:
                name = f"{prefix}dropout_{number}"
                ends[place] = layers.Dropout(config.dropout, name=name, dtype=dtype)(ends[place])
    return four_way.pooled(ends)


def _fused(
    sequence: Any, config: ModelConfig, dtype: str, cells: dict[str, type[layers.RNN]]
) -> Any:
    """A branch for each part, and an LSTM whose steps are where they ended, ``(batch, fusion units)``."""
    parts = config.encoder.parts
    ended = [_recurrences(sequence, config, dtype, cells, part=part) for part in parts]
    there = ops.stack(
        [ops.any(fusion.read(sequence, part), axis=1) for part in parts], axis=1
    )  # (batch, parts)
    if config.modality_dropout:  # what is dropped is 0, what is not is larger than 0
        dropout = layers.Dropout(config.modality_dropout, name=fusion.DROPOUT, dtype="float32")
        there = dropout(ops.cast(there, "float32")) > 0
    joined = layers.LSTM(config.fusion, name=fusion.FUSION, dtype=dtype)
    values = joined(ops.stack(ended, axis=1), mask=there)
    if config.dropout:
        values = layers.Dropout(config.dropout, name="fusion_dropout", dtype=dtype)(values)
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
