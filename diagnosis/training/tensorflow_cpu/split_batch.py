"""Training on a CPU with more than one core: a batch's gradient is that of its two halves, side by side.

XLA runs the timesteps of a recurrent layer one after the other, and one timestep of one batch is too small a
product to share between cores. Two halves of a batch have nothing to do with each other, so TensorFlow runs
both at once; and it goes from batch to batch by itself, without Keras' work between two of them. Weights and
what is computed stay as they are. Sums are taken in another order, so numbers differ in their last digits.
"""

from typing import Any

import keras

from diagnosis.models.build import build
from diagnosis.models.compiled import side_by_side
from diagnosis.models.config import ModelConfig
from diagnosis.training.config import TrainingConfig
from diagnosis.training.tensorflow_cpu.lstm import HoistedLSTM

BATCH, UNITS = 64, 32  # at least: below, dividing costs more than it saves


def fits(config: ModelConfig, training: TrainingConfig) -> bool:
    """Whether such a model trains faster in halves here, and to the same result each time.

    One that draws random numbers while it trains (dropout) does not: its halves would race for them.
    """
    return (
        side_by_side()
        and config.recurrent
        and max(config.units) >= UNITS
        and not (config.dropout or config.recurrent_dropout)
        and training.batch_size >= BATCH
        and not training.mixed_precision
    )


def model(config: ModelConfig, batch_size: int) -> keras.Model:
    """An untrained model with the layers and weights that ``build`` gives it, trained in halves.

    Args:
        config: one that ``fits``.
        batch_size: rows of a batch; the last one may be smaller. A training step takes several batches.
    """
    import tensorflow as tf

    class InHalves(keras.Model):
        """Keras' model but for the training step."""

        jit_compile: bool

        def make_train_function(self, force: bool = False) -> None:
            """Leave the step itself to TensorFlow, which runs side by side what XLA would not."""
            compiled = self.jit_compile
            self.jit_compile = False
            try:
                super().make_train_function(force)
            finally:
                self.jit_compile = compiled

        def train_step(self, data: Any) -> dict[str, Any]:
            rows = tf.shape(data[0])[0]

            def one_batch(start: Any) -> Any:
                loss = self._batch(*(each[start : start + batch_size] for each in data))
                with tf.control_dependencies([loss]):  # the next one needs the weights of this one
                    return start + batch_size

            tf.while_loop(lambda start: start < rows, one_batch, [0], parallel_iterations=1)
            results: dict[str, Any] = self.get_metrics_result()
            return results

        def _batch(self, *batch: Any) -> Any:
            half = tf.shape(batch[0])[0] // 2
            first = self._gradients(*(each[:half] for each in batch))
            second = self._gradients(*(each[half:] for each in batch))
            return self._finish(first, second, *batch)

        @tf.function(jit_compile=True, autograph=False)
        def _gradients(self, x: Any, y: Any, weights: Any = None) -> tuple[Any, Any, list[Any]]:
            """Loss, logits and the loss' gradients of one half."""
            with tf.GradientTape() as tape:
                logits = self(x, training=True)
                loss = self.compute_loss(x, y, logits, weights, training=True)
            return loss, logits, tape.gradient(loss, self.trainable_weights)

        @tf.function(jit_compile=True, autograph=False)
        def _finish(self, first: Any, second: Any, x: Any, y: Any, weights: Any = None) -> Any:
            """Change the weights, and bring the metrics up to date; the loss."""
            rows = tf.shape(x)[0]
            share = tf.cast(tf.shape(first[1])[0] / rows, "float32")

            def both(one: Any, other: Any) -> Any:  # a half without a row has no mean
                mean = tf.math.multiply_no_nan
                return mean(one, share) + mean(other, 1 - share)

            loss = both(first[0], second[0])
            gradients = [both(*each) for each in zip(first[2], second[2], strict=True)]
            self._loss_tracker.update_state(loss, sample_weight=rows)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
            self.compute_metrics(x, y, tf.concat([first[1], second[1]], axis=0), weights)
            return loss

    stock = build(config, lstm=HoistedLSTM)
    return InHalves(stock.inputs, stock.outputs, name=stock.name)
