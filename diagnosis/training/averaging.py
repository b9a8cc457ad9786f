"""Averaged weights (EMA) in the model while an epoch is judged, and the trained ones while it is trained."""

from typing import Any

import keras

from diagnosis.training.config import TrainingConfig


def swapping(
    training: TrainingConfig,
) -> tuple[list[keras.callbacks.Callback], list[keras.callbacks.Callback]]:
    """Callbacks that come before and after all that look at an epoch's weights; none without averaging.

    What is written after each epoch must be what is trained, or a training that goes on would go on from an
    average: so the second one swaps back at the end of an epoch, and not at the begin of the next.
    """
    if not training.averaging:
        return [], []
    averaged = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
    return [averaged], [_Back(averaged)]


class _Back(keras.callbacks.Callback):
    def __init__(self, averaged: keras.callbacks.SwapEMAWeights) -> None:
        super().__init__()
        self._averaged = averaged

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._averaged.on_epoch_begin(epoch)
