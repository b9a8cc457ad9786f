"""The training cases that a network reads most like a given one, from an index that is built once a version.

Alike means a small Euclidean distance, either between the hidden trajectories (the states of the last
recurrent layer at every timestep) or between the final states (what the output layer sees).

An index is a file in the cache folder, named after the weights and the data set it was made from: float32
trajectories ``(n, timesteps * units)``, final states ``(n, width)``, and a SHA-256 of both and of that
name. It is written under another name and renamed once complete, so that readers never see half of one and
several processes may build the same one; it is mapped into memory, not read into it.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np

from diagnosis.core.access import require_write
from diagnosis.core.errors import InputError
from diagnosis.core.private_files import private
from diagnosis.datasets import Dataset, cache_folder
from diagnosis.explanations.explanation import Explained, Explanation, Misfit, lacks_data
from diagnosis.explanations.states import StateReader
from diagnosis.models.batches_of_one_size import BATCH
from diagnosis.models.config import ModelConfig
from diagnosis.models.store import Version

MAX_BYTES = 256 * 2**20  # of an index; a larger training split is cut, and the index says so
FORMAT = "scanline similar cases 1"  # changes with what is stored
NEAREST = 9  # cases that are listed
CHUNK_BYTES = 16 * 2**20  # of the states that are compared at once

By = Literal["trajectory", "final state"]


class SimilarCases(Explanation):
    """Training cases whose states are closest to the case's."""

    title = "Similar cases"
    caption = (
        "The training images nearest to the case in this network's states, not in pictures or patients. "
        "Similar to the network is not similar to a doctor. Labels come from the data set and may be wrong, "
        "and neighbours that share a label do not make a prediction right."
    )

    def misfit(self, config: ModelConfig, dataset: Dataset | None) -> Misfit | None:
        """Fits any model: one without hidden states still has a final state."""
        return lacks_data(config, dataset)

    def run(self, subject: Explained) -> "Neighbours":
        """The training cases of the nearest final states; the index is built where there is none.

        Raises:
            InputError: as ``build_index``.
        """
        assert subject.dataset is not None  # else it does not fit
        version, model = subject.model.version, subject.model
        reader = StateReader(model.forward.model, model.config)
        index = open_index(version, reader, subject.dataset)
        if index is None:
            index = build_index(version, reader, subject.dataset)
        query = reader(subject.prediction.sequence.values[None]).finals[0]
        return index.nearest(query, "final state", NEAREST)


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Training cases, the nearest first."""

    numbers: np.ndarray  # int (k,): places in the training split, from 0
    distances: np.ndarray  # float64 (k,): Euclidean, between states
    labels: np.ndarray  # int (k,), or (k, classes) of multi-label sets
    median: float  # distance to the case in the middle of all that are in the index

    def to_json(self) -> dict[str, Any]:
        """Numbers in the training split, from 1."""
        return {
            "numbers": (self.numbers + 1).tolist(),
            "distances": self.distances.tolist(),
            "labels": self.labels.tolist(),
            "median_distance": self.median,
        }


@dataclass(frozen=True, eq=False)
class Index:
    """The states of the first ``n`` training cases, and their labels."""

    trajectories: (
        np.ndarray
    )  # float32 (n, timesteps * units), mapped; no columns without hidden states
    finals: np.ndarray  # float32 (n, width), mapped
    labels: np.ndarray
    all: int  # cases in the training split

    @property
    def n(self) -> int:
        """Cases that can be found."""
        return len(self.finals)

    def nearest(self, query: np.ndarray, by: By, k: int) -> Neighbours:
        """Find the ``k`` nearest cases.

        Args:
            query: of ``StateReader``: one row of ``trajectories`` or ``finals``, as ``by`` says.
            by: what is compared.
            k: how many; fewer if the index holds fewer.

        Raises:
            InputError: trajectories are asked for, and the network has none.
        """
        if by == "trajectory" and not self.trajectories.size:
            raise InputError(
                "This network has no hidden trajectory: compare the final states instead."
            )
        states = self.trajectories if by == "trajectory" else self.finals
        distances = np.empty(self.n)
        chunk = max(1, CHUNK_BYTES // states[:1].nbytes)
        for start in range(0, self.n, chunk):
            apart = states[start : start + chunk] - query
            squares = np.einsum("ij,ij->i", apart, apart, dtype=np.float64)
            distances[start : start + chunk] = np.sqrt(squares)
        numbers = np.argsort(distances, kind="stable")[:k]
        return Neighbours(
            numbers, distances[numbers], self.labels[numbers], float(np.median(distances))
        )


def open_index(version: Version, reader: StateReader, dataset: Dataset) -> Index | None:
    """Map the index of a model version into memory; None if there is none, or none that is whole.

    Args:
        version: of the model.
        reader: of the same model.
        dataset: that it learned from.
    """
    path, n = _path(version, dataset), _cases(reader, dataset)
    floats = n * (reader.trajectory_width + reader.final_width)
    try:
        with path.open("rb") as file:
            digest = _digest(file, path.name, 4 * floats)
            if file.read() != digest:
                return None
        stored = np.memmap(path, np.float32, "r", shape=(floats,))
    except (OSError, ValueError):  # not there, not readable, or too short
        return None
    split = n * reader.trajectory_width
    return Index(
        stored[:split].reshape(n, reader.trajectory_width),
        stored[split:].reshape(n, reader.final_width),
        dataset.labels["train"][:n],
        len(dataset.labels["train"]),
    )


def build_index(
    version: Version,
    reader: StateReader,
    dataset: Dataset,
    progress: Callable[[float], None] | None = None,
) -> Index:
    """Read the training cases and write their index.

    Args:
        version: of the model.
        reader: of the same model.
        dataset: that it learned from.
        progress: told the share that is done, in 0..1, after each batch.

    Raises:
        InputError: the cache folder cannot be written, or the images are not what the model reads.
    """
    require_write("write indexes")
    path, n = _path(version, dataset), _cases(reader, dataset)
    try:
        private(path.parent)
        descriptor, name = tempfile.mkstemp(prefix=".partial-", dir=path.parent)
        partial = Path(name)
        try:
            with os.fdopen(descriptor, "w+b") as file:
                finals = []
                for start in range(0, n, BATCH):
                    images = dataset.images["train"][start : min(start + BATCH, n)]
                    states = reader(version.config.encoder.batch(images))
                    file.write(states.trajectories.tobytes())
                    finals.append(states.finals)
                    if progress is not None:
                        progress(min(1.0, (start + BATCH) / n))
                file.write(np.concatenate(finals).tobytes())
                size = file.tell()
                file.seek(0)
                digest = _digest(file, path.name, size)
                file.seek(size)
                file.write(digest)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"The index of similar cases cannot be written to {path.parent} ({error.strerror}): free "
            f"{MAX_BYTES >> 20} MB there, or set SCANLINE_CACHE to another folder."
        ) from error
    index = open_index(version, reader, dataset)
    if index is None:
        raise InputError(f"The index {path} cannot be read back: delete it and try again.")
    return index


def _path(version: Version, dataset: Dataset) -> Path:
    weights = version.card.weights_sha256
    return cache_folder() / "similar-cases" / f"{weights[:24]}-{dataset.sha256[:24]}.states"


def _cases(reader: StateReader, dataset: Dataset) -> int:
    """How many training cases fit into an index, the first ones."""
    per_case: int = 4 * (reader.trajectory_width + reader.final_width)
    return max(1, min(len(dataset.images["train"]), MAX_BYTES // per_case))


def _digest(file: BinaryIO, name: str, size: int) -> bytes:
    """SHA-256 of the format, the index's name and the next ``size`` bytes of its file."""
    digest = hashlib.sha256(f"{FORMAT}\n{name}\n{size}\n".encode())
    while size > 0 and (block := file.read(min(size, 1 << 20))):
        digest.update(block)
        size -= len(block)
    return digest.digest()
