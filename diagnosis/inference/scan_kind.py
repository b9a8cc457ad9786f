"""Which kind of scan a picture is: asked by the models of data sets whose kind a shipped reader knows.

The reader is a version like any other, ``scankinds/lstm``, cross-fitted. How much a picture looks like the
model's own kind are the log odds of that kind; how unusual that is, is ranked among the held-out pictures of
the kind. It runs here without Keras: a recorded prediction waits for none, and one pass takes a millisecond.
"""

from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from diagnosis.datasets.scan_kinds import KIND_OF, NAME
from diagnosis.inference.conformal import REJECTED, Rank
from diagnosis.inference.split_predictions import calibration_of, stored
from diagnosis.models import heads, store
from diagnosis.models.store import Version
from diagnosis.sequences.pixels import framed

# Half of what the distance rejects: with that and the detail .85 % of a set's own pictures, at most.
REJECTED_KIND = REJECTED / 2
TINY = np.finfo(np.float64).tiny
READER = f"{NAME}/lstm"


@dataclass(frozen=True)
class ScanKind(Rank):
    """What the reader says of one picture."""

    expected: str  # the kind that the model is for
    found: str  # the most probable one
    probability: float  # of the expected one
    n_as_extreme: int  # held-out pictures of the expected kind that look as little like it
    of: int  # held-out pictures of it
    rejected: ClassVar[float] = REJECTED_KIND

    def to_json(self) -> dict[str, Any]:
        """``{"expected", "found", "probability", "n_as_extreme", "of", "p_value", "limit", "level"}``."""
        return {**asdict(self), "p_value": self.p_value, "limit": self.limit, "level": self.level}


class KindReader:
    """The reader with its weights, and the log odds of held-out pictures. It never changes."""

    def __init__(self, version: Version) -> None:
        """Read it.

        Raises:
            ModelError: its files are not what was saved.
        """
        import h5py  # type: ignore[import-untyped]

        self.config = version.config
        with h5py.File(version.weights(), "r") as file:
            cell, logits = file["layers/lstm/cell/vars"], file["layers/dense/vars"]
            self._weights = tuple(cell[name][()] for name in "012")
            self._logits = tuple(logits[name][()] for name in "01")
        self._calibration = calibration_of(version)
        held = [found for split in ("train", "val") if (found := stored(version, split))]
        labels = np.concatenate([each.labels for each in held])
        odds = log_odds(np.concatenate([each.probabilities for each in held]))
        self._held = {kind: np.sort(odds[labels == kind, kind]) for kind in KIND_OF.values()}

    def logits(self, sequence: np.ndarray) -> np.ndarray:
        """Its logits for one sequence, float32 ``(timesteps, features)``; equations: ``traces.cells``."""
        kernel, recurrent, bias = self._weights  # columns: i, f, g, o
        units = len(recurrent)
        h, c = np.zeros((2, units), np.float32)
        # σ(x) = ½ + ½ tanh(x / 2), so one squashing serves all four
        half = np.where(np.repeat([0, 0, 1, 0], units), 1, 0.5).astype(np.float32)
        for x in sequence @ kernel + bias:
            gates = np.tanh((x + h @ recurrent) * half) * half + (1 - half)
            forgotten = gates[units : 2 * units] * c
            c = forgotten + gates[:units] * gates[2 * units : 3 * units]
            h = gates[3 * units :] * np.tanh(c)
        kernel, bias = self._logits
        logits: np.ndarray = h @ kernel + bias
        return logits

    def __call__(self, image: np.ndarray, kind: int) -> ScanKind:
        """Read a picture as a model saw it.

        Args:
            image: uint8, ``(H, W)``, square.
            kind: the model's, by its number.
        """
        encoder, classes = self.config.encoder, self.config.classes
        picture = framed(image[..., None], size=encoder.data_size)
        logits = self.logits(encoder.batch(picture[None])[0])
        probabilities = heads.probabilities(self._calibration(logits), self.config.task)
        held = self._held[kind]
        return ScanKind(
            expected=classes[kind],
            found=classes[int(probabilities.argmax())],
            probability=float(probabilities[kind]),
            n_as_extreme=int(np.searchsorted(held, log_odds(probabilities)[kind], side="right")),
            of=len(held),
        )


def kind_of(version: Version) -> int | None:
    """The kind of scan that a version is for, by its number; None if the reader does not know it."""
    encoder = version.config.encoder
    alone = encoder.grid is not None and len(encoder.grid) == 3 and encoder.expects_grey
    return KIND_OF.get(version.card.dataset.name) if alone else None


def kind_reader() -> KindReader | None:
    """The shipped reader, read once; None without it.

    Raises:
        ModelError: its files are not what was saved.
    """
    version = store.shipped(READER)
    return None if version is None else _read(version.folder)


@lru_cache(maxsize=1)
def _read(folder: Path) -> KindReader:
    return KindReader(Version(folder))


def log_odds(probabilities: np.ndarray) -> np.ndarray:
    """Of each class against all others, float64 ``(..., classes)``; exact where a probability is almost 1."""
    others = np.stack(
        [np.delete(probabilities, k, axis=-1).sum(axis=-1) for k in range(probabilities.shape[-1])],
        axis=-1,
    )
    odds: np.ndarray = np.log(probabilities + TINY) - np.log(others + TINY)
    return odds
