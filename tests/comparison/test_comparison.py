"""Several versions side by side: on one case, in how they were made, and on a whole split."""

import logging
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diagnosis.cases import Case, Selection
from diagnosis.comparison.agreement import agreement
from diagnosis.comparison.case_predictions import Outcome, predict_with_each
from diagnosis.comparison.configuration import (
    configuration,
    differing,
    distinction,
)
from diagnosis.comparison.predictions import disagreements, predict
from diagnosis.comparison.seeds import seed_groups
from diagnosis.comparison.timing import time_of
from diagnosis.dashboard.compare.version_choice import choices, known
from diagnosis.datasets import catalogue, phantoms
from diagnosis.evaluation.decision_rule import DecisionRule
from diagnosis.evaluation.estimates import Estimate
from diagnosis.evaluation.paired import Difference, compare
from diagnosis.inference.predictor import Predictor
from diagnosis.inference.split_predictions import Predictions
from diagnosis.models import store
from diagnosis.models.config import config_for
from diagnosis.models.store import Version
from diagnosis.scans import Scan, read_scan, read_scan_file
from diagnosis.text.comparison import agreement_sentence, caution, difference_text, meaning
from diagnosis.text.configuration import field_label, fields_text, value_text
from tests.own_versions import own_version
from tests.scan_files import phantom_picture, saved
from tests.shipped import shipped as compiled
from tests.shipped import variants_of


@pytest.fixture(autouse=True, scope="module")
def shipped_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No versions but those that come with Scanline."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCANLINE_HOME", str(tmp_path_factory.mktemp("home")))
        yield


def shipped(variant: str, task: str = "phantoms") -> Version:
    return store.find(f"{task}/{variant}")


def model_of(version: Version) -> Predictor:
    """A shipped one, compiled once for all tests."""
    return compiled(f"{version.dataset}/{version.variant}")


@pytest.fixture(scope="module")
def scan() -> Scan:
    return read_scan(saved(Image.fromarray(phantom_picture()), "PNG"))


@pytest.fixture(scope="module")
def outcomes(scan: Scan) -> tuple[Outcome, ...]:
    """One case by all seven variants."""
    return predict_with_each(
        [shipped(name) for name in variants_of("phantoms")], Case.of(scan), load=model_of
    )


def test_every_model_reads_the_case_as_it_does_alone(
    scan: Scan, outcomes: tuple[Outcome, ...]
) -> None:
    assert [outcome.version.variant for outcome in outcomes] == variants_of("phantoms")
    for outcome in outcomes:
        alone = model_of(outcome.version).predict(Case.of(scan))
        assert outcome.prediction is not None and outcome.problem is None
        assert (
            outcome.prediction.predicted_classes == alone.predicted_classes
            and outcome.prediction.decision_step == alone.decision_step
        )
        np.testing.assert_allclose(outcome.prediction.probabilities, alone.probabilities, atol=1e-6)
        assert (outcome.prediction.trace is None) == (outcome.version.variant == "cnn")
        assert outcome.seconds is not None and outcome.seconds > 0


def test_a_scan_is_framed_and_checked_once_for_all(outcomes: tuple[Outcome, ...]) -> None:
    predictions = [outcome.prediction for outcome in outcomes if outcome.prediction is not None]
    assert len({id(prediction.image) for prediction in predictions}) == 1
    assert len({id(prediction.quality) for prediction in predictions}) == 1


def test_a_sample_is_read_as_the_data_set_holds_it() -> None:
    image = phantoms().images["test"][3]
    (outcome,) = predict_with_each([shipped("gru")], phantoms().case("test", 4), trace=False)
    assert outcome.prediction is not None and outcome.prediction.trace is None
    np.testing.assert_array_equal(outcome.prediction.image, image)


def damaged(version: Version, root: Path) -> Version:
    """A copy whose weights file was cut off."""
    folder = root / version.dataset / version.variant / version.version
    shutil.copytree(version.folder, folder)
    weights = folder / store.WEIGHTS
    weights.write_bytes(weights.read_bytes()[:1000])
    return Version(folder)


def test_a_model_that_fails_does_not_hurt_the_others(
    scan: Scan, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One by damaged weights, one by an error that nobody foresaw, and two that read."""
    broken, faulty = damaged(shipped("lstm"), tmp_path), shipped("simple_rnn")
    versions = [shipped("gru"), broken, faulty, shipped("cnn")]

    def load(version: Version) -> Predictor:
        if version == faulty:
            raise ZeroDivisionError("of a kind that no reader expects")
        return Predictor(version)

    with caplog.at_level(logging.ERROR):
        first, second, third, fourth = predict_with_each(versions, Case.of(scan), load=load)
    assert first.prediction is not None and fourth.prediction is not None
    assert second.prediction is None and third.prediction is None
    assert second.problem is not None and "not the ones that were saved" in second.problem
    assert third.problem is not None and third.problem.endswith("the log has it.")
    assert "ZeroDivisionError" not in third.problem
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [
        ZeroDivisionError
    ]
    found = agreement((first, second, third, fourth))
    assert found.failed == (1, 2)
    assert agreement_sentence(found).endswith("2 failed.")


def test_what_cannot_be_framed_is_told_by_each_model(scan: Scan) -> None:
    case = Case(scan, Selection(5))
    outcomes = predict_with_each([shipped("gru"), shipped("cnn")], case)
    assert all("no frame 6" in str(outcome.problem) for outcome in outcomes)
    found = agreement(outcomes)
    assert agreement_sentence(found) == "No model could read the image." and not found.disagree


def calling(outcomes: tuple[Outcome, ...], *calls: str | None) -> list[Outcome]:
    """The first outcomes, as if this had been called; None: failed, "": refused, "?": too close to call."""
    changed = []
    for outcome, call in zip(outcomes, calls, strict=False):
        assert outcome.prediction is not None
        if call is None:
            changed.append(Outcome(outcome.version, None, "It failed.", None))
            continue
        prediction = replace(
            outcome.prediction,
            outcome="indeterminate" if call == "?" else "predicted" if call else "rejected",
            predicted_classes=tuple(call.split("+")) if call.strip("?") else (),
        )
        changed.append(replace(outcome, prediction=prediction))
    return changed


@pytest.mark.parametrize(
    ("calls", "sentence", "disagree"),
    [
        (["a", "a", "a", "a"], "All 4 models predict a.", False),
        (["a", "a"], "Both models predict a.", False),
        (["b", "a", "a", "a"], "The models disagree: 3 predict a, 1 b.", True),
        (["b", "a"], "The models disagree: 1 predicts b, 1 a.", True),
        (["a", "b", "c", "b"], "The models disagree: 2 predict b, 1 a, 1 c.", True),
        (["a", None, "a"], "2 of 3 models predict a. 1 failed.", False),
        (["a", None, "b"], "The models disagree: 1 predicts a, 1 b. 1 failed.", True),
        (["a", None], "One model predicts a. 1 failed.", False),
        (["", "a", "a"], "2 of 3 models predict a. 1 not analysed.", False),
        (
            ["", None],
            "No prediction: no model analyses the image. 1 failed.",
            False,
        ),
        (["?", "a", "a", "?"], "2 of 4 models predict a. 2 indeterminate.", False),
        (["?", "a", ""], "One model predicts a. 1 indeterminate. 1 not analysed.", False),
        (
            ["?", "?", ""],
            "No prediction: the case is close to the decision threshold. 1 not analysed.",
            False,
        ),
        (["b", "?", "a"], "The models disagree: 1 predicts b, 1 a. 1 indeterminate.", True),
        (["", ""], "No prediction: no model analyses the image.", False),
        ([None, None], "No model could read the image.", False),
        (["a+b", "a+b"], "Both models predict a, b.", False),
    ],
)
def test_agreement_in_words(
    outcomes: tuple[Outcome, ...], calls: list[str | None], sentence: str, disagree: bool
) -> None:
    found = agreement(calling(outcomes, *calls))
    assert (agreement_sentence(found), found.disagree) == (sentence, disagree)
    said = [call for call in calls if call and call != "?"]
    assert sum(len(who) for who in found.predicting.values()) == len(said)
    for classes, places in found.predicting.items():
        assert {str(calls[place]) for place in places} == {"+".join(classes)}


def test_only_what_differs_is_told_of_two_configurations() -> None:
    lstm, gru = (configuration(shipped(name, "phantoms")) for name in ("lstm", "gru"))
    assert differing([lstm, gru]) == ["variant", "units"]
    assert (lstm["units"], gru["units"]) == ([50], [64])
    assert differing([lstm, lstm]) == []
    assert lstm["training.seed"] == 1 and lstm["encoder.size"] == 28
    assert "training.history" not in lstm and "training.seconds" not in lstm
    with_dropout = configuration(shipped("stacked_lstm", "pneumoniamnist"))
    assert value_text(with_dropout["units"]) == "128 + 128 + 128"
    assert field_label("training.batch_size") == "training: batch size"
    assert (value_text(True), value_text(None), value_text(0.002)) == ("yes", "none", "0.002")


def of_seed(version: Version) -> int:
    return version.card.training.seed


def test_seeds_are_told_apart_and_summed_up() -> None:
    """Three seeds of 50 units; a version of 128 units is no fourth seed, nor is one of another protocol."""
    versions = store.versions("pneumoniamnist/lstm")
    (group,) = seed_groups(versions)
    assert group.seeds == (1, 2, 3)
    usual = group.versions[0]
    assert [of_seed(version) for version in group.versions] == [1, 2, 3]
    assert distinction(group.versions[1], usual) == [("training.seed", 2)]
    others = {v.config.units: v for v in versions if v not in group.versions}
    assert fields_text(distinction(others[(128,)], usual)) == "128 units"
    assert others[(50,)].card.training.folds == 5
    values = [version.card.metrics.test.estimates["auc"].estimate for version in group.versions]
    mean = sum(values) / 3
    sd = (sum((value - mean) ** 2 for value in values) / 2) ** 0.5
    assert group.figures["auc"].mean == pytest.approx(mean)
    assert group.figures["auc"].sd == pytest.approx(sd)
    assert str(group.figures["auc"]) == f"{mean:.3f} ± {sd:.3f}"
    assert set(group.figures) == {"auc", "accuracy", "sensitivity", "specificity"}


def test_versions_that_cannot_be_read_are_no_seeds(tmp_path: Path) -> None:
    versions = store.versions("pneumoniamnist/lstm")
    broken = tmp_path / "pneumoniamnist" / "lstm" / "20200101-00000000"
    broken.mkdir(parents=True)
    (broken / store.CONFIG).write_text("{", encoding="utf-8")
    assert len(seed_groups([Version(broken), *versions])) == 1
    assert seed_groups([Version(broken), versions[0]]) == []


@pytest.fixture(scope="module")
def predictions() -> dict[str, Predictions]:
    return {
        name: predict(model_of(shipped(name)), phantoms())
        for name in ("gru", "bidirectional_lstm", "cnn")
    }


def test_predictions_are_those_that_the_card_was_measured_on(
    predictions: dict[str, Predictions],
) -> None:
    labels = phantoms().labels["test"]
    for name, each in predictions.items():
        accuracy = shipped(name).card.metrics.test.estimates["accuracy"].estimate
        assert (each.predicted == labels).mean() == pytest.approx(accuracy, abs=1e-5)
        np.testing.assert_allclose(each.probabilities.sum(axis=1), 1)
        assert not each.probabilities.flags.writeable and not each.predicted.flags.writeable


def test_differences_are_those_of_the_cards(predictions: dict[str, Predictions]) -> None:
    labels = phantoms().labels["test"]
    one, other = predictions["gru"], predictions["cnn"]
    found = compare(labels, one.probabilities, other.probabilities, rules=(one.rule, other.rule))
    measured = [shipped(name).card.metrics.test.estimates for name in ("gru", "cnn")]
    for name, difference in found.items():
        expected = measured[0][name].estimate - measured[1][name].estimate
        assert difference.figure.estimate == pytest.approx(expected, abs=2e-5)
        assert difference.figure.lower < difference.figure.estimate < difference.figure.upper


def test_disagreements_are_the_cases_that_are_called_differently(
    predictions: dict[str, Predictions],
) -> None:
    one, other, third = predictions.values()
    pair = disagreements([one, other])
    np.testing.assert_array_equal(pair, np.flatnonzero(one.predicted != other.predicted))
    assert 0 < len(pair) < len(one.predicted) / 2
    all_three = disagreements([one, other, third])
    assert set(pair) <= set(all_three)
    assert len(disagreements([one, one])) == 0


def test_disagreements_of_labels_are_of_any_label() -> None:
    labels = np.array([[True, False], [True, True], [False, False]])
    other = labels.copy()
    other[1, 1] = False
    pair = [
        Predictions(
            labels,
            answers.astype(float),
            config_for("lstm", catalogue()["chestmnist"]),
            DecisionRule("multi-label"),
        )
        for answers in (labels, other)
    ]
    assert disagreements(pair).tolist() == [1]


def test_times_are_of_the_answer_and_of_the_trace() -> None:
    """A bidirectional verdict is read again for every row, so its trace takes many times as long."""
    both_ways, cnn = (time_of(model_of(shipped(name))) for name in ("bidirectional_lstm", "cnn"))
    assert both_ways.trace is not None and both_ways.trace > 3 * both_ways.forward > 0
    assert cnn.trace is None and cnn.forward > 0


def difference(value: float, half: float, p: float | None) -> Difference:
    return Difference(Estimate(value, value - half, value + half), p, 624, "by hand")


def test_what_differences_mean_in_words() -> None:
    none = {"auc": difference(0.01, 0.02, 0.3), "accuracy": difference(-0.01, 0.02, 0.3)}
    assert "every interval contains 0" in meaning("A", "B", none)
    one = none | {"accuracy": difference(-0.05, 0.02, 0.01)}
    assert meaning("A", "B", one) == (
        "A has lower accuracy by 0.050 than B: its interval excludes 0. The other intervals contain 0."
    )
    both = {"auc": difference(0.03, 0.02, None), "accuracy": difference(-0.05, 0.02, 0.01)}
    assert meaning("A", "B", both) == (
        "A has higher AUC by 0.030, lower accuracy by 0.050 than B: their intervals exclude 0."
    )
    edge = none | {"accuracy": difference(-0.05, 0.049, 0.057)}
    assert "For accuracy the confidence interval and the test disagree" in meaning("A", "B", edge)
    assert "no difference is shown on these 624 cases" in meaning("A", "B", edge)
    assert "every interval" not in meaning("A", "B", edge)
    assert (
        difference_text(difference(-0.05, 0.02, 0.0004)) == "−0.050 (−0.070 to −0.030), p < 0.001"
    )
    assert difference_text(difference(0.0001, 0.02, 0.2)) == "0.000 (−0.020 to +0.020), p = 0.200"
    assert difference_text(difference(0.01, float("nan"), None)) == "+0.010 (– to –)"
    assert "of 20 intervals of 95 %" in caution(20) and "1.0 on average" in caution(20)


@pytest.mark.long
def test_a_real_upload_is_compared_by_all_shipped_models(real_data: Path) -> None:
    scan = read_scan_file(real_data / "scans" / "chest_pneumonia_1.jpeg")
    versions = [shipped(name, "pneumoniamnist") for name in variants_of("pneumoniamnist")]
    outcomes = predict_with_each(versions, Case.of(scan), load=model_of)
    found = agreement(outcomes)
    assert list(found.predicting) == [("pneumonia",)] and not found.disagree
    assert (
        len(found.predicting[("pneumonia",)]) + len(found.indeterminate) == len(versions)
        and found.indeterminate
    )
    for outcome in outcomes:
        assert outcome.prediction is not None
        if outcome.prediction.trace is not None:
            assert outcome.prediction.trace.difference < 1e-5


def test_what_is_chosen_stays_chosen_when_it_becomes_active(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCANLINE_HOME", str(tmp_path))
    version = own_version("phantoms/gru", 1)
    before, named = choices("phantoms"), f"gru/{version.version}"
    asked = ["lstm", named, "no such", "lstm"]
    assert known(asked, before) == ["lstm", named]
    store.activate(version)
    assert known(asked, choices("phantoms")) == ["lstm", "gru"]
    assert known([named, "gru"], choices("phantoms")) == ["gru"]
