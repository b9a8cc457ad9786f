"""The arithmetic of one unit at every timestep: the sums inside its gates, and what the gates then do.

The equations are those of ``cells``, written out for one column of the weights, in float64. Nothing here is
needed for a trace; it takes one apart, so that a person can do the sums again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from diagnosis.traces.trace import LayerTrace

# Blocks of the columns of a cell's weights, in Keras' order, by the letters of ``cells``.
_BLOCKS = {"lstm": ("i", "f", "g", "o"), "gru": ("z", "r", "candidate"), "simple_rnn": ("h",)}


@dataclass(frozen=True, eq=False)
class PreActivation:
    """What is summed before it is squeezed by σ or tanh: float64 ``(timesteps,)`` each."""

    from_input: np.ndarray  # x_t · W
    from_state: np.ndarray  # h_{t-1} · U, for a GRU's candidate after the reset gate
    bias: np.ndarray  # the same at every timestep

    @property
    def total(self) -> np.ndarray:
        """Their sum."""
        total: np.ndarray = self.from_input + self.from_state + self.bias
        return total


@dataclass(frozen=True, eq=False)
class UnitSteps:
    """One unit of one half of a layer at every timestep; float64 ``(timesteps,)``, NaN where not read.

    ``previous_h`` and ``previous_c`` are the unit's states before each timestep, in the order of reading: a
    backward half has its state before row t from row t + 1. They are 0 before the first.
    """

    cell: str  # "lstm", "gru" or "simple_rnn"
    signals: Mapping[str, np.ndarray]  # as traced
    sums: Mapping[str, PreActivation]  # signal that is squeezed -> what is summed for it
    previous_h: np.ndarray
    previous_c: np.ndarray | None  # LSTM
    remembered: np.ndarray | None  # GRU with reset_after: h_{t-1} · U_h + b'_h, which r multiplies


def unit_steps(model: keras.Model, trace: LayerTrace, unit: int) -> UnitSteps:
    """Take one unit's trace apart.

    Args:
        model: that was traced.
        trace: of one half of one of its layers.
        unit: number of the unit, from 0.
    """
    cell = _cell(model, trace)
    order = slice(None, None, -1) if trace.direction == "backward" else slice(None)
    read = ~np.isnan(trace.signals["h"]).any(axis=1)
    h = _before(trace.signals["h"].astype(np.float64), read, order, trace.previous)
    x = np.where(read[:, None], trace.input.astype(np.float64), np.nan)
    W, U = (
        ops.convert_to_numpy(w).astype(np.float64) for w in (cell.kernel, cell.recurrent_kernel)
    )
    none = np.zeros(W.shape[1])
    biases = ops.convert_to_numpy(cell.bias).astype(np.float64) if cell.use_bias else none
    b, recurrent_b = biases if biases.ndim == 2 else (biases, none)  # a GRU's with reset_after: two
    signals = {name: values[:, unit].astype(np.float64) for name, values in trace.signals.items()}

    sums, remembered = {}, None
    for number, name in enumerate(_BLOCKS[trace.cell]):
        column = number * cell.units + unit
        bias = b[column] + recurrent_b[column]
        from_state = h @ U[:, column]
        if name == "candidate":
            if cell.reset_after:  # the second bias is behind the reset gate
                bias = b[column]
                remembered = from_state + recurrent_b[column]
                from_state = signals["r"] * remembered
            else:
                from_state = (trace.signals["r"].astype(np.float64) * h) @ U[:, column]
        sums[name] = PreActivation(x @ W[:, column], from_state, np.full(len(x), bias))
    return UnitSteps(
        cell=trace.cell,
        signals=signals,
        sums=sums,
        previous_h=h[:, unit],
        previous_c=_before(signals["c"], read, order, trace.previous)
        if trace.cell == "lstm"
        else None,
        remembered=remembered,
    )


def _cell(model: keras.Model, trace: LayerTrace) -> Any:
    layer = model.get_layer(trace.layer)
    if isinstance(layer, layers.Bidirectional):
        layer = layer.backward_layer if trace.direction == "backward" else layer.forward_layer
    return layer.cell


def _before(
    states: np.ndarray, read: np.ndarray, order: slice, previous: np.ndarray | None
) -> np.ndarray:
    """The state before each timestep that is read, in row order; NaN at the others.

    Args:
        states: ``(timesteps,)`` or ``(timesteps, units)``, in row order.
        read: bool ``(timesteps,)``.
        order: turns row order to reading order and back.
        previous: as of ``LayerTrace``.
    """
    before = np.full_like(states, np.nan)
    if previous is not None:
        before[read] = states[previous[read]]
        before[read & (previous < 0)] = 0
        return before
    turns = np.flatnonzero(read)[order]  # rows in the order of reading
    before[turns[:1]] = 0
    before[turns[1:]] = states[turns[:-1]]
    return before
