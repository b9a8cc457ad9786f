"""A model of several branches taken apart: each by itself, then the LSTM whose steps are where they ended.

All is given at the steps of the whole sequence, which are those of the record and then those of the image.
The fusion LSTM reads one step for each part. At step t of the sequence it is run as if the study had ended
there: with the final states of the parts before, and with the state at t of the part that t is of.
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from diagnosis.models import event_input, fusion
from diagnosis.sequences import Part
from diagnosis.traces.network import Network
from diagnosis.traces.replay import Half, Recurrence, add_cell_states


class FusedNetwork(Network):
    """The layers of a model with a fusion LSTM; the last one of ``recurrent`` is that."""

    def __init__(self, model: keras.Model, parts: tuple[Part, ...]) -> None:
        """Take apart; as `Network`."""
        super().__init__(model)
        self._parts = parts
        self._fusion = self.recurrent[-1]
        self._of_part: list[list[Recurrence]] = [
            [each for each in self.recurrent if each.name.startswith(f"{part.name}_")]
            for part in parts
        ]
        self.recurrent = [*(each for mine in self._of_part for each in mine), self._fusion]
        self.branches = {
            part.name: tuple(each.name for each in mine)
            for part, mine in zip(parts, self._of_part, strict=True)
        } | {"fusion": (self._fusion.name,)}
        wide = sum(table.output_dim for table in self._tables[:1])
        self._widths = [
            wide + part.features - 1 if part.embedded else part.features - 1 for part in parts
        ]

    def mask(self, x: Any) -> Any:
        """See ``Network.mask``."""
        return event_input.read(x)

    def skipped_by(self, number: int, sequences: np.ndarray) -> np.ndarray | None:
        """See ``Network.skipped_by``: a branch reads its own steps."""
        skipped: np.ndarray = sequences[..., 0] == 0
        for part, mine in zip(self._parts, self._of_part, strict=True):
            if self.recurrent[number] in mine:
                skipped = skipped.copy()
                skipped[..., : part.start] = True
                skipped[..., part.stop :] = True
        return skipped

    def previous(self, number: int, sequence: np.ndarray) -> np.ndarray | None:
        """See ``Network.previous``: the fusion LSTM comes from where the part before ended."""
        if self.recurrent[number] is not self._fusion:
            return None
        read = sequence[:, 0] != 0
        before = np.full(len(sequence), -1)
        for part in self._parts[1:]:
            earlier = np.flatnonzero(read[: part.start])
            before[part.start : part.stop] = earlier[-1] if len(earlier) else -1
        return before

    def input_of(
        self, number: int, half: Half, entered: np.ndarray, outputs: list[np.ndarray]
    ) -> np.ndarray:
        """See ``Network.input_of``: of the fusion LSTM the states of the branch that a step is of."""
        del half
        recurrence = self.recurrent[number]
        if recurrence is self._fusion:
            ends = [outputs[self.recurrent.index(mine[-1])] for mine in self._of_part]
            return np.concatenate(
                [end[part.start : part.stop] for end, part in zip(ends, self._parts, strict=True)]
            )
        for width, mine in zip(self._widths, self._of_part, strict=True):
            if recurrence is mine[0]:
                return entered[:, :width]
        return outputs[number - 1]

    def entered(self, x: Any) -> Any:
        """What the first layers of the branches read, ``(batch, timesteps, width)``, 0 beside it."""
        widest, blocks = max(self._widths), []
        for part, width in zip(self._parts, self._widths, strict=True):
            values = fusion.values(x, part)
            if part.embedded:
                values = event_input.entered(values, *self._tables)
            blocks.append(ops.pad(values, ((0, 0), (0, 0), (0, widest - width))))
        return ops.concatenate(blocks, axis=1)

    def states(
        self, x: Any, mask: Any, unit_mask: Mapping[str, Any] | None = None, *, first: int = 0
    ) -> list[Any]:
        """The fusion LSTM's, at every step of the sequence; see ``Network.states``."""
        assert first == 0, "a branch has no layer that all others come after"
        reached = []
        for number, mine in enumerate(self._of_part):
            values, read = self._own(x, mask, number)
            for recurrence in mine:
                values = _only(recurrence).states(values, read, _of(unit_mask, recurrence))
            reached.append((values, read))
        steps, there = self._steps(reached)
        states = _only(self._fusion).states(steps, there, _of(unit_mask, self._fusion))
        return [self._by_step(states)[:, :, -1]]

    def traced(self, x: Any) -> tuple[Any, list[Any]]:
        """See ``Network.traced``; signals of a branch are 0 at the steps of the others."""
        mask, x = self.mask(x), self.entered(x)
        reached, packed = [], []
        for number, (part, mine) in enumerate(zip(self._parts, self._of_part, strict=True)):
            values, read = self._own(x, mask, number)
            replays = []
            for recurrence in mine:
                replays.append(_only(recurrence).replay(values, read))
                values = replays[-1].states
            add_cell_states([replay for replay in replays if replay.half.cell == "lstm"])
            around = ((0, 0), (part.start, x.shape[1] - part.stop), (0, 0))
            packed += [ops.pad(block, around) for each in replays for block in each.packed()]
            reached.append((values, read))
        replay = _only(self._fusion).replay(*self._steps(reached))
        add_cell_states([replay])
        packed += [self._at_own_step(block) for block in replay.packed()]
        return self._by_step(replay.states)[:, :, -1], packed

    def _own(self, x: Any, mask: Any, number: int) -> tuple[Any, Any]:
        part, width = self._parts[number], self._widths[number]
        steps = slice(part.start, part.stop)
        return x[:, steps, :width], mask[:, steps]

    def _steps(self, reached: list[tuple[Any, Any]]) -> tuple[Any, Any]:
        """What the fusion LSTM reads had the study ended at each step, and which of it is there.

        Args:
            reached: of each branch its states ``(batch, its steps, units)`` and its mask.

        Returns:
            ``(batch * timesteps, parts, units)`` and bool ``(batch * timesteps, parts)``.
        """
        columns, theres = [], []
        for number, (states, mask) in enumerate(reached):
            until = ops.cumsum(ops.cast(mask, "int32"), axis=1) > 0
            over = [self._parts[k].stop - self._parts[k].start for k in range(len(reached))]
            before, after = sum(over[:number]), sum(over[number + 1 :])
            columns.append(_extended(states, before, after))
            theres.append(_extended(until[:, :, None], before, after)[:, :, 0])
        steps, there = ops.stack(columns, axis=2), ops.stack(theres, axis=2)
        return (
            ops.reshape(steps, (-1, *steps.shape[2:])),
            ops.reshape(there, (-1, there.shape[2])),
        )

    def _by_step(self, values: Any) -> Any:
        """``(batch * timesteps, parts, width)`` as ``(batch, timesteps, parts, width)``."""
        timesteps = self._parts[-1].stop
        return ops.reshape(values, (-1, timesteps, *values.shape[1:]))

    def _at_own_step(self, block: Any) -> Any:
        """Of each step of the sequence the fusion step of its part, ``(batch, timesteps, width)``."""
        by_step = self._by_step(block)
        return ops.concatenate(
            [by_step[:, part.start : part.stop, k] for k, part in enumerate(self._parts)], axis=1
        )


def _extended(values: Any, before: int, after: int) -> Any:
    """Zeros for the steps before a part, and its last value for those after it."""
    nothing = ops.zeros_like(ops.repeat(values[:, :1], before, axis=1))
    return ops.concatenate([nothing, values, ops.repeat(values[:, -1:], after, axis=1)], axis=1)


def _only(recurrence: Recurrence) -> Half:
    (half,) = recurrence.halves
    return half


def _of(unit_mask: Mapping[str, Any] | None, recurrence: Recurrence) -> Any:
    return None if unit_mask is None else unit_mask[_only(recurrence).key]
