"""Result panel and viewer of the page Read a scan, without a browser."""

import json
import re
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
from diagnosis.evaluation.operating import at_prevalence
from diagnosis.evaluation.reliability import Bin
from diagnosis.inference.policy import Outcome
from diagnosis.inference.prediction import Prediction
from diagnosis.inference.probability_basis import known_prevalence, probability_basis
from diagnosis.scans import Quality, Scan
from diagnosis.text.outcome import sentence
from diagnosis.text.probability import basis_sentence, contrast_sentence
from tests.shipped import shipped

MODEL = "phantoms/gru"
MOST_WORDS = 80  # around a prediction
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


def words(app: AppTest) -> str:
    """What a card says outside its details."""
    kinds = ("header", "subheader", "markdown", "caption", "error", "warning")
    (expander,) = app.expander
    inside = {id(each.proto) for kind in kinds for each in expander.get(kind)}
    return " ".join(
        str(each.value)  # type: ignore[union-attr]
        for kind in kinds
        for each in app.get(kind)
        if id(each.proto) not in inside
    )


def details_of(app: AppTest) -> str:
    """What its details say."""
    (expander,) = app.expander
    return " ".join(each.proto.body for each in expander.get("html"))


def test_a_prediction_is_one_class_one_probability_and_for_whom() -> None:
    app, prediction = panel(predicted(), label="opacity"), predicted()
    card, inside = words(app), details_of(app)
    assert app.header[0].value == plain("Prediction: opacity")
    assert re.findall(r"\d\.\d\d", card) == [f"{prediction.probabilities[1]:.2f}"]
    assert plain(prediction.population.sentence) in card
    assert len(card.split()) <= MOST_WORDS
    test = shipped(MODEL).version.card.metrics.test.estimates
    for name in ("auc", "sensitivity", "specificity"):
        assert f"{test[name].estimate:.2f} ({test[name].lower:.2f}–" in inside
    assert shipped(MODEL).version.version in inside and f"{test['ece'].estimate:.3f}" in inside
    for checked in ("Image quality", "Out-of-distribution", "Threshold", "Label in the data set"):
        assert checked in inside and checked not in card


def test_the_zone_and_the_operating_point_stand_on_the_bar() -> None:
    card = shipped(MODEL).version.card
    assert card.abstention is not None and card.threshold is not None
    (chart,) = panel(predicted()).get("plotly_chart")
    layout = json.loads(chart.proto.spec)["layout"]
    zone, line = layout["shapes"][1:]
    assert line["x0"] == card.threshold
    rule = predicted().rule
    for edge in (zone["x0"], zone["x1"]):
        (margin,) = rule.margins(np.array([[1 - edge, edge]]))
        assert margin == pytest.approx(card.abstention.limit)


@pytest.mark.parametrize(("positives", "told"), [(0, True), (40, False)])
def test_a_second_number_stands_there_where_it_differs_with_the_reason(
    positives: int, told: bool
) -> None:
    prediction = replace(predicted(), probabilities=np.array([0.05, 0.95]))
    alike = Bin(0.9, 0.99, 0.95, positives, 40)
    card = words(panel(replace(prediction, observed={"opacity": alike})))
    assert (plain(contrast_sentence("opacity", 0.95, alike)) in card) == told
    assert len(card.split()) <= MOST_WORDS


@pytest.mark.parametrize("name", ["phantoms/gru", "pneumoniamnist/lstm"])
def test_calibrated_is_said_only_of_what_is(name: str) -> None:
    version = shipped(name).version
    basis = probability_basis(version)
    error = version.card.metrics.test.estimates["ece"].estimate
    assert basis.calibrated == (error <= 0.05 and basis.worst <= 0.1)
    assert basis_sentence(basis).count("Calibrated: ") == basis.calibrated
    assert basis.prevalence is not None
    assert f"{100 * basis.prevalence:.0f} %" in basis_sentence(basis)


@pytest.mark.parametrize("outcome", ["indeterminate", "rejected"])
def test_an_abstention_shows_its_reasons_and_no_prediction(outcome: Outcome) -> None:
    reasons = REASONS[outcome]
    app = panel(replace(predicted(), outcome=outcome, reasons=reasons, predicted_classes=()))
    assert "Prediction" not in app.header[0].value
    card = words(app)
    assert plain(sentence(reasons[0])) in card and len(card.split()) <= MOST_WORDS
    rejected = outcome == "rejected"
    assert len(app.get("plotly_chart")) == (not rejected)
    assert ("robability" in card + details_of(app)) == (not rejected)


def test_a_quality_problem_stands_beside_the_prediction() -> None:
    reason = Reason("grey")
    warned = (Reason("quality:grey"),)
    app = panel(replace(predicted(), quality=Quality("amber", (reason,)), warnings=warned))
    assert "image quality" in app.warning[0].value
    assert sentence(reason) in details_of(app)
    assert app.header[0].value == plain("Prediction: opacity")


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


def test_a_frame_is_sent_and_of_whole_volumes_the_one_at_which_the_browser_rests() -> None:
    shown = scan(5)
    app = viewed(shown, 4)
    facts, values = sent(app)
    assert (facts["frame"], facts["frames"], facts["what"]) == (3, 5, "Slice")
    np.testing.assert_array_equal(values[0], shown.pixels[3])
    app = viewed(shown, whole=True)
    assert (sent(app)[0]["frame"], sent(app)[0]["steps"]) == (2, [])
    app.session_state[f"shown-{Case.of(shown).key}"] = 1
    assert sent(app.run())[0]["frame"] == 0


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

    pixels: np.ndarray = np.linspace(0, 200, 3100 * 1500).reshape(1, 3100, 1500, 1).astype(dtype)
    facts, values = unpacked(frame_bytes(scan(pixels=pixels, window=(0, 200)), 0, {}))
    assert max(values.shape[1:3]) <= SIDE
    assert abs(values.mean() - pixels.mean(dtype=float)) < 1
    assert (facts["bytes"] == 1) == (dtype == np.uint8)
    film = scan(pixels=np.repeat(pixels[:, :400, :400], 90, axis=0), window=(0, 200))
    facts, values = unpacked(film_bytes(film, {}))
    assert len(values) == 90 and values.size * facts["bytes"] <= FILM
    assert abs(values.mean() - film.pixels.mean(dtype=float)) < 1


def test_the_probability_is_told_at_another_prevalence_beside_its_own() -> None:
    app = panel(predicted())
    version = shipped(MODEL).version
    known = known_prevalence(version)
    assert known is not None
    value = float(predicted().probabilities[1])
    app.select_slider[0].set_value(0.1).run()
    there = at_prevalence(value, known=known, prevalence=0.1)
    card = words(app)
    assert f"**{value:.2f}**" in card and f"**{there:.2f}**" in card
    assert at_prevalence(known, known=known, prevalence=0.1) == pytest.approx(0.1)
