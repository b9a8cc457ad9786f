"""LSTM layers that train faster on a CPU: each batch as two halves, side by side, with a gradient by hand.

TensorFlow runs a graph operation by operation, and one timestep of one batch is too small a product to share
between cores: the stock layer leaves the second core idle. Two halves of a batch have nothing to do with each
other, so their operations run on two cores. The rest is less work: the input projection of all timesteps is
one product, and so is each weight gradient.

The model stays what it was: stock layers with their own variables. Only what they do while they train is
replaced, and only where that is faster; anything else takes the stock path. A GPU has the fused cuDNN kernel,
and JAX compiles the whole step: there nothing is replaced.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Any

import keras
from keras import ops

from diagnosis.models.compiled import operation_by_operation

HALVES = 2
UNITS = 64  # from here on it is faster
TIMESTEPS = 64  # at most: the loop is written out, and a longer one takes long to trace


@contextmanager
def in_halves(model: keras.Model) -> Iterator[None]:
    """Train ``model`` within this block faster, where it can be; after it the layers are stock again."""
    layers = [layer for layer in _lstms(model) if _fits(layer)] if operation_by_operation() else []
    for layer in layers:
        layer.inner_loop = partial(_inner_loop, layer, layer.inner_loop)
    try:
        yield
    finally:
        for layer in layers:
            del layer.inner_loop


def _lstms(model: keras.Model) -> Iterator[Any]:
    for layer in model.layers:
        both = isinstance(layer, keras.layers.Bidirectional)
        for each in (layer.forward_layer, layer.backward_layer) if both else (layer,):
            if isinstance(each, keras.layers.LSTM):
                yield each


def _fits(layer: Any) -> bool:
    return (
        layer.units >= UNITS
        and layer.activation is keras.activations.tanh
        and layer.recurrent_activation is keras.activations.sigmoid
        and layer.use_bias
        and not layer.dropout
        and not layer.recurrent_dropout
        and layer.compute_dtype == "float32"
    )


def _inner_loop(
    layer: Any,
    stock: Any,
    *,
    sequences: Any,
    initial_state: Any,
    mask: Any,
    training: bool = False,
) -> tuple[Any, Any, list[Any]]:
    """What ``LSTM.inner_loop`` returns: last output, ``(batch, units)``; outputs; last h and c."""
    timesteps = sequences.shape[1]
    if not training or mask is not None or timesteps is None or timesteps > TIMESTEPS:
        return stock(sequences, initial_state, mask=mask, training=training)
    x = ops.transpose(sequences, (1, 0, 2))  # (timesteps, batch, features)
    if layer.go_backwards:
        x = ops.flip(x, axis=0)
    # A feature that is always 1 has the bias as its weight: its gradient comes with the other weights'.
    x = ops.pad(x, ((0, 0), (0, 0), (0, 1)), constant_values=1.0)
    kernel = ops.concatenate([layer.cell.kernel, layer.cell.bias[None]], axis=0)
    recurrent_kernel = ops.copy(
        layer.cell.recurrent_kernel
    )  # a tensor: a gradient by hand takes no variable
    batch = ops.shape(x)[1]
    cuts = [batch * part // HALVES for part in range(HALVES + 1)]
    parts = []
    for start, stop in pairwise(cuts):
        rows = ops.reshape(x[:, start:stop], (-1, x.shape[2]))
        z = ops.reshape(ops.matmul(rows, kernel), (timesteps, -1, 4 * layer.units))
        state = [values[start:stop] for values in initial_state]
        parts.append(_recurrence(z, recurrent_kernel, *state, outputs=layer.return_sequences))
    h, c, outputs = (ops.concatenate(each, axis=0) for each in zip(*parts, strict=True))
    return h, outputs, [h, c]


def _recurrence(z: Any, kernel: Any, h: Any, c: Any, *, outputs: bool) -> tuple[Any, Any, Any]:
    """An LSTM over its projected input.

    Args:
        z: W x + b at each timestep, ``(timesteps, batch, 4 * units)``, in the order i, f, g, o.
        kernel: U, ``(units, 4 * units)``.
        h: hidden state before the first timestep, ``(batch, units)``.
        c: cell state before the first timestep, ``(batch, units)``.
        outputs: whether all hidden states are wanted.

    Returns:
        Last h and c, and the hidden states, ``(batch, timesteps, units)``; the last alone, ``(batch, 1,
        units)``, unless all are wanted.
    """
    timesteps, units = z.shape[0], kernel.shape[0]

    @ops.custom_gradient
    def run(z: Any, kernel: Any, h: Any, c: Any) -> Any:
        before, gates = [], []
        for z_t in ops.unstack(z, timesteps):
            before.append((h, c))
            i, f, g, o = ops.split(z_t + ops.matmul(h, kernel), 4, axis=-1)
            i, f, g, o = ops.sigmoid(i), ops.sigmoid(f), ops.tanh(g), ops.sigmoid(o)
            c = f * c + i * g
            tanh_c = ops.tanh(c)
            h = o * tanh_c
            gates.append((i, f, g, o, tanh_c))
        states = [*(h_t for h_t, _ in before[1:]), h]
        result = (h, c, ops.stack(states)) if outputs else (h, c)

        def gradient(*upstream: Any) -> tuple[Any, ...]:
            return _backwards(upstream, before, gates, kernel, units)

        return result, gradient

    h, c, *states = run(z, kernel, h, c)
    return h, c, ops.transpose(states[0], (1, 0, 2)) if outputs else ops.expand_dims(h, 1)


def _backwards(
    upstream: Sequence[Any], before: list[Any], gates: list[Any], kernel: Any, units: int
) -> tuple[Any, ...]:
    """Gradients of ``run``'s arguments (z, kernel, h, c): back through time, then one product."""
    dh, dc, *d_states = upstream
    at = ops.unstack(d_states[0], len(gates)) if d_states else []
    transposed = ops.transpose(kernel)  # (4 * units, units)
    dz = []
    for t in reversed(range(len(gates))):
        (_, c), (i, f, g, o, tanh_c) = before[t], gates[t]
        dh = dh + at[t] if at else dh
        do = dh * tanh_c
        dc = dc + (dh - do * tanh_c) * o
        di = dc * g
        df = dc * c
        each = [di * (i - i * i), df * (f - f * f), (dc - di * g) * i, do * (o - o * o)]
        dz.append(ops.concatenate(each, axis=-1))
        dh, dc = ops.matmul(dz[-1], transposed), dc * f
    d_z = ops.stack(dz[::-1])  # (timesteps, batch, 4 * units)
    h_before = ops.concatenate([h for h, _ in before], axis=0)  # (timesteps * batch, units)
    d_kernel = ops.matmul(ops.transpose(h_before), ops.reshape(d_z, (-1, 4 * units)))
    return d_z, d_kernel, dh, dc
