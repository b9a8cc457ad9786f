"""What a version said of its splits: kept with it, the same as a fresh reading, and never taken unchecked."""

import hashlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diagnosis.__main__ import main
from diagnosis.core.errors import InputError
from diagnosis.core.reason import Reason
from diagnosis.datasets import catalogue, phantoms
from diagnosis.evaluation.auc import auc
from diagnosis.evaluation.decision_rule import DecisionRule
from diagnosis.evaluation.operating import confusion
from diagnosis.inference.abstention import selective
from diagnosis.inference.policy import abstention_rules
from diagnosis.inference.predictor import Predictor
from diagnosis.inference.split_predictions import (
    Predictions,
    abstention,
    observed,
    predict,
    stored,
    to_arrays,
)
from diagnosis.jobs.card_contents import measure, rounded
from diagnosis.models import store
from diagnosis.models.config import config_for
from diagnosis.models.store import Version
from diagnosis.text.outcome import rule_sentences
from tests.cases import example
from tests.shipped import shipped

SHIPPED = [version for version in store.versions() if store.SHIPPED in version.folder.parents]


def _ids(version: Version) -> str:
    return f"{version.name}/{version.version}"


@pytest.mark.parametrize(
    "version", [each for each in SHIPPED if each.config.finding is not None], ids=_ids
)
def test_the_figures_on_a_card_are_those_of_what_was_kept(version: Version) -> None:
    rule = abstention(version)
    assert rule is not None
    for split, counted in (("val", rule.val), ("test", rule.test)):
        found = stored(version, split)
        assert found is not None
        if split == "test" or version.card.cross_fit is None:  # else both other splits are counted
            assert selective(found.margins, found.wrong, rule.limit) == counted
        figures, finding = getattr(version.card.metrics, split), version.config.finding
        assert len(found.labels) == figures.n and finding is not None
        truth, probability = found.truth(finding), found.probabilities[:, finding]
        assert found.threshold is not None and found.threshold == version.card.threshold
        counts = confusion(truth, probability, found.threshold)
        for name, again in (
            ("auc", auc(truth, probability)),
            ("sensitivity", counts.sensitivity),
            ("specificity", counts.specificity),
            ("accuracy", counts.accuracy),
        ):
            assert again.estimate == pytest.approx(figures.estimates[name].estimate, abs=2e-5), name


def test_a_fresh_reading_says_the_same() -> None:
    model = shipped("phantoms/gru")
    kept = stored(model.version, "test")
    fresh = predict(model.forward, phantoms(), "test")
    assert kept is not None
    np.testing.assert_allclose(fresh.probabilities, kept.probabilities, atol=1e-5)
    np.testing.assert_array_equal(fresh.labels, kept.labels)
    with pytest.raises(ValueError, match="read-only"):
        kept.labels[0] = 1


def _labels(probabilities: list[list[float]], labels: list[list[int]]) -> Predictions:
    values, truth = np.array(probabilities), np.array(labels)
    facts = catalogue()["chestmnist"]
    return Predictions(truth, values, config_for("lstm", facts), DecisionRule("multi-label"))


def test_losses_and_worst_cases_by_hand() -> None:
    config = config_for("lstm", catalogue()["breastmnist"])  # its finding is class 0
    assert config.finding == 0
    values = np.array([[0.9, 0.1], [0.3, 0.7], [0.2, 0.8], [0.7, 0.3], [0.95, 0.05], [0.6, 0.4]])
    labels = np.array([0, 0, 0, 1, 1, 0])
    found = Predictions(labels, values, config, DecisionRule("binary", 0, 0.5))
    np.testing.assert_allclose(found.losses, -np.log([0.9, 0.3, 0.2, 0.3, 0.05, 0.6]))
    assert found.worst().tolist() == [2, 1, 4, 3]  # missed first, the surest of each first
    stricter = found.at(0.8)
    assert stricter.predicted.tolist() == [0, 1, 1, 1, 0, 1]
    assert stricter.worst().tolist() == [2, 1, 5, 4]
    several = _labels([[0.9, 0.2], [0.4, 0.6]], [[1, 1], [0, 1]])
    np.testing.assert_allclose(several.losses, [-np.log(0.9 * 0.2), -np.log(0.6 * 0.6)])
    assert several.wrong.tolist() == [True, False] and several.worst().tolist() == [0]


def test_what_was_observed_is_of_the_class_in_question() -> None:
    model = shipped("phantoms/gru")
    test = stored(model.version, "test")
    assert test is not None
    finding = model.config.finding
    assert finding is not None
    ((name, alike),) = observed(test, np.array([0.02, 0.98])).items()
    assert name == model.config.classes[finding] and alike.n == 60
    nearest = np.argsort(test.probabilities[:, finding])[-60:]
    assert alike.positives <= test.truth(finding)[nearest].sum() + 5
    prediction = model.predict(example(phantoms().images["test"][0]))
    assert prediction.observed == observed(test, prediction.probabilities)
    several = _labels([[0.9, 0.2, 0.1], [0.4, 0.6, 0.2]] * 20, [[1, 1, 0], [0, 1, 0]] * 20)
    classes = several.config.classes
    assert list(observed(several, np.array([0.8, 0.7, 0.1]))) == list(classes[:2])
    assert list(observed(several, np.array([0.8, 0.1, 0.48]))) == [classes[0], classes[2]]
    few = _labels([[0.9, 0.2], [0.4, 0.6]] * 15, [[1, 1], [0, 1]] * 15)
    assert observed(few, np.array([0.8, 0.7])) == {}


def _copy(name: str, root: Path) -> Version:
    version = store.find(name)
    folder = root / version.dataset / version.variant / version.version
    shutil.copytree(version.folder, folder)
    return Version(folder)


def _rewrite(version: Version, card: dict[str, object]) -> Version:
    (version.folder / store.CARD).write_text(json.dumps(card))
    store.write_sums(version.folder)
    return Version(version.folder)


def test_a_version_of_before_calls_every_case(tmp_path: Path) -> None:
    version = _copy("phantoms/simple_rnn", tmp_path)
    indeterminate = phantoms().images["test"][0]
    assert Predictor(version).predict(example(indeterminate)).outcome == "indeterminate"
    new = ("abstention", "predictions", "ood")
    old = _rewrite(version, {k: v for k, v in version.card.to_json().items() if k not in new})
    prediction = Predictor(old).predict(example(indeterminate))
    assert (prediction.outcome, prediction.reasons, prediction.observed) == (
        "predicted",
        (),
        {},
    )
    assert stored(old, "test") is None and abstention(old) is None
    assert [rule.to_json() for rule in abstention_rules(old)] == [
        {"code": "quality"},
        {
            "code": "population",
            "population": "synthetic thorax-like pictures drawn by this program",
        },
        {"code": "out-of-distribution", "test": None},
    ]
    margin = abstention_rules(version)[-1]
    assert margin.code == "margin"
    assert margin.facts["abstention_rate"]["estimate"] == pytest.approx(0.127, abs=5e-4)
    for rules in (abstention_rules(old), abstention_rules(version)):
        assert len(set(rule_sentences(rules))) == len(rules)


def test_a_file_that_is_not_what_was_saved_is_not_used(tmp_path: Path) -> None:
    version = _copy("phantoms/simple_rnn", tmp_path)
    path = version.folder / store.PREDICTIONS
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    with pytest.raises(InputError, match=r"predictions\.npz .* are not the ones that were saved"):
        stored(version, "test")
    other = io.BytesIO()
    np.savez(other, **to_arrays({"val": np.zeros((2, 1))}, {"val": np.zeros(2)}))  # type: ignore[arg-type]
    for wrong in (b"", b"of another kind", data[:-40], other.getvalue()):
        path.write_bytes(wrong)
        entry = {"predictions": {"sha256": hashlib.sha256(wrong).hexdigest()}}
        with pytest.raises(InputError, match=r"predictions\.npz .* cannot be read: restore"):
            stored(_rewrite(version, version.card.to_json() | entry), "test")


@pytest.mark.parametrize("damaged", [{}, [], {"limit": "x"}, "none"])
def test_a_card_that_does_not_say_what_is_left_open_is_a_sentence(
    tmp_path: Path, damaged: object
) -> None:
    version = _copy("phantoms/simple_rnn", tmp_path)
    broken = _rewrite(version, version.card.to_json() | {"abstention": damaged})
    for use in (abstention, abstention_rules, Predictor):
        with pytest.raises(InputError, match=r"complete card.json \(abstention"):
            use(broken)
    bare = _rewrite(version, version.card.to_json() | {"predictions": {}})
    with pytest.raises(InputError, match="are not the ones that were saved"):
        stored(bare, "test")


def test_a_refusal_comes_before_no_call() -> None:
    model = shipped("phantoms/simple_rnn")
    image = phantoms().images["test"][0]
    assert model.predict(example(image)).outcome == "indeterminate"
    blank = example(np.zeros_like(image))
    refused = model.predict_perturbed(blank, model.config.encoder.encode(example(image)))
    assert refused.margin == model.predict(example(image)).margin
    assert (refused.outcome, refused.reasons[0]) == ("rejected", Reason("quality:blank"))


def test_evaluate_moves_the_threshold_and_the_prevalence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def evaluated(*words: str) -> dict[str, Any]:
        assert main(["evaluate", "phantoms/gru", "--json", *words]) == 0
        return json.loads(capsys.readouterr().out)

    usual, moved = evaluated(), evaluated("--threshold", "0.2", "--prevalence", "0.01")
    assert usual["operating_point"]["prevalence"] is None
    point, counts = moved["operating_point"], moved["operating_point"]["counts"]
    assert moved["threshold"] == point["threshold"] == 0.2 and point["prevalence"] == 0.01
    assert counts["false_negative"] < usual["operating_point"]["counts"]["false_negative"]
    assert point["ppv"]["estimate"] < 0.1 < moved["metrics"]["ppv"]["estimate"]
    assert moved["metrics"]["auc"] == usual["metrics"]["auc"]
    assert moved["abstention"] == usual["abstention"]  # `read` calls from its own threshold on
    assert (
        main(["evaluate", "phantoms/gru", "--threshold", "0.2", "--against", "phantoms/lstm"]) == 2
    )
    assert "leave --threshold out" in capsys.readouterr().err
    for words in (("--threshold", "1.5"), ("--prevalence", "0")):
        assert main(["evaluate", "phantoms/gru", *words]) == 2
        said = capsys.readouterr()
        assert said.out == "" and f"{words[0]} must be between 0 and 1" in said.err


def test_figures_are_rounded_far_below_their_interval() -> None:
    found = stored(store.find("phantoms/gru"), "test")
    assert found is not None
    for estimate in measure(found).values():
        assert rounded(estimate).estimate == pytest.approx(estimate.estimate, abs=1e-5)
