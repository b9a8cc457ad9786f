"""One case through one model: what is called, and from which row on."""

from pathlib import Path

import numpy as np
import pytest

from diagnosis.datasets import load
from diagnosis.datasets.examples import examples_of
from diagnosis.inference.predictor import Predictor
from diagnosis.text.prediction import decision_of
from tests.cases import example
from tests.shipped import shipped


@pytest.fixture(scope="module")
def model() -> Predictor:
    return shipped("phantoms/simple_rnn")


def test_call_and_settling_follow_the_threshold(model: Predictor) -> None:
    finding, threshold = model.config.finding, model.threshold
    assert finding is not None and threshold is not None
    called, late_step, abstention_rate = set(), 0, 0
    for image in load("phantoms").images["test"][:40]:
        prediction = model.predict(example(image))
        assert prediction.per_step is not None
        odds = np.log(prediction.probabilities / (1 - prediction.probabilities))[finding]
        assert prediction.margin == pytest.approx(abs(odds - np.log(threshold / (1 - threshold))))
        if not prediction.is_predicted:
            assert (prediction.outcome, prediction.predicted_classes, prediction.decision_step) == (
                "indeterminate",
                (),
                None,
            )
            abstention_rate += 1
            continue
        found = [row[finding] >= threshold for row in prediction.per_step]
        assert prediction.predicted_classes == (
            model.config.classes[finding if found[-1] else 1 - finding],
        )
        expected = len(found) - 1
        while expected and found[expected - 1] == found[-1]:
            expected -= 1
        assert prediction.decision_step == (expected or None)
        assert prediction.never_crossed == (expected == 0)
        words = decision_of(prediction, "row")
        assert words == (f"row {expected + 1}" if expected else "never crossed the threshold")
        called.add(prediction.predicted_classes)
        late_step += expected > 0
    assert len(called) == 2 and 0 < late_step < 40 - abstention_rate and abstention_rate


def test_a_prepared_sequence_is_read_as_its_image_is(model: Predictor) -> None:
    image = load("phantoms").images["test"][3]
    case = example(image)
    of_image = model.predict(case)
    of_sequence = model.predict_perturbed(case, of_image.sequence)
    np.testing.assert_array_equal(of_sequence.probabilities, of_image.probabilities)
    without = model.predict_perturbed(case, of_image.sequence, trace=False)
    assert without.trace is None and without.per_step is None
    np.testing.assert_allclose(without.probabilities, of_image.probabilities, atol=1e-6)


def test_a_picture_that_is_not_fit_is_not_called(model: Predictor) -> None:
    prediction = model.predict(example(np.zeros((28, 28), np.uint8)))
    assert (prediction.outcome, prediction.predicted_classes, prediction.decision_step) == (
        "rejected",
        (),
        None,
    )


def test_a_shipped_example_is_read_as_the_test_image_that_it_is(
    real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCANLINE_DATA", str(real_data))
    lstm = shipped("pneumoniamnist/lstm")
    for each in list(examples_of("pneumoniamnist", 28).values())[:2]:
        assert each.number is not None
        sample = load(each.task, download=False).case(each.split, each.number)
        one, other = lstm.predict(each.case), lstm.predict(sample)
        assert np.array_equal(one.sequence.values, other.sequence.values)
        assert np.array_equal(one.probabilities, other.probabilities)
        assert (one.outcome, one.decision_step) == (other.outcome, other.decision_step)
