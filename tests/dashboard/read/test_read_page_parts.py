"""Result panel and viewer of the page Read a scan, without a browser."""

import json
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from diagnosis.cases import Case
from diagnosis.core.reason import Reason
from diagnosis.dashboard.shell.escape import plain
from diagnosis.datasets import load
from diagnosis.inference.policy import Outcome
from diagnosis.inference.prediction import Prediction
from diagnosis.scans import Quality, Scan
from diagnosis.text.outcome import sentence
from tests.shipped import shipped

MODEL = "phantoms/gru"
REASONS: dict[Outcome, tuple[Reason, ...]] = {
    "predicted": (),
    "indeterminate": (Reason("modality-not-stated"),),
    "rejected": (Reason("age", {"stated": "18+", "expected": [1, 5]}),),
}


@cache
def predicted() -> Prediction:
    """The prediction for a phantom with an opacity."""
    split = load("phantoms")
    case = int(np.flatnonzero(split.labels["test"] == 1)[0])
    return shipped(MODEL).predict(split.case("test", case + 1))


def panel(prediction: Prediction, label: str | None = None) -> AppTest:
    """The result panel alone."""

    def script(prediction: "Any", version: "Any", label: str | None) -> None:
        from diagnosis.dashboard.read.result_panel import result_panel

        result_panel(prediction, version.config, version, label=label)

    arguments = (prediction, shipped(MODEL).version, label)
    app = AppTest.from_function(script, args=arguments, default_timeout=60).run()
    assert not app.exception, app.exception
    return app


def test_a_prediction_is_named_with_its_probabilities_and_error_rates() -> None:
    app = panel(predicted(), label="opacity")
    assert app.subheader[0].value == "Prediction: opacity"
    assert not app.error
    assert len(app.get("plotly_chart")) == 1
    captions = "\n".join(caption.value for caption in app.caption)
    test = shipped(MODEL).version.card.metrics.test.estimates
    for name in ("auc", "sensitivity", "specificity"):
        assert f"{test[name].estimate:.2f} ({test[name].lower:.2f}–" in captions
    assert shipped(MODEL).version.version in captions
    assert captions.endswith("Label in the data set: opacity")


@pytest.mark.parametrize("outcome", ["indeterminate", "rejected"])
def test_an_abstention_shows_its_reasons_and_no_prediction(outcome: Outcome) -> None:
    reasons = REASONS[outcome]
    app = panel(replace(predicted(), outcome=outcome, reasons=reasons, predicted_classes=()))
    (title,) = [each.value for each in app.subheader]
    assert "Prediction" not in title
    told = app.error if outcome == "rejected" else app.warning
    assert plain(sentence(reasons[0])) in "\n".join(each.value for each in told)
    folded = [each for each in app.expander if each.get("plotly_chart")]
    assert len(folded) == (outcome == "rejected")  # its numbers are not in sight


def test_a_quality_problem_stands_beside_the_prediction() -> None:
    reason = Reason("grey")
    quality = Quality("amber", (reason,))
    app = panel(replace(predicted(), quality=quality))
    assert sentence(reason) in app.warning[0].value
    assert app.subheader[0].value == "Prediction: opacity"


def scan(frames: int = 1, **changes: Any) -> Scan:
    """Frames of 16 bit, each of its own grey, the middle brighter."""
    pixels = np.full((frames, 40, 60, 1), 100, np.uint16)
    pixels += np.arange(frames, dtype=np.uint16)[:, None, None, None] * 50
    pixels[:, 10:30, 20:40] += 400
    facts: dict[str, Any] = {
        "pixels": pixels, "kind": "volume" if frames > 1 else "picture", "format": "DICOM", "bits": 12,
        "window": (100, 500), "spacing": None, "sha256": "ab" * 32, "tags": {}, "notes": ("A note.",),
    }  # fmt: skip
    return Scan(**(facts | changes))


def viewed(shown: Scan, number: int | None = None, *, whole: bool = False) -> AppTest:
    """The viewer and the facts below it."""

    def script(case: "Any") -> None:
        from diagnosis.dashboard.read.viewer import facts_of, viewer

        viewer(case)
        facts_of(case)

    case = Case.of(shown, number, whole=whole)
    app = AppTest.from_function(script, args=(case,), default_timeout=60).run()
    assert not app.exception, app.exception
    return app


def sent(app: AppTest) -> tuple[dict[str, Any], np.ndarray]:
    """What the viewer gave the browser: facts, and the values ``(1, height, width, channels)``."""
    (view,) = app.get("bidi_component")
    return unpacked(view.proto.bytes)


def unpacked(data: bytes) -> tuple[dict[str, Any], np.ndarray]:
    length = int.from_bytes(data[:4], "little")
    facts = json.loads(data[4 : 4 + length])
    values = np.frombuffer(data, f"<u{facts['bytes']}", offset=4 + length)
    shape = (-1, facts["height"], facts["width"], facts["channels"])
    return facts, facts["offset"] + facts["slope"] * values.reshape(shape)


def test_the_viewer_gets_the_values_and_the_windows_of_the_scan() -> None:
    shown = scan()
    facts, values = sent(viewed(shown))
    np.testing.assert_array_equal(values, shown.pixels)
    assert facts["presets"] == {"As stored": [100, 500], "Full range": [100, 500]}
    assert (facts["step"], facts["frame"], facts["frames"]) == (1, 0, 1)
    facts, _ = sent(viewed(scan(tags={"Modality": "CT"})))
    assert facts["presets"]["Lung"] == [-1350, 150]


def test_a_frame_is_sent_and_whole_volumes_have_a_slider() -> None:
    shown = scan(5)
    app = viewed(shown, 4)
    facts, values = sent(app)
    assert (facts["frame"], facts["frames"], facts["what"]) == (3, 5, "Slice")
    np.testing.assert_array_equal(values[0], shown.pixels[3])
    assert not app.slider
    app = viewed(shown, whole=True)
    assert (app.slider[0].min, app.slider[0].max, app.slider[0].value) == (1, 5, 3)
    app.slider[0].set_value(1).run()
    assert sent(app)[0]["frame"] == 0


def test_facts_and_tags_stand_below_the_picture() -> None:
    app = viewed(scan(3, tags={"Modality": "MR"}))
    captions = [caption.value for caption in app.caption]
    assert any("60 × 40 pixels, 3 frames, 12 bit" in caption for caption in captions)
    assert "A note." in captions
    (tags,) = [each.proto.body for each in app.get("html") if "details" in each.proto.body]
    assert "MR" in tags and "ab" * 32 in tags


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
def test_what_is_sent_is_bounded_and_true_to_the_values(dtype: type) -> None:
    from diagnosis.dashboard.read.frame_bytes import FILM, SIDE, film_bytes, frame_bytes

    pixels = np.linspace(0, 200, 3100 * 1500).reshape(1, 3100, 1500, 1).astype(dtype)
    facts, values = unpacked(frame_bytes(scan(pixels=pixels, window=(0, 200)), 0, {}))
    assert max(values.shape[1:3]) <= SIDE
    assert abs(values.mean() - pixels.mean(dtype=float)) < 1
    assert (facts["bytes"] == 1) == (dtype == np.uint8)
    film = scan(pixels=np.repeat(pixels[:, :400, :400], 90, axis=0), window=(0, 200))
    facts, values = unpacked(film_bytes(film, {}))
    assert len(values) == 90 and values.size * facts["bytes"] <= FILM
    assert abs(values.mean() - film.pixels.mean(dtype=float)) < 1
