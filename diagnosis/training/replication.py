"""Target replication: a record's label is asked for after every event, not after the last one only.

The loss of a batch is a mean of that of the last prediction and that of all per-step predictions. A gradient
so reaches early events on a short way, and what is predicted after each event becomes useful (Lipton, Kale,
Elkan & Wetzel, "Learning to diagnose with LSTM recurrent neural networks", ICLR 2016, arXiv:1511.03677).
Padding repeats the last prediction. What is watched and what stops a training is of the last prediction.
"""

from typing import Any

import keras
from keras import ops

from diagnosis.models.build import build
from diagnosis.models.config import ModelConfig


def replicated(config: ModelConfig, share: float, *, dtype: str) -> keras.Model:
    """An untrained model with the layers and weights that ``build`` gives it.

    Args:
        config: of a model that reads one way.
        share: of the per-step predictions in the loss; with 0 it is what ``build`` gives.
        dtype: see ``build``.
    """
    if not share:
        return build(config, dtype=dtype)
    stepwise = build(config, dtype=dtype, every_step=True)
    return _Replicated(stepwise.inputs, stepwise.outputs, name=stepwise.name, share=share)


class _Replicated(keras.Model):
    """Gives logits after every step, ``(batch, timesteps, logits)``; its metrics are of the last ones."""

    def __init__(self, inputs: Any, outputs: Any, *, name: str, share: float) -> None:
        super().__init__(inputs, outputs[0], name=name)
        self._share = share

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        last = super().compute_loss(x, y, y_pred[:, -1], sample_weight, training)
        if not training:
            return last
        steps, width = ops.shape(y_pred)[1], y_pred.shape[-1]
        flat = ops.reshape(y_pred, (-1, width))
        again = [
            None if each is None else ops.repeat(each, steps, axis=0) for each in (y, sample_weight)
        ]
        every = super().compute_loss(x, again[0], flat, again[1], training)
        return (1 - self._share) * last + self._share * every

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        return super().compute_metrics(x, y, y_pred[:, -1], sample_weight)
