"""Recurrent layers replayed with their gates: each direction by itself, in the order in which it reads."""

from typing import Any

from keras import layers, ops

from diagnosis.models.variants import ACROSS
from diagnosis.traces.cells import (
    Signals,
    gru_gates,
    gru_output,
    lstm_cell_states,
    lstm_gates,
    lstm_output,
    simple_rnn_output,
)
from diagnosis.traces.trace import SIGNALS, Direction, half_key


class Half:
    """One direction of a recurrent layer, its states at all timesteps in row order."""

    def __init__(self, name: str, layer: layers.RNN, direction: Direction | None) -> None:
        self.layer, self.direction = name, direction
        self.key = half_key(name, direction)
        self.cell = _cell_name(layer)
        self._backwards = layer.go_backwards
        self.units = layer.units
        self.across = name.startswith(ACROSS)  # as of ``LayerHalf``
        self.stock = layer

    def states(self, x: Any, mask: Any, unit_mask: Any = None) -> Any:
        """The stock layer's hidden states in row order, ``(batch, timesteps, units)``.

        Args:
            x: its input in row order, ``(batch, timesteps, features)``.
            mask: bool ``(batch, timesteps)``, true where a timestep is read; or None.
            unit_mask: ``(units,)``, 0 for each ablated unit, whose state is then 0 for the layer itself at
                the next timestep and for the layers after it; 1 for all others.
        """
        states = self.turned(self._read(x, mask, unit_mask))
        return states if unit_mask is None else states * unit_mask

    def replay(self, x: Any, mask: Any) -> "Replay":
        """Run the stock layer, and its gates from its states."""
        return Replay(self, self.turned(x), self._read(x, mask), self.turned(mask))

    def _read(self, x: Any, mask: Any, unit_mask: Any = None) -> Any:
        """States in reading order.

        Whatever reads them uses the stock layer's own cell. No other layer's weights are put in the place of
        its own for the time of a call (``stateless_call``): another thread may end that time too early
        (``keras_session``), and then the function is compiled with the weights that layer was born with.
        """
        if unit_mask is None and self.stock.return_sequences:
            return self.stock(x, mask=mask, training=False)
        cell = _Cell(self.stock.cell, unit_mask)
        every_state = layers.RNN(
            cell, return_sequences=True, go_backwards=self._backwards, dtype=self.stock.dtype_policy
        )
        return every_state(x, mask=mask, training=False)

    def turned(self, values: Any) -> Any:
        """From row order to reading order, or back: a backward half reads the last row first."""
        return ops.flip(values, axis=1) if self._backwards and values is not None else values


class _Cell:
    """A stock cell for another ``layers.RNN``; of some units it does not hear the state before."""

    def __init__(self, cell: Any, unit_mask: Any) -> None:
        self._cell, self._unit_mask = cell, unit_mask
        self.state_size, self.compute_dtype = cell.state_size, cell.compute_dtype

    def call(self, x: Any, states: Any) -> tuple[Any, Any]:
        """One timestep: its output ``(batch, units)``, and the states after it, h first."""
        if (
            self._unit_mask is not None
        ):  # an ablated unit's own h is wrong then, but is used nowhere
            states = [states[0] * self._unit_mask, *states[1:]]
        step: tuple[Any, Any] = self._cell(x, states, training=False)
        return step

    __call__ = call


class Replay:
    """The signals of one half in the order in which it read."""

    def __init__(self, half: Half, x: Any, h: Any, mask: Any) -> None:
        self.half, self.cell, self.x, self.h, self.mask = half, half.stock.cell, x, h, mask
        self.signals: Signals = {"h": h}
        if half.cell == "lstm":
            gates, self._block = lstm_gates(self.cell, x, h)
            self.signals |= gates
        elif half.cell == "gru":
            self.signals |= gru_gates(self.cell, x, h)

    @property
    def states(self) -> Any:
        """Hidden states in row order."""
        return self.half.turned(self.h)

    def packed(self) -> list[Any]:
        """All signals in row order, in the order of ``SIGNALS``, and the difference as a last column."""
        if self.half.cell == "lstm":
            blocks = [self._block, self.signals["c"], self.h]
        else:
            blocks = [self.signals[name] for name in SIGNALS[self.half.cell]]
        return [self.half.turned(block) for block in (*blocks, self._difference())]

    def _difference(self) -> Any:
        """Largest |replayed - layer's own| state at each timestep read, ``(batch, timesteps, 1)``."""
        if self.half.cell == "lstm":
            replayed = lstm_output(self.signals)
        elif self.half.cell == "gru":
            replayed = gru_output(self.signals, self.h)
        else:
            replayed = simple_rnn_output(self.cell, self.x, self.h)
        apart = ops.max(ops.abs(replayed - self.h), axis=-1, keepdims=True)
        return apart if self.mask is None else ops.where(self.mask[:, :, None], apart, 0.0)


def add_cell_states(replays: list[Replay]) -> None:
    """Add c to the signals of LSTMs."""
    if replays:
        states = lstm_cell_states([r.signals for r in replays], [r.mask for r in replays])
        for replay, c in zip(replays, states, strict=True):
            replay.signals["c"] = c


class Recurrence:
    """A recurrent layer as one half, or two if it is bidirectional; or several side by side."""

    def __init__(self, layer: layers.Layer) -> None:
        self.name = layer.name
        if isinstance(layer, layers.Bidirectional):
            self.halves = [
                Half(layer.name, layer.forward_layer, "forward"),
                Half(layer.name, layer.backward_layer, "backward"),
            ]
        else:
            self.halves = [Half(layer.name, layer, None)]


def is_recurrent(layer: layers.Layer) -> bool:
    """Whether a layer has states that can be replayed."""
    return isinstance(layer, layers.SimpleRNN | layers.LSTM | layers.GRU | layers.Bidirectional)


def _cell_name(layer: layers.RNN) -> str:
    if isinstance(layer, layers.LSTM):
        return "lstm"
    return "gru" if isinstance(layer, layers.GRU) else "simple_rnn"
