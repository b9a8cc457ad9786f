"""What makes a training on a CPU with TensorFlow faster, to the same result but for rounding: one switch.

``SCANLINE_STOCK_TRAINING=1`` turns it off: Keras' own LSTM, training step and memory. ``benchmarks.train``
measures what it gains.
"""

import os
from contextlib import AbstractContextManager, nullcontext

import keras

from diagnosis.models.config import ModelConfig
from diagnosis.training.config import TrainingConfig
from diagnosis.training.tensorflow_cpu import malloc, split_batch

SWITCH = "SCANLINE_STOCK_TRAINING"


def fits(config: ModelConfig, training: TrainingConfig) -> bool:
    """Whether such a model trains faster here with `model`."""
    return _on() and split_batch.fits(config, training)


def model(config: ModelConfig, batch_size: int) -> keras.Model:
    """An untrained model with the layers and weights that ``models.build`` gives it, trained faster.

    Args:
        config: one that `fits`.
        batch_size: rows of a batch; the last one may be smaller. A training step takes several batches.
    """
    return split_batch.model(config, batch_size)


def reused_memory() -> AbstractContextManager[None]:
    """Keep freed memory for the next training step for as long as the block lasts."""
    return malloc.reused_memory() if _on() else nullcontext()


def _on() -> bool:
    return os.environ.get(SWITCH) != "1"
