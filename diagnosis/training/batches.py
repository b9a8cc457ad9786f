"""Training images as batches of sequences: shuffled, augmented and weighted, prepared ahead in a thread."""

import keras
import numpy as np

from diagnosis.sequences import Augmentation, Encoder

AT_ONCE = 2**28  # bytes of sequences that are made once for all epochs, if nothing changes them


class Batches(keras.utils.PyDataset):
    """Batches of one split. Every draw of chance follows from seed, epoch and batch number."""

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        encoder: Encoder,
        *,
        batch_size: int,
        augmentation: Augmentation | None,
        class_weights: np.ndarray | None,
        seed: int,
        in_a_row: int = 1,
    ) -> None:
        """Hold the split.

        Args:
            images: uint8, ``(n, *encoder.example_shape)``.
            labels: int, ``(n,)`` or ``(n, labels)``.
            encoder: the model's.
            batch_size: images a batch; the last one may be smaller.
            augmentation: None for none.
            class_weights: float, ``(classes,)``, or None for equal weights.
            seed: of the shuffle and the augmentation.
            in_a_row: batches an item; the last one may hold fewer.
        """
        ahead = max(1, 16 // in_a_row)
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=ahead)
        self._images, self._targets, self._encoder = images, targets(labels), encoder
        self._batch_size, self._augmentation, self._seed = batch_size, augmentation, seed
        self._weights = None if class_weights is None else class_weights[labels].astype(np.float32)
        self._in_a_row = in_a_row
        of_all = 4 * len(images) * encoder.length * encoder.features
        ready = augmentation is None and of_all <= AT_ONCE
        self._sequences = encoder.batch(images) if ready else None
        self.batches = -(-len(images) // batch_size)  # an epoch
        self.epoch = 0

    @property
    def epoch(self) -> int:
        """Which epoch the batches are of, counted from 0."""
        return self._epoch

    @epoch.setter
    def epoch(self, epoch: int) -> None:
        self._epoch = epoch
        self._order = self._shuffled()

    def __len__(self) -> int:
        return (self.batches + self._in_a_row - 1) // self._in_a_row

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        """Item ``index``: sequences, labels ``(b, 1)`` or ``(b, labels)``, and weights if there are any."""
        rows = self._in_a_row * self._batch_size
        chosen = self._order[index * rows : (index + 1) * rows]
        item = (self._read(chosen, index * self._in_a_row), self._targets[chosen])
        return item if self._weights is None else (*item, self._weights[chosen])

    def _read(self, chosen: np.ndarray, first: int) -> np.ndarray:
        """Sequences of some images; ``first`` is the number of their first batch."""
        if self._sequences is not None:
            sequences: np.ndarray = self._sequences[chosen]
            return sequences
        images = self._images[chosen]
        if self._augmentation is not None:
            batches = range(0, len(images), self._batch_size)
            images = np.concatenate(
                [
                    self._augmented(images[start : start + self._batch_size], number)
                    for number, start in enumerate(batches, first)
                ]
            )
        return self._encoder.batch(images)

    def _augmented(self, images: np.ndarray, number: int) -> np.ndarray:
        assert self._augmentation is not None
        rng = np.random.default_rng((self._seed, self._epoch, number))
        return self._encoder.augmented(images, self._augmentation, rng)

    def on_epoch_end(self) -> None:
        """Shuffle anew for the next epoch."""
        self.epoch += 1

    def _shuffled(self) -> np.ndarray:
        return np.random.default_rng((self._seed, self._epoch)).permutation(len(self._images))


def in_a_row(images: int, batch_size: int, encoder: Encoder) -> int:
    """How many batches may be trained on before Python hears of them, and of who wants to stop.

    At most eight, a quarter of an epoch, and 64 MB: batches of large pictures are slow one by one.
    """
    of_a_batch = 4 * batch_size * encoder.length * encoder.features
    return max(1, min(8, images // batch_size // 4, 2**26 // of_a_batch))


def targets(labels: np.ndarray) -> np.ndarray:
    """Labels as the losses take them: float32, ``(n, 1)``, or ``(n, labels)`` for several."""
    return labels.reshape(len(labels), -1).astype(np.float32)


def balancing_weights(labels: np.ndarray, classes: int) -> np.ndarray:
    """Weights that give each class the same total, float32 ``(classes,)``, mean 1 over the cases.

    For multi-label targets ``(n, labels)``: how much a present label counts, absent over present cases,
    limited to 1..20 so that one rare label does not rule the gradient.
    """
    if labels.ndim == 2:
        present = labels.mean(axis=0)
        weights: np.ndarray = np.clip((1 - present) / np.maximum(present, 1e-6), 1, 20)
        return weights.astype(np.float32)
    counts = np.bincount(labels, minlength=classes)
    weights = len(labels) / (classes * np.maximum(counts, 1))
    return weights.astype(np.float32)
