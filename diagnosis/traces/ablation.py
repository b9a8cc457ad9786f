"""Unit ablation: the output of the network with the states of chosen units set to 0.

An ablated unit still computes, but its state is 0 at every timestep for everything that reads it: its own
layer at the next timestep and the layers after it, as if its row of the recurrent weights and its outgoing
weights were 0. All other states are computed anew; nothing is retrained.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from diagnosis.core.errors import InputError
from diagnosis.models.compiled import compiled
from diagnosis.traces.taken_apart import taken_apart


@dataclass(frozen=True, eq=False)
class AblatedOutput:
    """The output with some units ablated."""

    logits: np.ndarray  # float32 (logits,)
    per_step_logits: np.ndarray  # float32 (timesteps, logits): had the sequence ended after row t


class Ablation:
    """Runs sequences through a model with chosen units ablated.

    Safe to share between threads: no variable is assigned. The mask of units is an input of the compiled
    function, so another choice needs no compilation.
    """

    def __init__(self, model: keras.Model) -> None:
        """Prepare; nothing is compiled before the first call.

        Args:
            model: of ``models.build``.

        Raises:
            InputError: the model has no recurrent layer.
        """
        self._network = taken_apart(model)
        self.units: Mapping[str, int] = {half.key: half.units for half in self._network.halves}
        self._read = compiled(self._per_step_logits)

    def __call__(
        self, sequence: np.ndarray, ablated: Mapping[str, Collection[int]]
    ) -> AblatedOutput:
        """Read one sequence.

        Args:
            sequence: float32, ``(timesteps, features)``.
            ablated: ``layer`` or ``layer/direction``, as in ``LayerTrace.key``, to numbers of units,
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
                    f"There is no layer {key!r} to ablate units of: the model has {', '.join(self.units)}."
                )
        per_step = self._read(np.ascontiguousarray(sequence, np.float32)[None], unit_mask)
        return AblatedOutput(per_step[-1], per_step)

    def _unit_mask(self, key: str, ablated: Collection[int]) -> np.ndarray:
        """0 for each ablated unit and 1 for all others, float32 ``(units,)``."""
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
        """Logits ``(timesteps, logits)`` of ``(1, timesteps, features)``; mask ``(all units,)``."""
        by_half, start = {}, 0
        for key, units in self.units.items():
            by_half[key], start = unit_mask[start : start + units], start + units
        if self._network.rereads:
            return self._network.prefix_logits(x, by_half)
        (states,) = self._network.read(x, by_half)
        return self._network.head(states)[0]
