"""Records as sequences: what is learned on the training split alone, truncation, scaling, masks, checks."""

from dataclasses import replace

import numpy as np
import pytest

from diagnosis.cases import Case, Patient
from diagnosis.core.errors import InputError
from diagnosis.datasets import Dataset, DatasetError
from diagnosis.datasets.record_set import recoded, record_dataset
from diagnosis.models.config import config_for, learned_encoder
from diagnosis.records.examples import examples, vocabulary
from diagnosis.records.record import Record
from diagnosis.sequences import EventEncoder, EventList, encoder_from_json
from tests.record_cases import LENGTH, MARKER, NOISE, record, records, toy


@pytest.fixture(scope="module")
def encoder() -> EventEncoder:
    learned = learned_encoder(toy())
    assert isinstance(learned, EventEncoder)
    return learned


def _case(given: Record, name: str = "7") -> Case:
    return Case.of(Patient(name, given))


def _record(**changes: object) -> Record:
    return replace(record(1, np.random.default_rng(5), events=8), **changes)  # type: ignore[arg-type]


def test_the_vocabulary_is_the_training_splits_most_frequent_first() -> None:
    assert set(toy().codes) == {"Age", MARKER, *NOISE}
    assert toy().codes[0] == MARKER
    alone = _record(codes=np.array(["Once"] * 8, object))
    assert "Once" not in vocabulary([alone, *records(4, 1)])
    assert "Once" in vocabulary([alone, alone])
    novel = toy().images["test"][0, :, 0]
    assert (novel == len(toy().codes) + 1).sum() == 1


def test_truncation_keeps_the_facts_and_the_latest_events() -> None:
    given = _record()
    array, left_out = examples([given], toy().codes, 4)
    assert left_out == 5
    numbers = dict(enumerate(toy().codes, 1))
    assert [numbers[int(code)] for code in array[0, :, 0]] == ["Age", *given.codes[-3:]]
    np.testing.assert_array_equal(array[0, 1:, 2], given.minutes[-3:].astype(np.float32))
    assert np.isnan(array[0, 0, 2]) and array[0, 0, 1] == given.facts["Age"]


def test_values_and_gaps_are_scaled_by_the_training_split(encoder: EventEncoder) -> None:
    batch = encoder.batch(toy().images["train"])
    assert batch.shape == (160, LENGTH, 4) and batch.dtype == np.float32
    there, valued = batch[..., 0] > 0, batch[..., 2] > 0
    for number in range(1, len(encoder.codes) + 1):
        z = batch[valued & (batch[..., 0] == number)][:, 1]
        if len(z):
            assert abs(z.mean()) < 0.05 and z.std() == pytest.approx(1, abs=0.1)
    assert abs(batch[there][:, 3].mean()) < 1e-3
    visits = batch[..., 0] == encoder.codes.index("Visit") + 1
    assert visits.any() and not batch[visits][:, 1:3].any()
    assert not batch[~there].any()


def test_an_extreme_or_infinite_value_stays_a_bounded_number(encoder: EventEncoder) -> None:
    values = np.array([1e30, -1e30, np.inf, -np.inf, np.nan, 0, 1, 2], np.float32)
    sequence = encoder.encode(_case(_record(values=values)))
    assert np.isfinite(sequence.values).all() and np.abs(sequence.values[:, 1]).max() <= 5


def test_what_lies_in_padding_is_not_seen(encoder: EventEncoder) -> None:
    clean = toy().images["val"]
    dirty = clean.copy()
    dirty[dirty[..., 0] == 0, 1:] = 77
    np.testing.assert_array_equal(encoder.batch(clean), encoder.batch(dirty))


def test_steps_are_named_and_timed(encoder: EventEncoder) -> None:
    given = _record(codes=np.array(["Novel", *[MARKER] * 7], object))
    sequence = encoder.encode(_case(given))
    assert [step.label for step in sequence.steps[:3]] == ["Age", "Novel", MARKER]
    assert sequence.mask.sum() == 9 and len(sequence) == LENGTH
    hours = [step.time for step in sequence.steps[:9]]
    assert hours[:2] == [None, 0.0]
    assert hours[8] == pytest.approx(given.hours, abs=1e-4)


def test_the_encoder_goes_through_json(encoder: EventEncoder) -> None:
    again = encoder_from_json(encoder.to_json())
    assert again == encoder and hash(again) == hash(encoder)
    np.testing.assert_array_equal(
        again.batch(toy().images["val"]), encoder.batch(toy().images["val"])
    )


def test_encoders_that_were_used_are_compared_by_what_they_are(encoder: EventEncoder) -> None:
    other = encoder_from_json(encoder.to_json())
    for each in (encoder, other):
        each.batch(toy().images["test"][:1])
    assert encoder == other and {encoder: 1}[other] == 1
    assert encoder != encoder.changed(events=LENGTH + 1)


def test_the_view_lists_events_without_padding(encoder: EventEncoder) -> None:
    case = _case(_record())
    sequence = encoder.encode(case)
    hidden = encoder.perturb(sequence, range(2, 4), "hide")
    view = encoder.view(encoder.example(case), hidden)
    assert isinstance(view, EventList) and len(view) == 9
    assert view.read.tolist() == [True, True, False, False, *[True] * 5]
    assert view.lines.shape == (9, 1, 1)
    assert any(label.endswith("mg/dL") for label in view.labels)
    assert view.scaled[np.isnan(view.values)].size == np.isnan(view.scaled[view.read]).sum()
    assert not hidden.values[2:4].any() and hidden.mask.sum() == 7
    with pytest.raises(InputError, match="blurred"):
        encoder.perturb(sequence, range(1), "blur")


def test_a_record_as_in_training_is_green_and_others_say_why(encoder: EventEncoder) -> None:
    assert encoder.quality(_case(_record())).level == "green"
    few = encoder.quality(_case(_record(codes=np.array(["Novel", *[MARKER] * 7], object))))
    assert few.level == "amber" and few.reasons[0].facts["codes"] == ["Novel"]
    strange = encoder.quality(_case(_record(codes=np.array(["Novel"] * 8, object))))
    assert strange.level == "red" and strange.reasons[0].code == "unknown codes"
    far = encoder.quality(_case(_record(values=np.full(8, 1000, np.float32))))
    assert far.reasons[0].code == "values" and far.reasons[0].facts["n"] > 0
    short = encoder.quality(_case(_record().until(0)))
    assert [reason.code for reason in short.reasons] == ["number of events"]


def test_an_empty_record_and_an_image_are_refused(encoder: EventEncoder) -> None:
    nothing = Record(np.empty(0), np.empty(0, object), np.empty(0, np.float32))
    with pytest.raises(InputError, match="empty"):
        encoder.encode(_case(nothing))
    from diagnosis.datasets import phantoms

    with pytest.raises(InputError, match="records"):
        encoder.encode(phantoms().case("test", 1))
    images = config_for("gru", phantoms().facts).encoder
    with pytest.raises(InputError, match="images"):
        images.encode(_case(_record()))


def test_a_set_is_seen_through_other_vocabularies() -> None:
    codes = (*reversed(toy().codes), "More")
    other = recoded(toy(), codes)
    assert other.codes == codes
    mine, theirs = toy().images["test"][..., 0], other.images["test"][..., 0]
    for number, code in enumerate(toy().codes, 1):
        np.testing.assert_array_equal(mine == number, theirs == codes.index(code) + 1)
    assert (theirs == len(codes) + 1).sum() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"val": []}, "no patient in its val split"),
        ({"test": [_record(label=None)]}, "no label"),
        ({"test": [_record(label=2)]}, "0 to 1"),
        ({"train": [_record(codes=np.array(list("abcdefgh"), object), facts={})]}, "two patients"),
    ],
)
def test_a_set_that_cannot_be_learned_from_is_refused(
    changes: dict[str, list[Record]], words: str
) -> None:
    splits = {"train": records(4, 1), "val": records(4, 2), "test": records(4, 3)} | changes
    with pytest.raises(DatasetError, match=words):
        record_dataset(toy().facts, splits, sha256="", length=LENGTH)


def test_a_case_of_the_set_is_a_record() -> None:
    dataset: Dataset = toy()
    case = dataset.case("test", 2)
    assert case.scan.kind == "record" and case.label == ("event",)
    assert case.selection.frame is None
