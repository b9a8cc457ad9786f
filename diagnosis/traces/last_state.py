"""The last hidden state of a recurrent model as a feature vector of a case."""

from typing import Any

import keras
import numpy as np
from keras import ops

from diagnosis.models.batches_of_one_size import full_batches
from diagnosis.models.compiled import compiled
from diagnosis.traces.check import check_logits
from diagnosis.traces.taken_apart import taken_apart


class LastStates:
    """Reads sequences to where the last recurrent layer ended: what the dense layers answer from."""

    def __init__(self, model: keras.Model) -> None:
        """Prepare; nothing is compiled before the first sequence.

        Args:
            model: of ``models.build``.

        Raises:
            InputError: the model has no recurrent layer.
        """
        self._network, self._model = taken_apart(model), model
        self.names = tuple(self._network.end_names)
        self._read = compiled(self._ends)
        self._agrees = False

    def __call__(self, sequences: np.ndarray) -> np.ndarray:
        """States, float32 ``(n, len(names))``, of sequences, float32 ``(n, timesteps, features)``.

        A bidirectional layer has two: after the last step, and of the backward half after the first; one of
        four directions has mean and maximum over its steps.

        Raises:
            CheckError: they do not lead to the model's own logits; checked once.
        """
        found = []
        for batch, n in full_batches(sequences):
            packed = self._read(batch)[:n]
            if not self._agrees:
                check_logits(self._model, batch[0], packed[0, len(self.names) :])
                self._agrees = True
            found.append(packed[:, : len(self.names)])
        states: np.ndarray = np.concatenate(found)
        return states

    def _ends(self, x: Any) -> Any:
        """Last states and logits side by side, ``(batch, units + logits)``."""
        network = self._network
        states = network.read(x)
        return ops.concatenate([network.ends(states), network.logits(states)], axis=-1)
