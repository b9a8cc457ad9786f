"""What is added from outside, in a few lines each, works on the page and on the command line."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from keras import layers
from PIL import Image

from diagnosis.__main__ import main
from diagnosis.datasets import phantoms
from diagnosis.explanations import registry
from diagnosis.explanations.attribution import Attribution, AttributionMethod
from diagnosis.explanations.background import Background
from diagnosis.inference.predictor import Predictor
from diagnosis.jobs.experiment import train_version
from diagnosis.models import variants
from diagnosis.models.config import ModelConfig, config_for
from diagnosis.models.store import Version, activate
from diagnosis.models.variants import Variant
from diagnosis.sequences import ENCODERS, PixelRows, RowEncoder, Sequence, register
from diagnosis.training.config import TrainingConfig
from tests.dashboard.test_pages import opened

NAME = "phantoms/twisted_gru"


class EverySecond(RowEncoder):
    """Rows of every second pixel."""

    kind: Literal["every-second"] = "every-second"  # type: ignore[assignment]

    @property
    def features(self) -> int:
        """Half as many."""
        return super().features // 2

    def batch(self, examples: np.ndarray) -> np.ndarray:
        """Without the pixels between."""
        return np.ascontiguousarray(super().batch(examples)[..., ::2])

    def blurred(self, values: np.ndarray) -> np.ndarray:
        """As if each pixel stood twice."""
        return super().blurred(values.repeat(2, axis=1))[:, ::2]

    def view(self, example: np.ndarray, sequence: Sequence | None = None) -> PixelRows:
        """The pixels that are read."""
        return PixelRows(super().view(example).pixels[:, ::2])


def twisted(sequence: Any, config: ModelConfig, dtype: str) -> Any:
    """A GRU whose states are turned by a rotation that is not trained."""
    states = layers.GRU(config.units[0], name="gru_1", dtype=dtype)(sequence)
    return layers.Dense(
        config.units[0], use_bias=False, kernel_initializer="orthogonal", trainable=False,
        name="twist", dtype=dtype,
    )(states)  # fmt: skip


TWISTED = Variant(
    name="twisted_gru", title="Twisted GRU", cell="gru", sentence="A GRU, turned.",
    source="this test", units=(8,), layers=twisted,
)  # fmt: skip


class Brightness(AttributionMethod):
    """How much brighter a row is than the mean row."""

    title = "Brightness"
    caption = "The mean of each {step}: it says nothing of the network."

    def prepare(
        self, model: Predictor, background: Background, target: int
    ) -> Callable[[np.ndarray], Attribution]:
        """Weights are differences of means."""
        usual = background.mean.mean(axis=1)
        return lambda values: Attribution(values.mean(axis=1) - usual, -0.5, 0.5, "grey", 0.1)


@pytest.fixture(scope="module")
def version() -> Iterator[Version]:
    """A small model of them, trained and active; they are forgotten afterwards."""
    register(EverySecond)
    variants.register(TWISTED)
    registry.register("brightness", Brightness())
    dataset = phantoms()
    config = config_for("twisted_gru", dataset.facts).changed(encoder=EverySecond())
    made = train_version(config, TrainingConfig(epochs=3, augmentation=None), dataset)
    activate(made)
    yield made
    del ENCODERS["every-second"], variants._KNOWN["twisted_gru"]
    del registry.EXPLANATIONS["brightness"]


def test_the_version_is_read_back_with_its_encoder(version: Version) -> None:
    stored = json.loads((version.folder / "config.json").read_text())
    assert stored["encoder"]["kind"] == "every-second"
    assert isinstance(Version(version.folder).config.encoder, EverySecond)


def test_a_case_is_read_and_explained_on_the_command_line(
    version: Version, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "phantom.png"
    Image.fromarray(phantoms().images["test"][0]).save(path)
    assert main(["read", str(path), "--model", NAME, "--explain", "brightness", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    prediction = Predictor(version).predict(phantoms().case("test", 1))
    assert told["model"] == NAME
    assert list(told["probabilities"].values()) == pytest.approx(prediction.probabilities.tolist())
    assert prediction.trace is not None and prediction.sequence.values.shape == (28, 14)
    (explained,) = told["explanations"]
    assert explained["name"] == "brightness" and len(explained["weights"]) == 28
    assert explained["limits"] == "The mean of each row: it says nothing of the network."


@pytest.mark.parametrize("key", ["read", "gates"])
def test_a_case_is_read_and_explained_on_the_page(version: Version, key: str) -> None:
    app = opened(key, {"task": "phantoms", "model": "twisted_gru", "section": "attribution"})
    app.session_state["source"] = "Sample"
    app.run()
    assert not app.exception and not app.error
    assert len(app.get("plotly_chart")) >= 3  # picture, per-step prediction, gates
    if key == "gates":
        methods = app.get("button_group")
        assert any("Brightness" in str(each.proto) for each in methods)
