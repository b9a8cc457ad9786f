"""Traces of a model."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from diagnosis.models.batches_of_one_size import full_batches
from diagnosis.models.compiled import compiled
from diagnosis.traces.check import check_states
from diagnosis.traces.replay import Half
from diagnosis.traces.taken_apart import taken_apart
from diagnosis.traces.trace import SIGNALS, LayerSignals, LayerTrace, Trace


class Tracer:
    """Runs sequences through a model and records its states and gates.

    The compiled function runs the model's own stock layers and replays each of them from its states
    (see ``cells``).
    """

    def __init__(self, model: keras.Model) -> None:
        """Prepare; nothing is compiled before the first trace.

        Args:
            model: of ``models.build``: stock recurrent layers with their usual activations, then dense ones.

        Raises:
            InputError: the model has no recurrent layer.
        """
        self._network = taken_apart(model)
        self._reread = self._network.rereads
        self._read = compiled(self._trace_batch)
        self._read_prefixes = compiled(self._network.prefix_logits)

    def __call__(self, sequence: np.ndarray) -> Trace:
        """Trace one sequence, float32 ``(timesteps, features)``."""
        batch = np.ascontiguousarray(sequence, np.float32)[None]
        columns = _Columns(self._read(batch)[0])
        per_step = self._read_prefixes(batch) if self._reread else columns.take(self._network.width)
        entered, traces = self._entered(batch), []
        outputs: list[np.ndarray] = []
        for number, recurrence in enumerate(self._network.recurrent):
            states = []
            skipped = self._network.skipped_by(number, sequence)
            for half in recurrence.halves:
                x = self._network.input_of(number, half, entered, outputs)
                signals = columns.signals(half)
                states.append(signals["h"])
                difference = float(columns.take(1).max())
                traces.append(
                    LayerTrace(
                        half.layer, half.direction, half.cell, _blanked(signals, skipped),
                        x, difference, self._network.previous(number, sequence),
                    )
                )  # fmt: skip
            outputs.append(states[0] if len(states) == 1 else np.concatenate(states, axis=-1))
        return Trace(
            batch[0],
            per_step[-1],
            per_step,
            self._reread,
            tuple(traces),
            self._network.branches,
        )

    def batches(self, sequences: np.ndarray) -> Iterator[tuple[LayerSignals, ...]]:
        """States and gates of many sequences, a batch at a time, so that never all of them are held.

        Args:
            sequences: float32, ``(n, timesteps, features)``.

        Yields:
            For ``BATCH`` sequences in their order, the last time for what is left: every half of every
            layer, in the order of the model; signals ``(sequences, timesteps, units)``.

        Raises:
            CheckError: states are not the layers' own.
        """
        for batch, n in full_batches(sequences):
            columns = _Columns(self._read(batch)[:n])
            if not self._reread:
                columns.take(self._network.width)  # per-step logits
            halves = []
            for number, recurrence in enumerate(self._network.recurrent):
                skipped = self._network.skipped_by(number, batch[:n])
                for half in recurrence.halves:
                    signals = _blanked(columns.signals(half), skipped)
                    check_states(float(columns.take(1).max()))
                    halves.append(LayerSignals(half.layer, half.direction, half.cell, signals))
            yield tuple(halves)

    def _entered(self, batch: np.ndarray) -> np.ndarray:
        """What the first layer reads of one sequence, ``(timesteps, features)``."""
        if not self._network.prepared:
            return np.asarray(batch[0])
        entered = self._network.entered(ops.convert_to_tensor(batch))
        return np.asarray(ops.convert_to_numpy(entered)[0])

    def _trace_batch(self, x: Any) -> Any:
        """Everything about ``(batch, timesteps, features)``, ``(batch, timesteps, columns)``.

        Side by side: per-step logits, and for each half its signals and its difference at each timestep. One
        array, because fetching one from the backend costs about as much as a gate.
        """
        states, packed = self._network.traced(x)
        per_step = [] if self._reread else [self._network.head(states)]
        return ops.concatenate([*per_step, *packed], axis=-1)


class _Columns:
    """Hands out the columns of a packed array, from left to right."""

    def __init__(self, packed: np.ndarray) -> None:
        self._packed, self._taken = packed, 0

    def take(self, width: int) -> np.ndarray:
        """The next ``width`` columns."""
        self._taken += width
        return self._packed[..., self._taken - width : self._taken]

    def signals(self, half: Half) -> dict[str, np.ndarray]:
        """The next columns as the signals of a half."""
        return {name: self.take(half.units) for name in SIGNALS[half.cell]}


def _blanked(signals: dict[str, np.ndarray], skipped: np.ndarray | None) -> dict[str, np.ndarray]:
    """NaN at the timesteps that were not read."""
    if skipped is None:
        return signals
    return {
        name: np.where(skipped[..., None], np.float32(np.nan), values)
        for name, values in signals.items()
    }
