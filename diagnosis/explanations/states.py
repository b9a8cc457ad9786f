"""States of a network to compare cases by: its hidden trajectory and its final state."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from diagnosis.models.batches_of_one_size import full_batches
from diagnosis.models.compiled import compiled
from diagnosis.models.config import ModelConfig
from diagnosis.traces.check import check_logits
from diagnosis.traces.taken_apart import taken_apart


@dataclass(frozen=True, eq=False)
class States:
    """The states of some sequences, each flattened."""

    trajectories: np.ndarray  # float32 (n, timesteps * units): h of the last layer, all directions
    finals: np.ndarray  # float32 (n, width): input of the output layer


class StateReader:
    """Reads sequences to their states. Safe to share between threads."""

    def __init__(self, model: keras.Model, config: ModelConfig) -> None:
        """Prepare; nothing is compiled before the first sequence.

        Args:
            model: of ``models.build``.
            config: the model's. Without recurrent layers there is no trajectory, and its width is 0.
        """
        network = taken_apart(model) if config.recurrent else None
        halves = network.recurrent[-1].halves if network else []
        timesteps = config.encoder.length
        self.trajectory_width = timesteps * sum(half.units for half in halves)
        before_output = keras.Model(model.inputs, model.layers[-1].input)
        self.final_width: int = before_output.output.shape[-1]
        self._width = network.width if network else 0  # of the logits, for the check
        self._model, self._agrees = model, network is None

        def read(x: Any) -> Any:
            parts = [before_output(x, training=False)]
            if network:
                states = network.read(x)
                parts += [ops.reshape(h, (-1, timesteps * h.shape[-1])) for h in states]
                parts.append(network.logits(states))
            return ops.concatenate(parts, axis=-1)

        self._read = compiled(read)

    def __call__(self, sequences: np.ndarray) -> States:
        """States of sequences, float32 ``(n, timesteps, features)``.

        Raises:
            CheckError: they do not lead to the model's own logits; checked once.
        """
        parts = list(self.batches(sequences))
        return States(
            np.concatenate([part.trajectories for part in parts]),
            np.concatenate([part.finals for part in parts]),
        )

    def batches(self, sequences: np.ndarray) -> Iterator[States]:
        """The same, a batch at a time."""
        for batch, n in full_batches(sequences):
            packed = self._read(batch)[:n]
            if not self._agrees:
                check_logits(self._model, batch[0], packed[0, -self._width :])
                self._agrees = True
            end = packed.shape[1] - self._width
            yield States(packed[:, self.final_width : end], packed[:, : self.final_width])
