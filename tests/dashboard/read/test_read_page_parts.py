"""Result panel and viewer of the page Read a scan, without a browser."""

from dataclasses import replace
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
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
    test = shipped(MODEL).version.card["metrics"]["test"]
    for name in ("auc", "sensitivity", "specificity"):
        assert f"{test[name]['estimate']:.2f} ({test[name]['lower']:.2f}–" in captions
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


def test_window_and_level_have_presets_of_the_scan() -> None:
    app = viewed(scan())
    assert app.selectbox[0].options == ["as stored", "full range"]
    level, width = app.slider
    assert (level.value, width.value) == (300, 400)
    app.selectbox[0].select("full range").run()
    assert [slider.value for slider in app.slider] == [300, 400]  # it is the stored one
    ct = viewed(scan(tags={"Modality": "CT"}))
    ct.selectbox[0].select("lung").run()
    assert [slider.value for slider in ct.slider] == [-600, 1500]


def test_a_blank_scan_has_no_window_to_choose() -> None:
    blank = scan(pixels=np.full((1, 8, 8, 1), 7, np.uint16), window=(0, 7))
    assert not viewed(blank).slider


def test_only_where_the_model_reads_all_frames_another_can_be_shown() -> None:
    assert viewed(scan(5), 3).slider[0].label.startswith("Level")
    app = viewed(scan(5), whole=True)
    assert (app.slider[0].min, app.slider[0].max, app.slider[0].value) == (1, 5, 3)


def test_facts_and_tags_stand_below_the_picture() -> None:
    app = viewed(scan(3, tags={"Modality": "MR"}))
    captions = [caption.value for caption in app.caption]
    assert any("60 × 40 pixels, 3 frames, 12 bit" in caption for caption in captions)
    assert "A note." in captions
    assert app.dataframe[0].value["value"].tolist() == ["MR"]
    assert app.code[0].value == "ab" * 32


def test_the_picture_is_small_enough_to_send_and_large_enough_to_see() -> None:
    from diagnosis.dashboard.read.viewer import SHOWN, _png

    for height, width in ((28, 28), (3000, 1500)):
        picture = Image.open(BytesIO(_png(np.zeros((height, width, 1), np.uint8))))
        assert SHOWN // 2 - 28 < max(picture.size) <= SHOWN
