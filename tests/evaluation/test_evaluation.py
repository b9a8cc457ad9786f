"""Metrics, intervals and calibration against reference values and second implementations."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from diagnosis.evaluation.auc import auc, auc_variance
from diagnosis.evaluation.calibration import calibrate, negative_log_likelihood
from diagnosis.evaluation.decision_rule import DecisionRule
from diagnosis.evaluation.estimates import bootstrap, proportion
from diagnosis.evaluation.metrics import evaluate
from diagnosis.evaluation.operating import operating_point
from diagnosis.evaluation.reliability import expected_calibration_error
from diagnosis.models.card import CalibrationFacts


def test_wilson_interval_is_the_textbook_one() -> None:
    """Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263 gives 0.2553 to 0.3662."""
    figure = proportion(81, 263)
    assert figure.estimate == pytest.approx(0.3080, abs=5e-5)
    assert (figure.lower, figure.upper) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_auc_equals_sklearn_with_ties() -> None:
    rng = np.random.default_rng(1)
    truth, scores = rng.random(300) < 0.3, rng.integers(0, 12, 300)
    assert auc(truth, scores).estimate == pytest.approx(roc_auc_score(truth, scores))


def test_delong_variance_equals_the_definition() -> None:
    """Every pair compared one by one, as DeLong et al. write it."""
    rng = np.random.default_rng(2)
    truth = np.arange(60) < 25
    scores = rng.normal(size=60) + truth
    wins = (scores[truth][:, None] > scores[~truth]) + 0.5 * (
        scores[truth][:, None] == scores[~truth]
    )
    expected = wins.mean(axis=1).var(ddof=1) / 25 + wins.mean(axis=0).var(ddof=1) / 35
    assert auc_variance(truth, scores) == pytest.approx((wins.mean(), expected))


def test_delong_interval_covers_what_it_promises() -> None:
    """Of 300 samples from a known pair of normals about 95 % of the intervals hold the true AUC."""
    rng = np.random.default_rng(3)
    truth = np.arange(120) < 40
    true_auc = 0.7602  # Φ(1 / √2): two normals of variance 1, a distance of 1 apart
    held = 0
    for _ in range(300):
        figure = auc(truth, rng.normal(size=120) + truth)
        held += figure.lower <= true_auc <= figure.upper
    assert 0.91 <= held / 300 <= 0.985


def test_a_perfect_auc_of_few_cases_is_not_certain() -> None:
    figure = auc(np.array([0, 0, 1, 1]), np.arange(4))
    assert figure.estimate == 1 and figure.lower < 0.5


def test_auc_without_one_class_is_an_error() -> None:
    with pytest.raises(ValueError, match="both classes"):
        auc(np.ones(4), np.arange(4))


def test_bootstrap_agrees_with_the_standard_error_of_a_mean() -> None:
    values = np.random.default_rng(4).normal(size=400)
    figure = bootstrap(np.mean, values)
    assert figure.upper - figure.lower == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.15)


def test_calibration_undoes_temperature_and_shift() -> None:
    rng = np.random.default_rng(5)
    logit = rng.normal(0, 2, 20_000)
    labels = (rng.random(20_000) < expit(logit)).astype(int)
    distorted = (3 * logit + 1.2)[:, None]
    found = calibrate(distorted, labels, "binary")
    np.testing.assert_allclose(found(distorted)[:, 0], logit, atol=0.15)
    assert CalibrationFacts.from_json(found.to_json()).to_json() == found.to_json()


@pytest.mark.parametrize("task", ["multi-class", "ordinal", "multi-label"])
def test_calibration_never_worsens_the_split_it_is_fitted_on(task: str) -> None:
    rng = np.random.default_rng(6)
    labels = rng.integers(0, 2, (500, 3)) if task == "multi-label" else rng.integers(0, 3, 500)
    logits = rng.normal(0, 4, (500, 2 if task == "ordinal" else 3))
    fitted = calibrate(logits, labels, task)
    after = negative_log_likelihood(fitted(logits), labels, task)
    assert after < negative_log_likelihood(logits, labels, task)


def test_calibration_error_by_hand() -> None:
    """Two bins: stated .2 and .8, happened 1/2 and 1/2: both 0.3 away."""
    truth, stated = np.array([0, 1, 0, 1], bool), np.array([0.2, 0.2, 0.8, 0.8])
    assert expected_calibration_error(truth, stated, bins=2) == pytest.approx(0.3)


def test_operating_point_is_youdens() -> None:
    probability = np.array([0.1, 0.2, 0.3, 0.6, 0.7, 0.9])
    truth = np.array([0, 0, 1, 0, 1, 1], bool)
    chosen = operating_point(probability, truth)
    youden = {
        at: ((probability >= at)[truth].mean() - (probability >= at)[~truth].mean())
        for at in (0.05, 0.15, 0.25, 0.45, 0.65, 0.8)
    }
    got = (probability >= chosen)[truth].mean() - (probability >= chosen)[~truth].mean()
    assert got == pytest.approx(max(youden.values()))


def test_binary_figures_by_hand_for_a_finding_of_class_0() -> None:
    """BreastMNIST's finding is class 0: sensitivity must be about that class."""
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3], [0.2, 0.8]])
    labels = np.array([0, 0, 1, 1])
    figures = evaluate(
        probabilities,
        labels,
        rule=DecisionRule("binary", 0, 0.5),
        classes=("malignant", "benign"),
    )
    assert figures["sensitivity"].estimate == 0.5
    assert figures["specificity"].estimate == 0.5
    assert figures["auc"].estimate == 0.75
    assert figures["accuracy"].estimate == 0.5


@pytest.mark.parametrize("task", ["multi-class", "ordinal", "multi-label"])
def test_every_figure_lies_in_its_interval(task: str) -> None:
    rng = np.random.default_rng(7)
    classes = ("a", "b", "c")
    labels = rng.integers(0, 2, (200, 3)) if task == "multi-label" else rng.integers(0, 3, 200)
    probabilities = rng.dirichlet(np.ones(3), 200)
    figures = evaluate(probabilities, labels, rule=DecisionRule(task), classes=classes)
    assert {"auc", "accuracy", "brier", "ece"} <= set(figures)
    for name, figure in figures.items():
        if name != "ece":  # its bootstrap is biased upwards: resampling adds noise to every bin
            assert figure.lower <= figure.estimate <= figure.upper, name
