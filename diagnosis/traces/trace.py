"""The trace of one sequence through one model: states and gates of every layer at every timestep."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
from keras import layers, ops

from diagnosis.errors import InputError
from diagnosis.models.compiled import compiled
from diagnosis.sequences import PADDING
from diagnosis.traces.cells import REPLAYS, SIGNALS

Direction = Literal["forward", "backward"]


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
    (see ``cells``). It holds a copy of the weights as they are when it is made.
    """

    def __init__(self, model: keras.Model) -> None:
        """Prepare; nothing is compiled before the first trace.

        Args:
            model: of ``models.build``, or any functional chain of stock recurrent layers and dense ones.

        Raises:
            InputError: the model has no recurrent layer.
        """
        chain = [layer for layer in model.layers if isinstance(layer, layers.Layer)]
        self._recurrent = [_Recurrence(layer) for layer in chain if _is_recurrent(layer)]
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
        over_time, at_the_end = self._read(batch)
        columns, ends = _Columns(over_time[0]), _Columns(at_the_end[None])
        running = columns.take(self._width)
        logits = ends.take(self._width)[0]
        if self._reread:
            running = self._read_prefixes(batch)
        skipped = (sequence == PADDING).all(axis=-1) if self._padded else None
        traces, x = [], batch[0]
        for recurrence in self._recurrent:
            states = []
            for half in recurrence.halves:
                signals = {name: columns.take(half.units) for name in SIGNALS[half.cell]}
                states.append(signals["h"])
                if skipped is not None:
                    signals = {name: _blanked(values, skipped) for name, values in signals.items()}
                difference = float(ends.take(1)[0, 0])
                traces.append(
                    LayerTrace(recurrence.name, half.direction, half.cell, x, signals, difference)
                )
            x = states[0] if len(states) == 1 else np.concatenate(states, axis=-1)
        return Trace(batch[0], logits, running, self._reread, tuple(traces))

    def _trace_batch(self, x: Any) -> tuple[Any, Any]:
        """Everything about ``(batch, timesteps, features)``, packed into two arrays.

        Fetching an array from the backend costs about as much as a layer: the values over time,
        ``(batch, timesteps, columns)``, are running logits and all signals side by side; those at the end,
        ``(logits + halves,)`` for a batch of one, are logits and differences.
        """
        mask = ops.any(ops.not_equal(x, float(PADDING)), axis=-1) if self._padded else None
        signals, differences = [], []
        for recurrence in self._recurrent:
            halves = []
            for half in recurrence.halves:
                arrays, difference = half.trace(x, mask)
                signals += [arrays[name] for name in SIGNALS[half.cell]]
                differences.append(difference)
                halves.append(arrays)
            x = ops.concatenate([arrays["h"] for arrays in halves], axis=-1)
        logits = self._head(self._last(halves))
        running = ops.zeros((*x.shape[:2], self._width)) if self._reread else self._head(x)
        over_time = ops.concatenate([running, *signals], axis=-1)
        return over_time, ops.concatenate([ops.reshape(logits, (-1,)), ops.stack(differences)])

    def _prefix_logits(self, x: Any) -> Any:
        """Logits ``(timesteps, logits)`` of rows 1..t read afresh, all t in one batch; x has batch 1."""
        timesteps = x.shape[1]
        mask = ops.tril(ops.ones((timesteps, timesteps), dtype="bool"))
        if self._padded:
            mask = ops.logical_and(mask, ops.any(ops.not_equal(x, float(PADDING)), axis=-1))
        values = ops.repeat(x, timesteps, axis=0)  # (timesteps, timesteps, features)
        for recurrence in self._recurrent:
            halves = [{"h": half.states(values, mask)} for half in recurrence.halves]
            values = ops.concatenate([half["h"] for half in halves], axis=-1)
        return self._head(self._last(halves))

    def _last(self, halves: list[dict[str, Any]]) -> Any:
        """Where each direction ended: ``(batch, units)``; the backward half ends at the first row."""
        ends = [halves[0]["h"][:, -1]]
        if len(halves) == 2:
            ends.append(halves[1]["h"][:, 0])
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


class _Half:
    """One direction of a recurrent layer, its states at all timesteps in row order."""

    def __init__(self, layer: layers.RNN, direction: Direction | None) -> None:
        self.direction = direction
        self.cell = _cell_name(layer)
        self._backwards = layer.go_backwards
        options = {"return_sequences": True, "return_state": False, "zero_output_for_mask": False}
        self._layer = type(layer).from_config({**layer.get_config(), **options})
        self._layer.build((None, None, layer.cell.kernel.shape[0]))
        self._layer.set_weights(layer.get_weights())
        self.units = self._layer.units

    def states(self, x: Any, mask: Any) -> Any:
        """The stock layer's hidden states, ``(batch, timesteps, units)``."""
        h = self._layer(x, mask=mask, training=False)
        return ops.flip(h, axis=1) if self._backwards else h

    def trace(self, x: Any, mask: Any) -> tuple[dict[str, Any], Any]:
        """All signals in row order, and the largest difference to the layer's own states."""
        h = self.states(x, mask)
        read_x, read_h, read_mask = (
            (value if value is None else ops.flip(value, axis=1)) if self._backwards else value
            for value in (x, h, mask)
        )
        signals, replayed = REPLAYS[self.cell](self._layer.cell, read_x, read_h, read_mask)
        apart = ops.abs(replayed - read_h)
        if read_mask is not None:
            apart = ops.where(read_mask[:, :, None], apart, 0.0)
        if self._backwards:
            signals = {name: ops.flip(array, axis=1) for name, array in signals.items()}
        return {**signals, "h": h}, ops.max(apart)


class _Recurrence:
    """A recurrent layer as one half, or two if it is bidirectional."""

    def __init__(self, layer: layers.Layer) -> None:
        self.name = layer.name
        if isinstance(layer, layers.Bidirectional):
            self.halves = [
                _Half(layer.forward_layer, "forward"),
                _Half(layer.backward_layer, "backward"),
            ]
        else:
            self.halves = [_Half(layer, None)]


def _is_recurrent(layer: layers.Layer) -> bool:
    return isinstance(layer, layers.SimpleRNN | layers.LSTM | layers.GRU | layers.Bidirectional)


def _cell_name(layer: layers.RNN) -> str:
    if isinstance(layer, layers.LSTM):
        return "lstm"
    return "gru" if isinstance(layer, layers.GRU) else "simple_rnn"
