"""A set of records to a trained, saved and read model: figures, card, prediction, explanations."""

from dataclasses import replace

import numpy as np
import pytest

from diagnosis.cases import Case, Patient
from diagnosis.core.errors import InputError
from diagnosis.datasets import catalogue
from diagnosis.explanations.registry import EXPLANATIONS
from diagnosis.inference.by_event import by_event
from diagnosis.inference.predictor import Predictor
from diagnosis.jobs.experiment import train_version
from diagnosis.models.config import config_for, learned_encoder
from diagnosis.models.store import Version
from diagnosis.text.evaluation import extent_sentences
from diagnosis.training.config import TrainingConfig
from tests.record_cases import MARKER, record, toy


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """A small GRU, whose recipe asks for an augmentation that records do not have."""
    config = config_for(
        "embedding_gru", toy().facts, encoder=learned_encoder(toy()), units=(12,), embedding=6,
        dense=0, dropout=0.0,
    )  # fmt: skip
    training = TrainingConfig(epochs=15, batch_size=16, learning_rate=0.02, patience=0)
    return train_version(config, training, toy(), root=tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def model(version: Version) -> Predictor:
    return Predictor(version)


def _patient(label: int, seed: int = 9) -> Case:
    return Case.of(Patient("7", record(label, np.random.default_rng(seed), events=12)))


def test_the_signal_is_learned_and_the_card_says_what_was_measured(version: Version) -> None:
    card = version.card
    assert card.metrics.test.estimates["auc"].estimate > 0.9
    assert card.metrics.test.n == 60 and card.training.augmentation is None
    assert card.ood is not None and card.ood.detail is None
    assert card.extent is not None and card.extent.auc.estimate < 0.7
    assert len(extent_sentences(card.extent, card.metrics.test.estimates)) == 1
    assert not any("pixel" in sentence or "radiolog" in sentence for sentence in card.limits)
    assert version.config == type(version.config).from_json(version.config.to_json())


def test_a_file_and_the_sets_own_example_are_read_alike(model: Predictor) -> None:
    of_set = model.predict(toy().case("test", 2))
    stored = model.measured
    assert stored is not None
    np.testing.assert_allclose(of_set.probabilities, stored.probabilities[1], atol=1e-5)
    for label in (0, 1):
        found = model.predict(_patient(label))
        assert found.outcome == "predicted" and found.quality.level == "green"
        assert found.predicted_classes == (("stable", "event")[label],)
        assert found.detail is None and found.ood is not None
        assert found.trace is not None and found.trace.difference < 1e-5


def test_each_event_has_its_prediction(model: Predictor) -> None:
    found = model.predict(_patient(1))
    listed = by_event(found, model.config.encoder)
    events = listed["events"]
    assert len(events) == 13 and [event["step"] for event in events] == list(range(1, 14))
    assert events[0]["code"] == "Age" and events[0]["hours"] is None
    assert events[-1]["probabilities"]["event"] == pytest.approx(float(found.probabilities[1]))
    decided = listed["decision_event"]
    assert decided is not None and found.decision_step == decided["step"] - 1
    assert decided["code"] == MARKER and decided["unit"] == "mg/dL"
    change = listed["largest_change"]
    assert change["class"] == "event" and change["change"] > 0.1


def test_a_record_of_unknown_codes_is_rejected(model: Predictor) -> None:
    case = _patient(1)
    assert isinstance(case.payload, Patient)
    strange = replace(case.payload.record, codes=np.array(["Novel"] * 12, object))
    found = model.predict(Case.of(Patient("7", strange)))
    assert found.is_rejected
    (reason,) = (each for each in found.reasons if each.code == "quality:unknown codes")
    assert reason.facts["n"] == 12 and reason.facts["codes"] == ["Novel"]


def test_many_records_unlike_the_training_split_are_out_of_distribution(model: Predictor) -> None:
    case = _patient(0)
    assert isinstance(case.payload, Patient) and model.detector is not None
    record_ = case.payload.record
    only = replace(record_, codes=np.array(["Sodium"] * 12, object), values=np.full(12, 90, "f4"))
    found = model.predict(Case.of(Patient("7", only)))
    assert found.ood is not None and found.ood.level == "red"


@pytest.mark.parametrize("name", ["occlusion", "gradients"])
def test_the_events_with_the_signal_weigh_most(model: Predictor, name: str) -> None:
    case = _patient(1)
    found = model.predict(case)

    class Subject:
        """What is explained."""

        def __init__(self) -> None:
            self.model, self.case, self.prediction = model, case, found
            self.dataset, self.target = toy(), 1

    method = EXPLANATIONS[name]
    assert method.misfit(model.config, toy()) is None
    attribution = method.run(Subject())
    weights = attribution.values  # type: ignore[attr-defined]
    steps = found.sequence.steps
    late = [
        number
        for number, step in enumerate(steps)
        if step.label == MARKER and found.sequence.values[number, 1] > 0.5
    ]
    assert weights[13:] == pytest.approx(0)  # padding
    assert int(np.argmax(weights)) in late
    assert attribution.lower < attribution.upper  # type: ignore[attr-defined]
    if name == "gradients":
        assert attribution.completeness.residual < 0.05  # type: ignore[attr-defined]
    assert "image" not in method.caption_for(model.config.encoder.steps)


def test_an_explanation_needs_the_codes_that_the_model_learned(model: Predictor) -> None:
    other = replace(toy(), codes=tuple(reversed(toy().codes)))
    misfit = EXPLANATIONS["occlusion"].misfit(model.config, other)
    assert misfit is not None and misfit.of_data


@pytest.mark.parametrize(("variant", "records"), [("lstm", True), ("embedding_lstm", False)])
def test_a_variant_reads_records_or_images(variant: str, records: bool) -> None:
    encoder = learned_encoder(toy()) if records else None
    with pytest.raises(InputError, match="choose"):
        config_for(variant, catalogue()["phantoms"], encoder=encoder)
