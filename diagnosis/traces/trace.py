"""The trace of one sequence through one model: states and gates of every layer at every timestep."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from diagnosis.errors import InputError
from diagnosis.models.compiled import compiled
from diagnosis.sequences import PADDING
from diagnosis.traces.cells import SIGNALS
from diagnosis.traces.replay import Direction, Recurrence, Replay, add_cell_states, is_recurrent


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """What one direction of one recurrent layer did. Axis 0 is always the row that was read."""

    layer: str
    direction: Direction | None  # None for a layer that reads one way only
    cell: str  # "lstm", "gru" or "simple_rnn"
    input: np.ndarray  # float32 (timesteps, features)
    signals: Mapping[
        str, np.ndarray
    ]  # name -> float32 (timesteps, units); NaN where padding was skipped
    difference: float  # largest |replayed - layer's own| state over all timesteps and units

    @property
    def key(self) -> str:
        """``layer`` or ``layer/direction``: the prefix of its arrays in an archive."""
        return self.layer if self.direction is None else f"{self.layer}/{self.direction}"


@dataclass(frozen=True, eq=False)
class Trace:
    """One reading of one sequence."""

    sequence: np.ndarray  # float32 (timesteps, features)
    logits: np.ndarray  # float32 (logits,)
    running_logits: np.ndarray  # float32 (timesteps, logits): had the sequence ended after row t
    reread: bool  # bidirectional: row t's value is a fresh reading of rows 1..t
    layers: tuple[LayerTrace, ...]  # in the order of the model; forward before backward

    @property
    def difference(self) -> float:
        """The largest difference of any layer."""
        return max(layer.difference for layer in self.layers)


class Tracer:
    """Reads sequences through a model and keeps what happened on the way.

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
        chain = [layer for layer in model.layers if isinstance(layer, layers.Layer)]
        self._recurrent = [Recurrence(layer) for layer in chain if is_recurrent(layer)]
        if not self._recurrent:
            raise InputError(
                "This model has no recurrent layer, so there is no state to trace: "
                "choose an RNN, LSTM or GRU variant."
            )
        self._dense = [layer for layer in chain if isinstance(layer, layers.Dense)]
        self._width = self._dense[-1].units
        self._padded = any(isinstance(layer, layers.Masking) for layer in chain)
        self._reread = any(len(layer.halves) == 2 for layer in self._recurrent)
        self._read = compiled(self._trace_batch)
        self._read_prefixes = compiled(self._prefix_logits)

    def __call__(self, sequence: np.ndarray) -> Trace:
        """Trace one sequence, float32 ``(timesteps, features)``."""
        batch = np.ascontiguousarray(sequence, np.float32)[None]
        columns = _Columns(self._read(batch)[0])
        running = self._read_prefixes(batch) if self._reread else columns.take(self._width)
        skipped = (sequence == PADDING).all(axis=-1) if self._padded else None
        traces, x = [], batch[0]
        for recurrence in self._recurrent:
            states = []
            for half in recurrence.halves:
                signals = {name: columns.take(half.units) for name in SIGNALS[half.cell]}
                states.append(signals["h"])
                if skipped is not None:
                    signals = {name: _blanked(values, skipped) for name, values in signals.items()}
                difference = float(columns.take(1).max())
                traces.append(
                    LayerTrace(recurrence.name, half.direction, half.cell, x, signals, difference)
                )
            x = states[0] if len(states) == 1 else np.concatenate(states, axis=-1)
        return Trace(batch[0], running[-1], running, self._reread, tuple(traces))

    def _trace_batch(self, x: Any) -> Any:
        """Everything about ``(batch, timesteps, features)``, ``(batch, timesteps, columns)``.

        Side by side: running logits, and for each half its signals and its difference at each timestep. One
        array, because fetching one from the backend costs about as much as a gate.
        """
        mask = ops.any(ops.not_equal(x, float(PADDING)), axis=-1) if self._padded else None
        replays: list[Replay] = []
        for recurrence in self._recurrent:
            halves = [half.replay(x, mask) for half in recurrence.halves]
            x = ops.concatenate([half.states for half in halves], axis=-1)
            replays += halves
        add_cell_states([replay for replay in replays if replay.half.cell == "lstm"])
        running = [] if self._reread else [self._head(x)]
        packed = [block for replay in replays for block in replay.packed()]
        return ops.concatenate([*running, *packed], axis=-1)

    def _prefix_logits(self, x: Any) -> Any:
        """Logits ``(timesteps, logits)`` of rows 1..t read afresh, all t in one batch; x has batch 1."""
        timesteps = x.shape[1]
        mask = ops.tril(ops.ones((timesteps, timesteps), dtype="bool"))
        if self._padded:
            mask = ops.logical_and(mask, ops.any(ops.not_equal(x, float(PADDING)), axis=-1))
        values = ops.repeat(x, timesteps, axis=0)  # (timesteps, timesteps, features)
        for recurrence in self._recurrent:
            states = [half.states(values, mask) for half in recurrence.halves]
            values = ops.concatenate(states, axis=-1)
        return self._head(self._last(states))

    def _last(self, states: list[Any]) -> Any:
        """Where each direction ended: ``(batch, units)``; the backward half ends at the first row."""
        ends = [states[0][:, -1]]
        if len(states) == 2:
            ends.append(states[1][:, 0])
        return ops.concatenate(ends, axis=-1)

    def _head(self, values: Any) -> Any:
        for layer in self._dense:
            values = layer(values)
        return values


class _Columns:
    """Hands out the columns of a packed array, from left to right."""

    def __init__(self, packed: np.ndarray) -> None:
        self._packed, self._taken = packed, 0

    def take(self, width: int) -> np.ndarray:
        """The next ``width`` columns."""
        self._taken += width
        return self._packed[:, self._taken - width : self._taken]


def _blanked(values: np.ndarray, skipped: np.ndarray) -> np.ndarray:
    """NaN at the timesteps that were not read."""
    return np.where(skipped[:, None], np.float32(np.nan), values)
