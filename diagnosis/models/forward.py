"""A model version ready to read: built, its weights checked and loaded, its forward pass compiled."""

import threading
from typing import Any

import numpy as np

from diagnosis.models.batches_of_one_size import full_batches
from diagnosis.models.build import build_to_read
from diagnosis.models.compiled import compiled
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import ModelError, Version


class Forward:
    """The forward pass of a version: logits of sequences. Immutable, and safe to share between threads."""

    def __init__(self, version: Version) -> None:
        """Load a version.

        Raises:
            ModelError: its files are not what was saved.
        """
        self.version = version
        self.config: ModelConfig = version.config
        weights = version.weights()
        self.model: Any = build_to_read(self.config)
        try:
            self.model.load_weights(weights)
        except (ValueError, OSError, KeyError) as error:
            raise ModelError(
                f"The weights of {version.name} do not fit its configuration: train the model again."
            ) from error
        self._compiled = compiled(lambda x: self.model(x, training=False))
        self._lock = threading.Lock()

    def __call__(self, sequences: np.ndarray) -> np.ndarray:
        """Logits, float32 ``(n, logits)``, of sequences, float32 ``(n, timesteps, features)``."""
        with self._lock:
            if len(sequences) == 1:
                logits: np.ndarray = self._compiled(sequences)
                return logits
            return np.concatenate(
                [self._compiled(batch)[:n] for batch, n in full_batches(sequences)]
            )
