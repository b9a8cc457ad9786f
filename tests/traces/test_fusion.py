"""Models of a record and an image together: a missing part is inert to the bit, and all is traced."""

from collections.abc import Callable

import numpy as np
import pytest
from keras import ops

from diagnosis.core.errors import InputError
from diagnosis.inference.by_part import cell_shares
from diagnosis.inference.unpadded import read_steps
from diagnosis.models.compiled import compiled
from diagnosis.models.config import ModelConfig
from diagnosis.traces import archive
from diagnosis.traces.ablation import Ablation
from diagnosis.traces.arithmetic import unit_steps
from diagnosis.traces.taken_apart import taken_apart
from diagnosis.traces.tracer import Tracer
from tests.study_cases import few, fusion_config, random_model, study_encoder

TOLERANCE = 1e-5
EVENTS = study_encoder().record.length


@pytest.fixture(scope="module")
def tracer() -> Tracer:
    """One for all tests: each compiles for seconds."""
    return Tracer(random_model())


@pytest.fixture(scope="module")
def read() -> Callable[[np.ndarray], np.ndarray]:
    """Logits of sequences."""
    model = random_model()
    return compiled(lambda x: model(x, training=False))


def _sequences(n: int = 4) -> np.ndarray:
    return study_encoder().batch(few().images["test"][:n])


def _without(name: str, x: np.ndarray) -> np.ndarray:
    left = x.copy()
    left[:, slice(0, EVENTS) if name == "record" else slice(EVENTS, None)] = 0
    return left


def test_the_configuration_is_stored_and_needs_a_fusion_layer() -> None:
    config = fusion_config()
    assert ModelConfig.from_json(config.to_json()) == config
    with pytest.raises(InputError):
        config.changed(fusion=0)


@pytest.mark.parametrize("name", ["record", "image"])
@pytest.mark.parametrize("bytes_there", [0.0, -1e30, np.inf, np.nan])
def test_a_missing_part_is_inert_to_the_bit(
    read: Callable[[np.ndarray], np.ndarray], name: str, bytes_there: float
) -> None:
    x = _without(name, _sequences())
    filled = x.copy()
    slot = filled[:, slice(0, EVENTS) if name == "record" else slice(EVENTS, None)]
    slot[..., 1:] = bytes_there  # the first number says that nothing is read
    assert read(filled).tobytes() == read(x).tobytes()
    assert read(x).tobytes() != read(_sequences()).tobytes()


def test_what_is_predicted_without_either_is_the_same_for_everybody(
    read: Callable[[np.ndarray], np.ndarray],
) -> None:
    nothing = read(np.zeros_like(_sequences()))
    assert np.ptp(nothing) == 0


@pytest.mark.parametrize("left_out", ["", "record", "image"])
def test_a_trace_is_the_models_own(
    tracer: Tracer, read: Callable[[np.ndarray], np.ndarray], left_out: str
) -> None:
    x = _sequences()
    x = _without(left_out, x) if left_out else x
    trace = tracer(x[1])
    assert trace.difference < TOLERANCE
    np.testing.assert_allclose(trace.logits, read(x)[1], atol=TOLERANCE)
    ended = np.stack([np.where(np.arange(len(x[1]))[:, None] <= t, x[1], 0) for t in (3, 20, 39)])
    np.testing.assert_allclose(trace.per_step_logits[[3, 20, 39]], read(ended), atol=TOLERANCE)
    assert list(trace.branches) == ["record", "image", "fusion"]
    masked = x[1][:, 0] == 0
    for name, layers in trace.branches.items():
        masked_here = masked.copy()
        if name != "fusion":
            masked_here[slice(EVENTS, None) if name == "record" else slice(0, EVENTS)] = True
        for layer in layers:
            for signal in layer.signals.values():
                np.testing.assert_array_equal(np.isnan(signal).any(axis=1), masked_here)


def test_many_are_traced_as_one_is(tracer: Tracer) -> None:
    x = _sequences()
    (batch,) = tracer.batches(x)
    for number, layer in enumerate(tracer(x[2]).layers):
        assert batch[number].key == layer.key
        np.testing.assert_allclose(
            batch[number].signals["h"][2], layer.signals["h"], atol=TOLERANCE
        )


def test_the_arithmetic_of_a_unit_is_that_of_its_layer(tracer: Tracer) -> None:
    trace = tracer(_sequences()[0])
    for layer in trace.layers:
        steps = unit_steps(random_model(), layer, 1)
        first = "i" if layer.cell == "lstm" else "z"
        np.testing.assert_allclose(
            1 / (1 + np.exp(-steps.sums[first].total)), layer.signals[first][:, 1], atol=TOLERANCE
        )
    c = steps.signals["f"] * steps.previous_c + steps.signals["i"] * steps.signals["g"]
    np.testing.assert_allclose(c, steps.signals["c"], atol=TOLERANCE)


def test_shares_of_the_fused_state_add_up_and_are_whole_for_one_part(tracer: Tracer) -> None:
    x = _sequences()
    last = int(np.flatnonzero(x[0][:EVENTS, 0])[-1])
    both = cell_shares(tracer(x[0]), [last, len(x[0]) - 1])
    assert both.sum() == pytest.approx(1)
    assert (both > 0).all()
    assert cell_shares(tracer(_without("image", x)[0]), [last]).tolist() == [1]


def test_an_archive_has_the_branches(tracer: Tracer, tmp_path: object) -> None:
    from pathlib import Path

    trace, path = tracer(_sequences()[0]), Path(str(tmp_path)) / "trace.npz"
    archive.write(path, archive.arrays(trace, np.zeros(2), np.zeros((40, 2))))
    again = archive.read(path)
    assert again.parts == trace.parts
    np.testing.assert_array_equal(again.layers[-1].previous, trace.layers[-1].previous)


def test_ablation_reaches_branches_and_fusion(read: Callable[[np.ndarray], np.ndarray]) -> None:
    ablation, x = Ablation(random_model()), _sequences()
    np.testing.assert_allclose(ablation(x[0], {}).logits, read(x)[0], atol=TOLERANCE)
    for key in ablation.units:
        other = ablation(x[0], {key: [0]})
        assert abs(other.logits - read(x)[0]).max() > TOLERANCE, key
    only_record = ablation(x[0], {"image_gru_1": [0]})
    np.testing.assert_allclose(
        only_record.per_step_logits[:EVENTS],
        ablation(x[0], {}).per_step_logits[:EVENTS],
        atol=TOLERANCE,
    )


def test_embedded_steps_lead_to_the_same_logits(read: Callable[[np.ndarray], np.ndarray]) -> None:
    network, x = taken_apart(random_model()), _sequences()
    states = network.states(network.entered(ops.convert_to_tensor(x)), x[..., 0] > 0)
    np.testing.assert_allclose(
        ops.convert_to_numpy(network.logits(states)), read(x), atol=TOLERANCE
    )


def test_what_is_drawn_of_a_study_has_no_padding_and_no_missing_part() -> None:
    encoder, study = study_encoder(), few().images["test"][0]
    mask = encoder.batch(study[None])[0][:, 0] > 0
    events, rows = int((study["record"][:, 0] > 0).sum()), 28
    assert events < encoder.record.length
    drawn = read_steps(mask, encoder.parts)
    first = encoder.record.length
    assert drawn.tolist() == [*range(events), *range(first, first + rows)]
    view = encoder.view(study)
    assert len(view.shown) == len(drawn) and view.shown.lines.shape[0] == len(drawn)
    alone = mask.copy()
    alone[first:] = False
    assert read_steps(alone, encoder.parts).tolist() == list(range(events))
