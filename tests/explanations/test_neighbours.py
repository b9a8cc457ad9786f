"""Similar cases: found as by brute force, from an index that is whole or built again."""

import hashlib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from diagnosis.core.errors import InputError
from diagnosis.datasets import Dataset, load
from diagnosis.explanations import neighbours
from diagnosis.explanations.neighbours import By, Index, SimilarCases, build_index, open_index
from diagnosis.explanations.states import StateReader
from diagnosis.models import store
from diagnosis.models.config import config_for
from diagnosis.models.forward import Forward
from diagnosis.models.store import Version
from tests.shipped import shipped, tracer_of

CASES = 150  # of the training split: two whole batches of 64 and what is left


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own."""
    monkeypatch.setenv("SCANLINE_CACHE", str(tmp_path))
    return tmp_path / "similar-cases"


def few(dataset: Dataset, n: int = CASES) -> Dataset:
    """The set with the first training cases only, under a hash of its own."""
    return replace(
        dataset,
        images={**dataset.images, "train": dataset.images["train"][:n]},
        labels={**dataset.labels, "train": dataset.labels["train"][:n]},
        sha256=hashlib.sha256(str(n).encode()).hexdigest(),
    )


def reader_of(version: Version) -> StateReader:
    return StateReader(Forward(version).model, version.config)


@pytest.fixture(scope="module")
def phantoms() -> tuple[Version, StateReader, Dataset]:
    version = store.find("phantoms/gru")
    return version, reader_of(version), few(load("phantoms"))


@pytest.mark.parametrize("name", ["lstm", "stacked_gru", "bidirectional_lstm"])
def test_states_are_those_of_the_trace(name: str) -> None:
    """The trajectory is the trace's h, direction after direction; from the rest come the logits."""
    version, model = (
        shipped(f"pneumoniamnist/{name}").version,
        shipped(f"pneumoniamnist/{name}").forward.model,
    )
    sequences = version.config.encoder.batch(load("phantoms").images["test"][:3])
    states = StateReader(model, version.config)(sequences)
    tracer = tracer_of(f"pneumoniamnist/{name}")
    weights, bias = (np.asarray(part) for part in model.layers[-1].get_weights())
    for sequence, trajectory, final in zip(
        sequences, states.trajectories, states.finals, strict=True
    ):
        trace = tracer(sequence)
        last = [layer for layer in trace.layers if layer.layer == trace.layers[-1].layer]
        expected = np.concatenate([layer.signals["h"].ravel() for layer in last])
        np.testing.assert_allclose(trajectory, expected, atol=1e-5)
        np.testing.assert_allclose(final @ weights + bias, trace.logits, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "by"),
    [
        *(("gru", "trajectory"), ("gru", "final state"), ("bidirectional_lstm", "trajectory")),
        pytest.param("bidirectional_lstm", "final state", marks=pytest.mark.long),
    ],
)
def test_neighbours_are_those_of_brute_force(name: str, by: By, real_data: Path) -> None:
    """Against scikit-learn on the states of every case; a training case finds itself, at distance 0."""
    from sklearn.neighbors import NearestNeighbors

    del real_data
    version = store.find(f"pneumoniamnist/{name}")
    reader, dataset = reader_of(version), few(load("pneumoniamnist"))
    told: list[float] = []
    index = build_index(version, reader, dataset, told.append)
    assert told == sorted(told) and told[-1] == 1 and len(told) == 3
    assert (index.n, index.all) == (CASES, CASES)

    sequences = version.config.encoder.batch(dataset.images["train"])
    query = version.config.encoder.batch(dataset.images["test"][:1])
    every, mine = reader(sequences), reader(query)
    points, point = (
        (every.trajectories, mine.trajectories)
        if by == "trajectory"
        else (every.finals, mine.finals)
    )
    distances, numbers = NearestNeighbors(algorithm="brute").fit(points).kneighbors(point, 8)
    found = index.nearest(point[0], by, 8)
    np.testing.assert_array_equal(found.numbers, numbers[0])
    np.testing.assert_allclose(found.distances, distances[0], rtol=1e-4)
    np.testing.assert_array_equal(found.labels, dataset.labels["train"][numbers[0]])
    assert found.median == pytest.approx(
        np.median(np.linalg.norm(points - point, axis=1)), rel=1e-4
    )

    for number in (0, 77, CASES - 1):
        itself = index.nearest(points[number], by, 1)
        assert itself.numbers[0] == number
        assert itself.distances[0] == pytest.approx(0, abs=1e-5)


def test_an_index_is_built_once_and_mapped(
    phantoms: tuple[Version, StateReader, Dataset], cache: Path
) -> None:
    assert open_index(*phantoms) is None
    built = build_index(*phantoms)
    (path,) = cache.iterdir()  # nothing half-written is left
    assert [place.stat().st_mode & 0o077 for place in (path, cache)] == [0, 0]  # its owner's alone
    opened = open_index(*phantoms)
    assert opened is not None and isinstance(opened.finals.base, np.memmap)
    np.testing.assert_array_equal(opened.trajectories, built.trajectories)
    np.testing.assert_array_equal(opened.finals, built.finals)
    assert path.stat().st_size == opened.trajectories.nbytes + opened.finals.nbytes + 32


def test_what_is_damaged_or_foreign_is_not_used_and_built_again(
    phantoms: tuple[Version, StateReader, Dataset], cache: Path
) -> None:
    build_index(*phantoms)
    (path,) = cache.iterdir()
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    shifted = whole[4:] + whole[:4]
    for damaged in (b"", whole[:-40], whole + b"more", bytes(flipped), shifted, b"x" * len(whole)):
        path.write_bytes(damaged)
        assert open_index(*phantoms) is None
        build_index(*phantoms)
        assert path.read_bytes() == whole

    version, reader, dataset = phantoms
    other = replace(dataset, sha256="1" * 64)  # another set's index under this set's name
    build_index(version, reader, other)
    (foreign,) = set(cache.iterdir()) - {path}
    foreign.replace(path)
    assert open_index(*phantoms) is None


def test_another_version_or_data_set_has_another_index(
    phantoms: tuple[Version, StateReader, Dataset], cache: Path
) -> None:
    version, reader, dataset = phantoms
    build_index(version, reader, dataset)
    assert open_index(version, reader, few(load("phantoms"), CASES - 1)) is None
    lstm = store.find("phantoms/lstm")
    assert open_index(lstm, reader_of(lstm), dataset) is None
    assert len(list(cache.iterdir())) == 1


def test_a_large_split_is_cut_and_the_index_says_so(
    phantoms: tuple[Version, StateReader, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, reader, dataset = phantoms
    per_case = 4 * (28 * 64 + 64)  # a GRU of 64 units: its trajectory and its final state
    assert per_case == 4 * (reader.trajectory_width + reader.final_width)
    monkeypatch.setattr(neighbours, "MAX_BYTES", 100 * per_case + 7)
    index = build_index(*phantoms)
    assert (index.n, index.all) == (100, len(dataset.images["train"]))
    assert index.nearest(index.finals[99], "final state", 500).numbers[0] == 99


_BUILD = """
from diagnosis.datasets import load
from diagnosis.explanations.neighbours import build_index
from diagnosis.models import store
from tests.explanations.test_neighbours import few, reader_of
version = store.find("phantoms/gru")
reader, dataset = reader_of(version), few(load("phantoms"))
for _ in range(3):
    build_index(version, reader, dataset)
"""


@pytest.mark.long
def test_two_processes_may_build_at_once(
    phantoms: tuple[Version, StateReader, Dataset], cache: Path
) -> None:
    """This one builds as long as the other does, and whoever reads meanwhile finds an index that is whole."""
    build_index(*phantoms)
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen([sys.executable, "-c", _BUILD], cwd=root) as other:
        while other.poll() is None:
            build_index(*phantoms)
            assert open_index(*phantoms) is not None
            time.sleep(0.05)  # the other one must get on, too
    assert other.returncode == 0
    assert len(list(cache.iterdir())) == 1
    assert open_index(*phantoms) is not None


def test_a_folder_that_cannot_be_written_gets_a_sentence(
    phantoms: tuple[Version, StateReader, Dataset], cache: Path
) -> None:
    cache.parent.mkdir(exist_ok=True)
    cache.write_text("a file where the folder should be")
    with pytest.raises(InputError, match="SCANLINE_CACHE"):
        build_index(*phantoms)


@pytest.fixture
def of_a_cnn() -> Iterator[tuple[Index, StateReader]]:
    version = store.find("phantoms/cnn")
    reader = reader_of(version)
    yield build_index(version, reader, few(load("phantoms"), 70)), reader


def test_a_cnn_has_a_final_state_but_no_trajectory(of_a_cnn: tuple[Index, StateReader]) -> None:
    index, reader = of_a_cnn
    assert reader.trajectory_width == 0 and reader.final_width == 512
    assert index.nearest(index.finals[69], "final state", 1).numbers.tolist() == [69]
    with pytest.raises(InputError, match="final states"):
        index.nearest(np.zeros(0, np.float32), "trajectory", 1)


def test_it_needs_the_training_cases() -> None:
    dataset = load("phantoms")
    assert SimilarCases().misfit(config_for("cnn", dataset.facts), dataset) is None
    reason = SimilarCases().misfit(config_for("gru", dataset.facts), None)
    assert reason is not None and reason.code == "no_data"
