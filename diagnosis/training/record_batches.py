"""Training records as batches of similar length, so that little is computed for padding.

Masked steps are inert, so a batch may end where its longest record does: the result is that of full length.
In each epoch other events of a record are left out (*thinning*), which keeps a network from learning single
patients by heart.
"""

import numpy as np

from diagnosis.records.examples import CODE, MINUTE, PADDING
from diagnosis.training.batches import Batches

LENGTHS = 8  # of sequences: a training step is compiled for these parts of the full length only
APART = 32.0  # steps: records that differ by less in length may meet in a batch


class RecordBatches(Batches):
    """`Batches` of records; ``thinning`` is the largest share of a record's events that is left out."""

    thinning = 0.0

    def thinned(self, thinning: float) -> "RecordBatches":
        """The same with events left out."""
        self.thinning = thinning
        self.epoch = self.epoch
        return self

    def _shuffled(self) -> np.ndarray:
        """Batches of similar length in random order; the one that may be smaller is the last."""
        rng = np.random.default_rng((self._seed, self._epoch))
        self._read_events = left_after_thinning(self._images, self.thinning, rng)
        lengths = self._read_events.sum(axis=1) + rng.uniform(0, APART, len(self._read_events))
        order = np.argsort(lengths)
        full = len(order) // self._batch_size * self._batch_size
        batches = rng.permutation(order[:full].reshape(-1, self._batch_size))
        return np.concatenate([batches.ravel(), order[full:]])

    def _read(self, chosen: np.ndarray, first: int) -> np.ndarray:
        sequences = self._encoder.batch(moved_up(self._images[chosen], self._read_events[chosen]))
        length = self._length(first)
        if self.batches == 1:
            length = LENGTHS
        elif first == 1 and length == self._length(0):
            length += 1  # Keras takes a length for fixed that is the same in its first two batches
        room = np.zeros((len(sequences), length * self._part, sequences.shape[2]), np.float32)
        room[:, : sequences.shape[1]] = sequences[:, : room.shape[1]]
        return room

    @property
    def _part(self) -> int:
        return -(-self._images.shape[1] // LENGTHS)

    def _length(self, batch: int) -> int:
        """Steps of the longest record of a batch, in parts of the full length."""
        rows = self._order[batch * self._batch_size : (batch + 1) * self._batch_size]
        return -(-int(self._read_events[rows].sum(axis=1).max()) // self._part)


def left_after_thinning(
    examples: np.ndarray, thinning: float, rng: np.random.Generator
) -> np.ndarray:
    """Which events are read, bool ``(n, length)``: of each record all but a random share.

    Args:
        examples: ``(n, length, 3)``, see ``records.examples``.
        thinning: the share is drawn evenly from 0 to this. Facts stay, and the first step.
        rng: draws.
    """
    share = rng.uniform(0, thinning, (len(examples), 1))
    stay = rng.random(examples.shape[:2]) >= share
    stay |= np.isnan(examples[..., MINUTE])
    stay[:, 0] = True
    return stay & (examples[..., CODE] > PADDING)


def moved_up(examples: np.ndarray, stay: np.ndarray) -> np.ndarray:
    """Examples whose events that ``stay`` stand one after the other, in their order, then padding."""
    order = np.argsort(~stay, axis=1, kind="stable")
    moved = np.take_along_axis(examples, order[..., None], axis=1)
    moved[np.arange(stay.shape[1]) >= stay.sum(axis=1, keepdims=True)] = 0
    return moved
