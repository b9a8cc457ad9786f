"""What comes recorded with Scanline is what its models predict."""

import subprocess
import sys

import numpy as np
import pytest

from diagnosis.datasets.examples import shipped as examples
from diagnosis.inference.recorded import RECORDED, recorded
from diagnosis.models import store
from tests.shipped import shipped

WITHOUT_KERAS = """
import sys
from diagnosis.datasets.examples import shipped
from diagnosis.inference.recorded import RECORDED, recorded
from diagnosis.models import store

name, example = RECORDED[0]
assert recorded(store.find(name), shipped()[example].case) is not None
assert "keras" not in sys.modules
"""


@pytest.mark.parametrize(("name", "example"), RECORDED)
def test_a_recording_is_what_the_active_version_predicts(name: str, example: str) -> None:
    case = examples()[example].case
    found, computed = recorded(store.find(name), case), shipped(name).predict(case)
    assert found is not None, "record it again: python -m diagnosis.inference.recorded"
    assert found.trace is not None and computed.trace is not None
    assert found.per_step is not None and computed.per_step is not None
    assert (found.outcome, found.decision_step) == (computed.outcome, computed.decision_step)
    np.testing.assert_allclose(found.per_step, computed.per_step, atol=1e-4)
    np.testing.assert_array_equal(found.trace.sequence, computed.trace.sequence)
    for layer, own in zip(found.trace.layers, computed.trace.layers, strict=True):
        for signal, values in own.signals.items():
            np.testing.assert_allclose(layer.signals[signal], values, atol=1e-4)


def test_a_recording_is_of_one_version_and_one_case() -> None:
    name, example = RECORDED[0]
    case = examples()[example].case
    assert recorded(store.find("pneumoniamnist/gru"), case) is None
    assert recorded(store.find(name), examples()["chest-237"].case) is None


def test_a_recording_waits_for_no_keras() -> None:
    subprocess.run([sys.executable, "-c", WITHOUT_KERAS], check=True)
