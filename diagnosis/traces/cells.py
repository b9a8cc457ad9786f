"""Every gate of a recurrent cell at every timestep, from its weights, its input and its states.

A gate at timestep t needs only the input x_t and the state h_{t-1}. Once a layer's states are known, all
timesteps of all gates are therefore one matrix product, and no loop. This replays the layer: from
the state the layer reached at t - 1 it computes gates and state at t, so that the difference between the
replayed and the layer's own states checks the gates at every single timestep.

Notation (weights W for inputs, U for states, b for biases; ⊙ is the elementwise product):

LSTM (Hochreiter & Schmidhuber 1997; forget gate of Gers et al. 2000)
    i = σ(x W_i + h U_i + b_i)      f = σ(x W_f + h U_f + b_f)      o = σ(x W_o + h U_o + b_o)
    g = tanh(x W_g + h U_g + b_g)   c = f ⊙ c_prev + i ⊙ g          h = o ⊙ tanh(c)

GRU (Cho et al. 2014), in Keras' sense of z
    z = σ(x W_z + h U_z + b_z)      r = σ(x W_r + h U_r + b_r)
    candidate = tanh(x W_h + (r ⊙ h) U_h + b_h)                     reset_after=False
    candidate = tanh(x W_h + b_h + r ⊙ (h U_h + b_h'))              reset_after=True
    h = z ⊙ h_prev + (1 - z) ⊙ candidate

SimpleRNN (Elman 1990)
    h = tanh(x W + h_prev U + b)
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import layers, ops

Signals = dict[str, Any]  # name of a state or gate -> (batch, timesteps, units)


def lstm_gates(cell: layers.LSTMCell, x: Any, h: Any) -> tuple[Signals, Any]:
    """Gates i, f, o and candidate g of an LSTM, each ``(batch, timesteps, units)``, and side by side.

    Args:
        cell: with its weights; the kernel's columns are i, f, g, o.
        x: the layer's input in reading order, ``(batch, timesteps, features)``.
        h: the layer's states in reading order, ``(batch, timesteps, units)``.
    """
    projected = ops.matmul(x, cell.kernel) + ops.matmul(_previous(h), cell.recurrent_kernel)
    if cell.use_bias:
        projected = projected + cell.bias
    # σ(x) = ½ + ½ tanh(x / 2), so one squashing serves all four: columns i, f, g, o
    candidate = np.repeat([False, False, True, False], cell.units)
    scale = np.where(candidate, 1, 0.5).astype(np.float32)
    gates = ops.tanh(projected * scale) * scale + (1 - scale)  # (batch, timesteps, 4 * units)
    i, f, g, o = ops.split(gates, 4, axis=-1)
    return {"i": i, "f": f, "g": g, "o": o}, gates


def lstm_cell_states(gates: Sequence[Signals], masks: Sequence[Any]) -> list[Any]:
    """c of several LSTMs at once: c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t from c_{-1} = 0.

    No layer's gates need another's c, so one scan over time serves all layers and directions: compiling and
    running a loop costs more than what is in it.

    Args:
        gates: of ``lstm_gates``.
        masks: for each, bool ``(batch, timesteps)``, true where the timestep is read, or None; a masked
            timestep leaves c as it was.

    Returns:
        c of each, ``(batch, timesteps, units)``.
    """
    forgets, gains = [], []
    for signals, mask in zip(gates, masks, strict=True):
        forget, gain = signals["f"], signals["i"] * signals["g"]
        if mask is not None:
            read = ops.cast(mask, forget.dtype)[:, :, None]
            forget, gain = forget * read + (1 - read), gain * read
        forgets.append(forget)
        gains.append(gain)
    forget, gain = ops.concatenate(forgets, axis=-1), ops.concatenate(gains, axis=-1)

    def step(c: Any, at: tuple[Any, Any]) -> tuple[Any, Any]:
        c = at[0] * c + at[1]
        return c, c

    over_time = (ops.swapaxes(forget, 0, 1), ops.swapaxes(gain, 0, 1))  # (timesteps, batch, units)
    _, c = ops.scan(step, ops.zeros_like(gain[:, 0]), over_time)
    c, ends = ops.swapaxes(c, 0, 1), np.cumsum([signals["f"].shape[-1] for signals in gates])
    return [c[..., end - s["f"].shape[-1] : end] for s, end in zip(gates, ends, strict=True)]


def lstm_output(signals: Signals) -> Any:
    """h = o ⊙ tanh(c)."""
    return signals["o"] * ops.tanh(signals["c"])


def gru_gates(cell: layers.GRUCell, x: Any, h: Any) -> Signals:
    """Gates z, r and candidate of a GRU, with ``reset_after`` either way; arguments as ``lstm_gates``."""
    h_previous = _previous(h)
    W_z, W_r, W_h = ops.split(cell.kernel, 3, axis=-1)
    U_z, U_r, U_h = ops.split(cell.recurrent_kernel, 3, axis=-1)
    b_z = b_r = b_h = b_recurrent_h = 0.0
    if cell.use_bias:
        inputs, recurrent = (cell.bias[0], cell.bias[1]) if cell.reset_after else (cell.bias, None)
        b_z, b_r, b_h = ops.split(inputs, 3)
        if recurrent is not None:
            b_recurrent_z, b_recurrent_r, b_recurrent_h = ops.split(recurrent, 3)
            b_z, b_r = b_z + b_recurrent_z, b_r + b_recurrent_r
    z = cell.recurrent_activation(ops.matmul(x, W_z) + ops.matmul(h_previous, U_z) + b_z)
    r = cell.recurrent_activation(ops.matmul(x, W_r) + ops.matmul(h_previous, U_r) + b_r)
    if cell.reset_after:
        remembered = r * (ops.matmul(h_previous, U_h) + b_recurrent_h)
    else:
        remembered = ops.matmul(r * h_previous, U_h)
    candidate = cell.activation(ops.matmul(x, W_h) + b_h + remembered)
    return {"z": z, "r": r, "candidate": candidate}


def gru_output(signals: Signals, h: Any) -> Any:
    """h = z ⊙ h_prev + (1 - z) ⊙ candidate, from the layer's states ``h``."""
    return signals["z"] * _previous(h) + (1 - signals["z"]) * signals["candidate"]


def simple_rnn_output(cell: layers.SimpleRNNCell, x: Any, h: Any) -> Any:
    """h = tanh(x W + h_prev U + b); a SimpleRNN has no gates. Arguments as ``lstm_gates``."""
    projected = ops.matmul(x, cell.kernel) + ops.matmul(_previous(h), cell.recurrent_kernel)
    return cell.activation(projected + cell.bias if cell.use_bias else projected)


def _previous(h: Any) -> Any:
    """h_{t-1} for every t: the states moved down by one, zeros first."""
    return ops.pad(h[:, :-1], ((0, 0), (1, 0), (0, 0)))
