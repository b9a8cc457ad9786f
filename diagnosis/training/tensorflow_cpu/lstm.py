"""Keras' LSTM layer, trained on a CPU with all but the recurrence taken out of the loop over the timesteps.

What every timestep needs and no timestep has to wait for is one large product instead of many small ones:
W x of all timesteps before the loop; after the one that goes back, the gradients of W, U and the bias. On the
way back the loop itself keeps one product and three lines, since the slopes of all gates are known before it.
Equations: Hochreiter & Schmidhuber, "Long short-term memory", Neural Computation 9(8), 1997, with the forget
gate of Gers et al., Neural Computation 12(10), 2000; their gradients by the chain rule.
"""

from collections.abc import Sequence
from typing import Any

import keras


@keras.saving.register_keras_serializable("scanline")  # Bidirectional makes copies of it
class HoistedLSTM(keras.layers.LSTM):
    """Stock LSTM, weights and all; only its training step on TensorFlow is written out here.

    For stock activations, with bias, without recurrent dropout.
    """

    def inner_loop(
        self, sequences: Any, initial_state: Any, mask: Any, training: bool = False
    ) -> tuple[Any, Any, list[Any]]:
        """Read the sequences.

        Args:
            sequences: float32 ``(n, timesteps, features)``.
            initial_state: h and c before the first timestep, ``(n, units)`` each.
            mask: with one, Keras' own loop reads them.
            training: without, too: it keeps nothing for a way back.

        Returns:
            Last output, all outputs ``(n, timesteps, units)`` in the order they were read, last h and c.
        """
        if mask is not None or not training:
            stock: tuple[Any, Any, list[Any]]
            stock = super().inner_loop(sequences, initial_state, mask, training)
            return stock
        import tensorflow as tf

        x = tf.transpose(sequences, (1, 0, 2))
        if self.go_backwards:
            x = tf.reverse(x, (0,))
        h, c = _states(x, [weight.value for weight in self.cell.weights], initial_state)
        return h[-1], tf.transpose(h, (1, 0, 2)), [h[-1], c[-1]]


def _states(x: Any, weights: Sequence[Any], start: Sequence[Any]) -> tuple[Any, Any]:
    """States h and c after each timestep, ``(timesteps, n, units)``, of x, ``(timesteps, n, features)``.

    Gates stand in Keras' order i, f, g, o. All are tanh, since σ(z) = ½ tanh(z / 2) + ½.
    """
    import tensorflow as tf

    timesteps, units = tf.shape(x)[0], weights[1].shape[0]
    scale = tf.repeat(tf.constant((0.5, 0.5, 1, 0.5), x.dtype), units)
    offset = tf.repeat(tf.constant((0.5, 0.5, 0, 0.5), x.dtype), units)

    def flat(values: Any) -> Any:
        """All timesteps as one batch."""
        return tf.reshape(values, (-1, values.shape[2]))

    def written(width: int) -> Any:
        return tf.TensorArray(x.dtype, timesteps, element_shape=(x.shape[1], width))

    @tf.custom_gradient
    def states(*given: Any) -> Any:
        x, W, U, b, h_0, c_0 = given
        projected = tf.reshape(flat(x) @ (W * scale) + b * scale, (timesteps, -1, 4 * units))
        scaled_U = U * scale

        def forward(t: Any, h: Any, c: Any, gates: Any, cells: Any) -> tuple[Any, ...]:
            opened = tf.tanh(projected[t] + h @ scaled_U) * scale + offset
            i, f, g, o = tf.split(opened, 4, axis=1)
            c = f * c + i * g
            return t + 1, o * tf.tanh(c), c, gates.write(t, opened), cells.write(t, c)

        *_, gates, cells = tf.while_loop(
            lambda t, *_: t < timesteps,
            forward,
            (0, h_0, c_0, written(4 * units), written(units)),
            maximum_iterations=timesteps,
        )
        gates, cells = gates.stack(), cells.stack()
        shown = tf.tanh(cells)
        i, f, g, o = tf.split(gates, 4, axis=2)
        outputs = o * shown

        def gradient(dh_of_all: Any, dc_of_all: Any) -> tuple[Any, ...]:
            h_before = tf.concat((h_0[None], outputs[:-1]), axis=0)
            c_before = tf.concat((c_0[None], cells[:-1]), axis=0)
            through_h = o * (1 - shown**2)  # ∂h / ∂c
            slopes = tf.concat(  # ∂c / ∂z of i, f and g; ∂h / ∂z of o
                (g * i * (1 - i), c_before * f * (1 - f), i * (1 - g**2), shown * o * (1 - o)),
                axis=2,
            )
            back_U = tf.transpose(U)

            def backward(steps: Any, dh: Any, dc: Any, dz_of_all: Any) -> tuple[Any, ...]:
                t = timesteps - 1 - steps
                dh = dh + dh_of_all[t]
                dc = dc + dc_of_all[t] + dh * through_h[t]
                dz = tf.concat((dc, dc, dc, dh), axis=1) * slopes[t]
                return steps + 1, dz @ back_U, dc * f[t], dz_of_all.write(t, dz)

            zeros = tf.zeros_like(c_0)
            _, dh_0, dc_0, dz_of_all = tf.while_loop(
                lambda steps, *_: steps < timesteps,
                backward,
                (0, zeros, zeros, written(4 * units)),
                maximum_iterations=timesteps,
            )
            dz = flat(dz_of_all.stack())
            dx = tf.reshape(tf.matmul(dz, W, transpose_b=True), tf.shape(x))
            dW = tf.matmul(flat(x), dz, transpose_a=True)
            dU = tf.matmul(flat(h_before), dz, transpose_a=True)
            return dx, dW, dU, tf.reduce_sum(dz, axis=0), dh_0, dc_0

        return (outputs, cells), gradient

    outputs_and_cells: tuple[Any, Any] = states(x, *weights, *start)
    return outputs_and_cells
