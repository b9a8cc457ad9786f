"""A network of four directions taken apart: at each depth a layer across the steps and one along them.

The signals of a layer across the steps stand at its own steps: of a picture read row by row these are
columns. Had the picture ended after row t, there would be mean grey after it (0, what the border is): the
layers along the steps do not read it then, and those across read columns in which t rows are something else.
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from diagnosis.models import four_way
from diagnosis.models.variants import ACROSS, ALONG
from diagnosis.traces.network import Network
from diagnosis.traces.replay import Half, Recurrence, Replay, add_cell_states


class FourWayNetwork(Network):
    """The layers of a network of four directions; each of ``recurrent`` has four halves, those across first.

    What the first ones read, and what each hands on, are two parts of equal width side by side: of the layers
    across, and of those along.
    """

    def __init__(self, model: keras.Model) -> None:
        """Take apart; as `Network`."""
        super().__init__(model)
        across, along = (
            [each for each in self.recurrent if each.name.startswith(prefix)]
            for prefix in (ACROSS, ALONG)
        )
        for one, other in zip(across, along, strict=True):
            one.halves += other.halves
        self.recurrent = across

    @property
    def prepared(self) -> bool:
        """See ``Network.prepared``."""
        return True

    def entered(self, x: Any) -> Any:
        """See ``Network.entered``; what the layers across read, then what those along read."""
        return ops.concatenate(four_way.entered(x), axis=-1)

    def input_of(
        self, number: int, half: Half, entered: np.ndarray, outputs: list[np.ndarray]
    ) -> np.ndarray:
        """See ``Network.input_of``."""
        across, along = np.split(outputs[number - 1] if number else entered, 2, axis=-1)
        return across if half.across else along

    def states(
        self, x: Any, mask: Any, unit_mask: Mapping[str, Any] | None = None, *, first: int = 0
    ) -> list[Any]:
        """See ``Network.states``; a mask is of the steps, and so of the layers along them."""
        for recurrence in self.recurrent[first:]:
            states = [
                half.states(values, read, None if unit_mask is None else unit_mask[half.key])
                for half, values, read in _given(recurrence, x, mask)
            ]
            x = ops.concatenate(states, axis=-1)
        return states

    def traced(self, x: Any) -> tuple[Any, list[Any]]:
        """See ``Network.traced``."""
        x = self.entered(x)
        replays: list[Replay] = []
        for recurrence in self.recurrent:
            halves = [half.replay(values, None) for half, values, _ in _given(recurrence, x, None)]
            x = ops.concatenate([half.states for half in halves], axis=-1)
            replays += halves
        add_cell_states([replay for replay in replays if replay.half.cell == "lstm"])
        return x, [block for replay in replays for block in replay.packed()]

    @property
    def end_names(self) -> list[str]:
        """See ``Network.end_names``: means of all units, then maxima."""
        halves = self.recurrent[-1].halves
        return [
            f"{half.key}/{what}{unit}"
            for what in ("mean", "maximum")
            for half in halves
            for unit in range(1, half.units + 1)
        ]

    def ends(self, states: list[Any], mask: Any = None) -> Any:
        """See ``Network.ends``: mean and maximum over the steps that are read."""
        return four_way.pooled(states, [None, None, mask, mask])

    def prefix_logits(self, x: Any, unit_mask: Mapping[str, Any] | None = None) -> Any:
        """See ``Network.prefix_logits``."""
        timesteps = x.shape[1]
        mask = ops.tril(ops.ones((timesteps, timesteps), dtype="bool"))
        known = x * ops.cast(mask, x.dtype)[:, :, None]  # (timesteps, timesteps, features)
        states = self.states(self.entered(known), mask, unit_mask)
        return self.head(self.ends(states, mask))


def _given(recurrence: Recurrence, x: Any, mask: Any) -> list[tuple[Half, Any, Any]]:
    """Each half with what it reads, and the mask of its steps."""
    across, along = ops.split(x, 2, axis=-1)
    reads = [(across, None)] * 2 + [(along, mask)] * 2
    return [(half, *read) for half, read in zip(recurrence.halves, reads, strict=True)]
