"""One case through one model: what is called, and from which row on."""

import numpy as np
import pytest

from diagnosis.datasets import load
from diagnosis.inference.predictor import Model
from diagnosis.scans import Quality
from tests.shipped import shipped


@pytest.fixture(scope="module")
def model() -> Model:
    return shipped("phantoms/simple_rnn")


def test_call_and_settling_follow_the_threshold(model: Model) -> None:
    finding, threshold = model.config.finding, model.threshold
    assert finding is not None and threshold is not None
    called, settled_late, left_open = set(), 0, 0
    for image in load("phantoms").images["test"][:40]:
        reading = model.read_image(image, Quality("green", ()))
        assert reading.running is not None
        odds = np.log(reading.probabilities / (1 - reading.probabilities))[finding]
        assert reading.margin == pytest.approx(abs(odds - np.log(threshold / (1 - threshold))))
        if not reading.called:
            assert (reading.outcome, reading.call, reading.decided) == ("no call", (), None)
            left_open += 1
            continue
        assert reading.decided is not None
        found = [row[finding] >= threshold for row in reading.running]
        assert reading.call == (model.config.classes[finding if found[-1] else 1 - finding],)
        expected = len(found) - 1
        while expected and found[expected - 1] == found[-1]:
            expected -= 1
        assert reading.decided == expected
        called.add(reading.call)
        settled_late += expected > 0
    assert len(called) == 2 and settled_late and left_open


def test_a_prepared_sequence_is_read_as_its_image_is(model: Model) -> None:
    image = load("phantoms").images["test"][3]
    quality = Quality("green", ())
    of_image = model.read_image(image, quality)
    of_sequence = model.read_sequence(of_image.sequence, image, quality)
    np.testing.assert_array_equal(of_sequence.probabilities, of_image.probabilities)
    without = model.read_sequence(of_image.sequence, image, quality, trace=False)
    assert without.trace is None and without.running is None
    np.testing.assert_allclose(without.probabilities, of_image.probabilities, atol=1e-6)


def test_a_picture_that_is_not_fit_is_not_called(model: Model) -> None:
    image = load("phantoms").images["test"][0]
    reading = model.read_image(image, Quality("red", ("It is blank.",)))
    assert (reading.outcome, reading.call, reading.decided) == ("refused", (), None)
