"""A picture and a record as one sequence."""

import numpy as np
import pytest

from diagnosis.cases import Case, Patient, Study
from diagnosis.core.errors import InputError
from diagnosis.datasets.study_phantoms import study_phantoms
from diagnosis.records.record import Record
from diagnosis.records.studies import IMAGE, RECORD, SEEN, studies
from diagnosis.sequences import PixelRows, encoder_from_json
from diagnosis.sequences.view import StudyView
from tests.study_cases import study_encoder


def _patient(codes: list[str]) -> Patient:
    n = len(codes)
    values = np.full(n, 30, np.float32)
    return Patient("a", Record(np.arange(n, dtype=float), np.array(codes, object), values, {}))


def test_the_encoder_is_stored_and_read_back() -> None:
    encoder = study_encoder()
    assert encoder_from_json(encoder.to_json()) == encoder
    record, image = encoder.parts
    assert (record.stop, image.stop) == (image.start, encoder.length)


def test_each_part_of_a_sequence_is_what_its_own_encoder_makes() -> None:
    encoder, cases = study_encoder(), study_phantoms().images["test"][:5]
    sequences, (record, image) = encoder.batch(cases), encoder.parts
    np.testing.assert_array_equal(
        sequences[:, : record.stop, : record.features], encoder.record.batch(cases[RECORD])
    )
    np.testing.assert_array_equal(
        sequences[:, image.start :, 1 : image.features], encoder.image.batch(cases[IMAGE])
    )
    case = study_phantoms().case("test", 1)
    np.testing.assert_array_equal(encoder.encode(case).values, sequences[0])
    assert encoder.encode(case).steps[0].label == "age"


def test_models_of_one_part_read_that_part_of_a_study() -> None:
    case, encoder = study_phantoms().case("test", 2), study_encoder()
    example = study_phantoms().images["test"][1]
    np.testing.assert_array_equal(encoder.image.example(case), example[IMAGE])
    np.testing.assert_array_equal(encoder.record.example(case), example[RECORD])


def test_whatever_lies_in_an_empty_slot_is_not_in_the_sequence() -> None:
    encoder, rng = study_encoder(), np.random.default_rng(0)
    whole = study_phantoms().images["test"][:4]
    nobody = np.zeros(4, bool)
    black = studies(np.zeros_like(whole[IMAGE]), whole[RECORD], nobody)
    noise = rng.integers(0, 256, whole[IMAGE].shape).astype(np.uint8)
    other = studies(noise, whole[RECORD], nobody)
    assert encoder.batch(black).tobytes() == encoder.batch(other).tobytes()
    assert not encoder.batch(black)[:, encoder.record.length :].any()


def test_a_case_with_one_part_masks_the_other() -> None:
    encoder = study_encoder()
    alone = Case.of(_patient(["CRP", "Temp"]))
    sequence = encoder.encode(alone)
    assert sequence.mask.sum() == 2
    assert not sequence.mask[encoder.record.length :].any()
    assert not encoder.example(alone)[SEEN]
    assert Case.of(Study(None, _patient(["CRP"]))).key == Case.of(_patient(["CRP"])).key
    with pytest.raises(InputError):
        Study(None, None)
    with pytest.raises(InputError):
        encoder.image.example(Case.of(Study(None, _patient(["CRP"]))))


def test_a_part_is_left_out_as_if_it_had_never_been_there() -> None:
    encoder, whole = study_encoder(), study_phantoms().images["test"][:1]
    sequence = encoder.sequence(encoder.batch(whole)[0])
    missing = studies(whole[IMAGE], whole[RECORD], np.zeros(1, bool))
    without = encoder.without(sequence, IMAGE)
    assert without.values.tobytes() == encoder.batch(missing)[0].tobytes()
    assert without.mask.sum() == (whole[RECORD][0][:, 0] > 0).sum()


def test_a_hidden_event_is_masked_and_a_hidden_row_is_grey() -> None:
    encoder, case = study_encoder(), study_phantoms().case("test", 3)
    sequence, at = encoder.encode(case), encoder.record.length
    assert not encoder.perturb(sequence, range(1, 2), "hide").mask[1]
    changed = encoder.perturb(sequence, range(at, at + 2), "hide")
    assert changed.mask[at] and np.ptp(changed.values[at, 1:29]) == 0
    np.testing.assert_array_equal(changed.values[at + 2 :], sequence.values[at + 2 :])


def test_what_is_drawn_has_the_steps_of_the_sequence() -> None:
    encoder, case = study_encoder(), study_phantoms().case("test", 1)
    view = encoder.view(encoder.example(case), encoder.encode(case))
    assert isinstance(view, StudyView)
    assert isinstance(view.image, PixelRows)
    assert len(view) == len(encoder.encode(case)) == len(view.lines)
    np.testing.assert_array_equal(view.lines[encoder.record.length :], view.image.lines)


def test_only_studies_are_read_and_a_part_of_another_size_is_rejected() -> None:
    encoder, whole = study_encoder(), study_phantoms().images["test"][:2]
    with pytest.raises(InputError):
        encoder.batch(whole[IMAGE])
    with pytest.raises(InputError):
        encoder.batch(studies(whole[IMAGE][:, ::2, ::2], whole[RECORD]))
