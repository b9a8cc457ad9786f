"""How a network uses its gates over many cases: how often open, how often closed, how long it remembers.

Open and closed as in Karpathy, Johnson & Fei-Fei 2015, section 4.2 (arXiv:1506.02078): the fraction of
timesteps at which a gate is above 0.9 or below 0.1.

Memory length: with nothing written, a unit keeps the share f of its memory at each timestep, so that after T
timesteps f^T is left, and 1 / e after T = -1 / ln f. That gates are time scales: Tallec & Ollivier 2018
(arXiv:1804.11188); this T for a trained LSTM's units, from the mean of f: Mahto et al. 2021
(arXiv:2009.12727). Where inputs keep coming it is an approximation (Ohno & Kumagai 2021, arXiv:2111.03282).
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from diagnosis.datasets import Dataset
from diagnosis.explanations.explanation import (
    Explained,
    Explanation,
    Misfit,
    lacks_data,
    lacks_states,
)
from diagnosis.models.batches_of_one_size import BATCH
from diagnosis.models.config import ModelConfig
from diagnosis.sequences import Encoder
from diagnosis.traces import GATES, LayerHalf
from diagnosis.traces.tracer import Tracer

OPEN, CLOSED = 0.9, 0.1
MEMORY_GATES = {
    "lstm": "f",
    "gru": "z",
}  # cell -> the gate that is the share of memory that remains


@dataclass(frozen=True, eq=False)
class GateUse(LayerHalf):
    """How one gate of one layer half was used; every array float64 ``(units,)``."""

    gate: str
    open: np.ndarray  # fraction of timesteps above ``OPEN``
    closed: np.ndarray  # fraction of timesteps below ``CLOSED``
    mean: np.ndarray

    @property
    def memory(self) -> np.ndarray | None:
        """Memory length in timesteps, infinite where nothing is ever lost; None but for f and Keras' z."""
        if MEMORY_GATES[self.cell] != self.gate:
            return None
        with np.errstate(divide="ignore"):  # f = 0 gives 0, f = 1 gives infinity
            timesteps: np.ndarray = 1 / np.abs(np.log(self.mean))
        return timesteps


@dataclass(frozen=True, eq=False)
class SplitGates:
    """The gates of all layers over the cases of a split."""

    cases: int
    timesteps: int  # that were read, of all cases together
    gates: tuple[GateUse, ...]  # in the order of the model

    def to_json(self) -> dict[str, Any]:
        """Of each gate of each layer half the figures of its units."""
        return {
            "cases": self.cases,
            "timesteps": self.timesteps,
            "gates": [
                {
                    "layer": use.key,
                    "gate": use.gate,
                    "open": use.open.tolist(),
                    "closed": use.closed.tolist(),
                    "mean": use.mean.tolist(),
                }
                for use in self.gates
            ],
        }


class GateStatistics(Explanation):
    """How often each unit's gates were open or closed, and how long its memory lasts."""

    title = "Gate statistics"
    caption = (
        "Open: above 0.9. Closed: below 0.1. Memory length: the number of steps after which 37 % of a unit's "
        "memory is left if its forget gate (GRU: update gate) stays at its mean and nothing is written. "
        "Gates move and every step writes, so it separates fast units from slow ones and measures nothing "
        "exactly. The statistics describe the network, not this case."
    )

    def misfit(self, config: ModelConfig, dataset: Dataset | None) -> Misfit | None:
        if config.kind.cell == "simple_rnn":
            return Misfit("no_gates", "A SimpleRNN has no gates.")
        return lacks_states(config) or lacks_data(config, dataset)

    def run(self, subject: Explained) -> SplitGates:
        """The gates over the test split."""
        assert (
            subject.dataset is not None and subject.model.tracer is not None
        )  # else it does not fit
        images, encoder = subject.dataset.images["test"], subject.model.config.encoder
        return self(subject.model.tracer, images, encoder)

    def __call__(
        self,
        tracer: Tracer,
        images: np.ndarray,
        encoder: Encoder,
        progress: Callable[[float], None] | None = None,
    ) -> SplitGates:
        """Read all images of a split, a batch at a time.

        Args:
            tracer: of the model.
            images: uint8, ``(n, *encoder.example_shape)``, n at least 1.
            encoder: the model's.
            progress: told the share that is done, in 0..1, after each batch.

        Raises:
            InputError: the images do not have the shape that was prepared for.
        """
        counts: dict[tuple[str, str], _Count] = {}
        for start in range(0, len(images), BATCH):
            sequences = encoder.batch(images[start : start + BATCH])
            for half in chain.from_iterable(tracer.batches(sequences)):
                for gate in [name for name in half.signals if name in GATES]:
                    count = counts.setdefault((half.key, gate), _Count(half, gate))
                    count.add(half.signals[gate])
            if progress is not None:
                progress(min(1.0, (start + BATCH) / len(images)))
        timesteps = next(iter(counts.values())).timesteps
        return SplitGates(len(images), timesteps, tuple(count.use() for count in counts.values()))


class _Count:
    """Sums over the timesteps of one gate."""

    def __init__(self, half: LayerHalf, gate: str) -> None:
        self._half, self._gate = half, gate
        self.timesteps = 0
        self._sums = np.zeros(0)  # (3, units): above OPEN, below CLOSED, value

    def add(self, values: np.ndarray) -> None:
        """Count ``(sequences, timesteps, units)``, but for padding."""
        read = values[~np.isnan(values[..., 0])]  # (timesteps read, units)
        sums = np.stack([
            (read > OPEN).sum(axis=0), (read < CLOSED).sum(axis=0), read.sum(axis=0, dtype=np.float64),
        ])  # fmt: skip
        self._sums = self._sums + sums if self.timesteps else sums
        self.timesteps += len(read)

    def use(self) -> GateUse:
        """What the sums come to."""
        half = self._half
        return GateUse(
            half.layer, half.direction, half.cell, self._gate, *(self._sums / self.timesteps)
        )
