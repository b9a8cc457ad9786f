"""Statistics of gates against a plain count over single traces, and memory lengths by hand."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from diagnosis.datasets import Dataset, catalogue, load
from diagnosis.explanations.gate_statistics import GateStatistics, GateUse, _Count
from diagnosis.models.batches_of_one_size import BATCH
from diagnosis.models.config import config_for
from diagnosis.sequences import RowEncoder
from diagnosis.traces import GATES
from diagnosis.traces.tracer import Tracer
from tests.shipped import shipped, tracer_of


@pytest.mark.parametrize(
    "name", ["stacked_gru", pytest.param("bidirectional_lstm", marks=pytest.mark.long)]
)
def test_a_split_equals_the_count_over_single_traces(name: str) -> None:
    tracer = tracer_of(f"pneumoniamnist/{name}")
    encoder = shipped(f"pneumoniamnist/{name}").config.encoder
    images = load("phantoms").images["test"][: BATCH + 2]
    told: list[float] = []
    found = GateStatistics()(tracer, images, encoder, told.append)
    assert (found.cases, found.timesteps) == (BATCH + 2, (BATCH + 2) * 28)
    assert told == [pytest.approx(BATCH / (BATCH + 2)), 1]

    traces = [tracer(sequence) for sequence in encoder.batch(images)]
    expected = [
        (layer.key, gate, np.concatenate([trace.layers[at].signals[gate] for trace in traces]))
        for at, layer in enumerate(traces[0].layers)
        for gate in layer.signals
        if gate in GATES
    ]
    assert [(use.key, use.gate) for use in found.gates] == [
        (key, gate) for key, gate, _ in expected
    ]
    for use, (_, _, values) in zip(found.gates, expected, strict=True):
        np.testing.assert_allclose(use.mean, values.mean(axis=0, dtype=np.float64), atol=1e-5)
        # a value within rounding of 0.9 may fall on either side in a batch of another shape
        np.testing.assert_allclose(use.open, (values > 0.9).mean(axis=0), atol=2 / len(values))
        np.testing.assert_allclose(use.closed, (values < 0.1).mean(axis=0), atol=2 / len(values))
    assert any(use.open.max() > 0.1 for use in found.gates)
    assert any(use.closed.max() > 0.1 for use in found.gates)


def test_gates_that_never_move() -> None:
    """Weights 0: every gate is σ of its bias at every timestep. Columns of an LSTM's bias: i, f, g, o."""
    inputs = keras.Input((None, 4))
    model = keras.Model(inputs, layers.Dense(1)(layers.LSTM(2, name="lstm_1")(inputs)))
    f = np.array([0.95, 0.5])
    bias = np.concatenate(
        [np.log([0.05, 0.85]) - np.log([0.95, 0.15]), np.log(f / (1 - f)), [0] * 4]
    )
    kernel, recurrent = np.zeros((4, 8)), np.zeros((2, 8))
    model.set_weights([kernel, recurrent, bias, np.zeros((2, 1)), np.zeros(1)])
    images = np.random.default_rng(1).integers(0, 256, (70, 4, 4)).astype(np.uint8)
    found = GateStatistics()(Tracer(model), images, RowEncoder(size=4))
    assert (found.cases, found.timesteps) == (70, 280)
    uses = {use.gate: use for use in found.gates}
    assert sorted(uses) == ["f", "i", "o"]
    np.testing.assert_allclose(uses["i"].mean, [0.05, 0.85], atol=1e-6)
    np.testing.assert_array_equal(uses["i"].closed, [1, 0])
    np.testing.assert_array_equal(uses["i"].open, [0, 0])
    np.testing.assert_array_equal(uses["f"].open, [1, 0])
    assert uses["i"].memory is None
    # -1 / ln 0.95 = 19.4957, -1 / ln 0.5 = 1.4427
    memory = uses["f"].memory
    assert memory is not None
    np.testing.assert_allclose(memory, [19.4957, 1.4427], atol=1e-3)
    # after that many timesteps 1 / e is left
    np.testing.assert_allclose(f**memory, np.exp(-1), atol=1e-4)


def test_memory_at_the_ends() -> None:
    ends = np.array([0.0, 1.0])
    use = GateUse("gru_1", None, "gru", "z", open=ends, closed=ends, mean=ends)
    memory = use.memory
    assert memory is not None
    np.testing.assert_array_equal(memory, [0, np.inf])


def test_padding_is_not_counted() -> None:
    """Six timesteps, two of them padding: of the four that were read one is open and one closed."""
    count = _Count(GateUse("gru_1", None, "gru", "z", *np.zeros((3, 1))), "z")
    count.add(np.array([[[0.95], [0.05]], [[0.5], [np.nan]]], np.float32))
    count.add(np.array([[[0.5], [np.nan]]], np.float32))
    use = count.use()
    assert count.timesteps == 4
    np.testing.assert_allclose([use.open, use.closed, use.mean], [[0.25], [0.25], [0.5]])


def test_what_it_does_not_fit() -> None:
    phantoms = load("phantoms")
    facts = catalogue()["phantoms"]
    misfit = GateStatistics().misfit

    def code(name: str, dataset: Dataset | None = phantoms) -> str | None:
        found = misfit(config_for(name, facts), dataset)
        return None if found is None else found.code

    assert code("gru") is None
    assert code("simple_rnn") == "no_gates"
    assert code("cnn") == "no_states"
    assert code("lstm", None) == "no_data"


def test_the_real_test_split(real_data: Path) -> None:
    """624 radiographs: the forget gates of the shipped LSTM remember over many rows."""
    assert real_data.is_dir()
    found = GateStatistics()(
        tracer_of("pneumoniamnist/lstm"),
        load("pneumoniamnist").images["test"],
        shipped("pneumoniamnist/lstm").config.encoder,
    )
    assert (found.cases, found.timesteps) == (624, 624 * 28)
    assert [use.gate for use in found.gates] == ["i", "f", "o"]
    for use in found.gates:
        assert ((use.mean > 0) & (use.mean < 1)).all()
        assert (use.open + use.closed <= 1).all()
        # Markov: a mean of m leaves at most m / 0.9 above 0.9
        assert (use.open <= use.mean / 0.9 + 1e-6).all()
