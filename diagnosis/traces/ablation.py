"""Unit ablation: what the network would answer if chosen units were silent.

A silenced unit still computes, but nobody hears it: neither the layer itself at the next timestep nor what
comes after. To everyone else its state is 0 at every timestep, as if its row of the recurrent weights and its
outgoing weights were 0. What the others make of the silence is read afresh; nothing is retrained.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from diagnosis.core.errors import InputError
from diagnosis.models.compiled import compiled
from diagnosis.traces.network import Network


@dataclass(frozen=True, eq=False)
class AblatedOutput:
    """The answer with some units silent."""

    logits: np.ndarray  # float32 (logits,)
    per_step_logits: np.ndarray  # float32 (timesteps, logits): had the sequence ended after row t


class Ablation:
    """Reads sequences through a model with chosen units silenced.

    Safe to share between threads: no variable is assigned. Which units are heard is an input of the
    compiled function, so another choice needs no compilation.
    """

    def __init__(self, model: keras.Model) -> None:
        """Prepare; nothing is compiled before the first reading.

        Args:
            model: of ``models.build``.

        Raises:
            InputError: the model has no recurrent layer.
        """
        self._network = Network(model)
        self.units: Mapping[str, int] = {half.key: half.units for half in self._network.halves}
        self._read = compiled(self._per_step_logits)

    def __call__(
        self, sequence: np.ndarray, ablated: Mapping[str, Collection[int]]
    ) -> AblatedOutput:
        """Read one sequence.

        Args:
            sequence: float32, ``(timesteps, features)``.
            silenced: ``layer`` or ``layer/direction``, as in ``LayerTrace.key``, to numbers of units,
                counted from 0.

        Raises:
            InputError: there is no such layer or unit.
        """
        unit_mask = np.concatenate(
            [self._unit_mask(key, ablated.get(key, ())) for key in self.units]
        )
        for key in ablated:
            if key not in self.units:
                raise InputError(
                    f"There is no layer {key!r} to silence units of: it has {', '.join(self.units)}."
                )
        per_step = self._read(np.ascontiguousarray(sequence, np.float32)[None], unit_mask)
        return AblatedOutput(per_step[-1], per_step)

    def _unit_mask(self, key: str, ablated: Collection[int]) -> np.ndarray:
        """1 for each unit that is heard and 0 for each that is not, float32 ``(units,)``."""
        units = self.units[key]
        wrong = [unit for unit in ablated if not 0 <= unit < units]
        if wrong:
            raise InputError(
                f"There is no unit {wrong[0]} in {key}: its units are 0 to {units - 1}."
            )
        unit_mask = np.ones(units, np.float32)
        unit_mask[list(ablated)] = 0
        return unit_mask

    def _per_step_logits(self, x: Any, unit_mask: Any) -> Any:
        """Logits ``(timesteps, logits)`` of ``(1, timesteps, features)``; heard ``(all units,)``."""
        by_half, start = {}, 0
        for key, units in self.units.items():
            by_half[key], start = unit_mask[start : start + units], start + units
        if self._network.bidirectional:
            return self._network.prefix_logits(x, by_half)
        (states,) = self._network.states(x, self._network.mask(x), by_half)
        return self._network.head(states)[0]
