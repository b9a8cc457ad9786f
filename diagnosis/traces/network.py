"""A recurrent model taken apart: its recurrent layers half by half, then the dense layers that answer."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from diagnosis.core.errors import InputError
from diagnosis.models import event_input, row_input, slice_input
from diagnosis.sequences import PADDING
from diagnosis.traces.replay import Half, Recurrence, Replay, add_cell_states, is_recurrent


class Network:
    """The layers of a model, to be run one by one. Everything here is a pure function of tensors."""

    def __init__(self, model: keras.Model) -> None:
        """Take apart.

        Args:
            model: of ``models.build``: stock recurrent layers with their usual activations, then dense ones.

        Raises:
            InputError: the model has no recurrent layer.
        """
        chain = [layer for layer in model.layers if isinstance(layer, layers.Layer)]
        self.branches: Mapping[
            str, tuple[str, ...]
        ] = {}  # names of layers, where there are several
        self.recurrent = [Recurrence(layer) for layer in chain if is_recurrent(layer)]
        if not self.recurrent:
            raise InputError(
                "This model has no recurrent layer, so there is no state to trace: "
                "choose an RNN, LSTM or GRU variant."
            )
        self._shared = [layer for layer in chain if layer.name.startswith(slice_input.PREFIX)]
        self._of_rows = [layer for layer in chain if layer.name.startswith(row_input.PREFIX)]
        self._dense = [layer for layer in chain if isinstance(layer, layers.Dense)]
        self.width = self._dense[-1].units  # number of logits
        by_name = {layer.name: layer for layer in chain if isinstance(layer, layers.Embedding)}
        names = (event_input.CODE_TABLE, event_input.VALUE_TABLE)
        self._tables = [by_name[name] for name in names] if by_name else []
        self.padded = bool(self._tables) or any(
            isinstance(layer, layers.Masking) for layer in chain
        )
        self.rereads = any(len(layer.halves) > 1 for layer in self.recurrent)

    @property
    def embedded(self) -> bool:
        """Whether steps are events, whose codes are looked up."""
        return bool(self._tables)

    @property
    def prepared(self) -> bool:
        """Whether the first recurrent layer reads other numbers than a sequence has."""
        return bool(self._tables or self._shared or self._of_rows)

    @property
    def halves(self) -> list[Half]:
        """Each direction of each recurrent layer, in the order of the model, forward before backward."""
        return [half for recurrence in self.recurrent for half in recurrence.halves]

    def mask(self, x: Any) -> Any:
        """Which timesteps of ``(batch, timesteps, features)`` are read; None where all are."""
        if self._tables:
            return event_input.read(x)
        return ops.any(ops.not_equal(x, float(PADDING)), axis=-1) if self.padded else None

    def skipped(self, sequences: np.ndarray) -> np.ndarray | None:
        """The opposite of ``mask`` for an array ``(..., timesteps, features)``."""
        if self._tables:
            skipped: np.ndarray = sequences[..., 0] == 0
            return skipped
        return (sequences == PADDING).all(axis=-1) if self.padded else None

    def skipped_by(self, number: int, sequences: np.ndarray) -> np.ndarray | None:
        """At which timesteps recurrent layer ``number`` reads nothing, as ``skipped``."""
        del number
        return self.skipped(sequences)

    def previous(self, number: int, sequence: np.ndarray) -> np.ndarray | None:
        """As ``LayerTrace.previous``, of recurrent layer ``number``."""
        del number, sequence
        return None

    def input_of(
        self, number: int, half: Half, entered: np.ndarray, outputs: list[np.ndarray]
    ) -> np.ndarray:
        """What a half of recurrent layer ``number`` reads of one sequence, ``(timesteps, features)``.

        Args:
            number: from 0.
            half: one of its halves.
            entered: of ``entered``, ``(timesteps, features)``.
            outputs: of the layers before it, ``(timesteps, units)`` each.
        """
        del half
        return outputs[number - 1] if number else entered

    def entered(self, x: Any) -> Any:
        """What the first recurrent layer reads of ``(batch, timesteps, features)``."""
        if self._shared:
            return slice_input.entered(x, self._shared)
        if self._of_rows:
            return row_input.entered(x, self._of_rows, self._of_rows[0].kernel.shape[2])
        return event_input.entered(x, *self._tables) if self._tables else x

    def states(
        self, x: Any, mask: Any, unit_mask: Mapping[str, Any] | None = None, *, first: int = 0
    ) -> list[Any]:
        """States of the last recurrent layer's halves, ``(batch, timesteps, units)`` each, in row order.

        Args:
            x: input of layer ``first``, ``(batch, timesteps, features)``; of the first one as ``entered``.
            mask: of ``mask``.
            unit_mask: key of a half -> ``(units,)``, see ``Half.states``.
            first: where to begin.
        """
        for recurrence in self.recurrent[first:]:
            states = [
                half.states(x, mask, None if unit_mask is None else unit_mask[half.key])
                for half in recurrence.halves
            ]
            x = ops.concatenate(states, axis=-1)
        return states

    def read(self, x: Any, unit_mask: Mapping[str, Any] | None = None) -> list[Any]:
        """As ``states``, of sequences as they are given."""
        return self.states(self.entered(x), self.mask(x), unit_mask)

    def traced(self, x: Any) -> tuple[Any, list[Any]]:
        """States of the last recurrent layer, and the packed signals of every half; see ``Replay.packed``."""
        mask, x = self.mask(x), self.entered(x)
        replays: list[Replay] = []
        for recurrence in self.recurrent:
            halves = [half.replay(x, mask) for half in recurrence.halves]
            x = ops.concatenate([half.states for half in halves], axis=-1)
            replays += halves
        add_cell_states([replay for replay in replays if replay.half.cell == "lstm"])
        return x, [block for replay in replays for block in replay.packed()]

    def head(self, values: Any) -> Any:
        """Logits ``(..., logits)`` of what the last recurrent layer hands on, ``(..., units)``."""
        for layer in self._dense:
            values = layer(values)
        return values

    @property
    def end_names(self) -> list[str]:
        """Names of what ``ends`` gives: ``layer/h1`` or ``layer/direction/h1``, units from 1."""
        halves = self.recurrent[-1].halves
        return [f"{half.key}/h{unit}" for half in halves for unit in range(1, half.units + 1)]

    def ends(self, states: list[Any]) -> Any:
        """What the head reads, ``(batch, width)``: where each direction ended; the backward one at row 1.

        Args:
            states: of the last recurrent layer's halves, as of ``states``.
        """
        return ops.concatenate([states[0][:, -1], *(back[:, 0] for back in states[1:])], axis=-1)

    def logits(self, states: list[Any]) -> Any:
        """Logits ``(batch, logits)`` from the last recurrent layer's states."""
        return self.head(self.ends(states))

    def prefix_logits(self, x: Any, unit_mask: Mapping[str, Any] | None = None) -> Any:
        """Logits ``(timesteps, logits)`` of rows 1..t read afresh, all t in one batch; x has batch 1."""
        timesteps = x.shape[1]
        mask = ops.tril(ops.ones((timesteps, timesteps), dtype="bool"))
        if self.padded:
            mask = ops.logical_and(mask, self.mask(x))
        values = ops.repeat(self.entered(x), timesteps, axis=0)  # (timesteps, timesteps, features)
        return self.logits(self.states(values, mask, unit_mask))
