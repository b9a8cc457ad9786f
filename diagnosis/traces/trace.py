"""The trace of one sequence through one model: states and gates of every layer at every timestep."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from diagnosis.models.variants import ACROSS

Direction = Literal["forward", "backward"]

# What each cell has, in the order in which it is shown; "h" is the layer's output.
SIGNALS = {
    "lstm": ("i", "f", "g", "o", "c", "h"),
    "gru": ("z", "r", "candidate", "h"),
    "simple_rnn": ("h",),
}
GATES = frozenset("ifozr")  # in 0..1; the others are in -1..1, but for c, which is unbounded


def half_key(layer: str, direction: Direction | None) -> str:
    """``layer`` or ``layer/direction``: how one half is named in choices, files and mappings."""
    return layer if direction is None else f"{layer}/{direction}"


@dataclass(frozen=True, eq=False)
class LayerHalf:
    """Which direction of which recurrent layer something is about."""

    layer: str
    direction: Direction | None  # None for a layer that reads one way only
    cell: str  # "lstm", "gru" or "simple_rnn"

    @property
    def across(self) -> bool:
        """Whether its steps lie across the sequence's own: of a picture read row by row its columns."""
        return self.layer.startswith(ACROSS)

    @property
    def key(self) -> str:
        """``layer`` or ``layer/direction``: the prefix of its arrays in an archive."""
        return half_key(self.layer, self.direction)


@dataclass(frozen=True, eq=False)
class LayerSignals(LayerHalf):
    """The states and gates of a half. Timesteps are always in row order."""

    signals: Mapping[str, np.ndarray]  # name -> float32 (..., timesteps, units); NaN at padding


@dataclass(frozen=True, eq=False)
class LayerTrace(LayerSignals):
    """What a half did with one sequence; signals ``(timesteps, units)``, at its own steps."""

    input: np.ndarray  # float32 (timesteps, features)
    difference: float  # largest |replayed - layer's own| state over all timesteps and units
    # int (timesteps,): after which step it had the state with which it comes to each; -1: none. None: after
    # the step that it read before.
    previous: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Trace:
    """The trace of one sequence."""

    sequence: np.ndarray  # float32 (timesteps, features)
    logits: np.ndarray  # float32 (logits,)
    per_step_logits: np.ndarray  # float32 (timesteps, logits): had the sequence ended after row t
    reread: bool  # of several directions: row t's value is computed anew from rows 1..t
    layers: tuple[LayerTrace, ...]  # in the order of the model; forward before backward
    # Names of layers by what they read ("record", "image", "fusion"); none where there is one branch. Signals
    # of a branch are NaN at the steps of the others. The fusion LSTM reads one step a part: its signals at
    # step t are those of t's part, had the study ended there.
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def branches(self) -> dict[str, tuple[LayerTrace, ...]]:
        """The layers of each branch, and those of the fusion."""
        return {
            name: tuple(layer for layer in self.layers if layer.layer in names)
            for name, names in self.parts.items()
        }

    @property
    def difference(self) -> float:
        """The largest difference of any layer."""
        return max(layer.difference for layer in self.layers)
