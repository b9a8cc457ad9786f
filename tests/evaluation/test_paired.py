"""Paired comparisons against published numbers, second implementations and what they promise."""

import numpy as np
import pytest
from scipy import stats

from diagnosis.evaluation.auc import auc_variance
from diagnosis.evaluation.decision_rule import DecisionRule, class_names
from diagnosis.evaluation.metrics import evaluate
from diagnosis.evaluation.paired import (
    Difference,
    auc_difference,
    compare,
    proportion_difference,
)

# DeLong, DeLong & Clarke-Pearson (1988): patients with ovarian cancer, as SAS/STAT's example "Comparing
# Receiver Operating Characteristic Curves" (PROC LOGISTIC) has them: albumin, total protein, K-G score,
# benefit.
DELONG_1988 = """
3.0 5.8 10 0  3.2 6.3 5 1  3.9 6.8 3 1  2.8 4.8 6 0  3.2 5.8 3 1  0.9 4.0 5 0  2.5 5.7 8 0  1.6 5.6 5 1
3.8 5.7 5 1  3.7 6.7 6 1  3.2 5.4 4 1  3.8 6.6 6 1  4.1 6.6 5 1  3.6 5.7 5 1  4.3 7.0 4 1  3.6 6.7 4 0
2.3 4.4 6 1  4.2 7.6 4 0  4.0 6.6 6 0  3.5 5.8 6 1  3.8 6.8 7 1  3.0 4.7 8 0  4.5 7.4 5 1  3.7 7.4 5 1
3.1 6.6 6 1  4.1 8.2 6 1  4.3 7.0 5 1  4.3 6.5 4 1  3.2 5.1 5 1  2.6 4.7 6 1  3.3 6.8 6 0  1.7 4.0 7 0
3.7 6.1 5 1  3.3 6.3 7 1  4.2 7.7 6 1  3.5 6.2 5 1  2.9 5.7 9 0  2.1 4.8 7 1  2.8 6.2 8 0  4.0 7.0 7 1
3.3 5.7 6 1  3.7 6.9 5 1  3.6 6.6 5 1
"""


def table(both: int, only_first: int, only_second: int, neither: int) -> Difference:
    """The difference of two proportions from the four counts of a paired table."""
    counts = (both, only_first, only_second, neither)
    first = np.repeat([True, True, False, False], counts)
    second = np.repeat([True, False, True, False], counts)
    return proportion_difference(first, second)


def test_delong_equals_the_published_comparison() -> None:
    """The output that SAS/STAT's documentation prints for the paper's own data."""
    albumin, protein, score, benefit = np.array(DELONG_1988.split(), float).reshape(-1, 4).T
    truth, score = benefit == 1, 10 - score
    for values, area, error in ((albumin, 0.7366, 0.0927), (score, 0.7258, 0.1028)):
        value, variance = auc_variance(truth, values)
        assert (value, np.sqrt(variance)) == pytest.approx((area, error), abs=5e-5)
    found = auc_difference(truth, albumin, score)
    assert found.figure.estimate == pytest.approx(0.0108, abs=5e-5)
    assert (found.figure.lower, found.figure.upper) == pytest.approx((-0.1761, 0.1976), abs=5e-5)
    assert (found.p, found.n) == (pytest.approx(0.9102, abs=5e-5), 43)
    found = auc_difference(truth, protein, score)
    assert found.figure.estimate == pytest.approx(-0.0780, abs=5e-5)
    assert (found.figure.lower, found.figure.upper) == pytest.approx((-0.2830, 0.1271), abs=5e-5)
    assert found.p == pytest.approx(0.4561, abs=5e-5)


def test_delong_covariance_equals_the_definition() -> None:
    """Every pair compared one by one, and the covariance of the two AUCs written out, ties included."""
    rng = np.random.default_rng(1)
    truth = np.arange(80) < 30
    hard = rng.normal(size=80)
    scores = [np.round(hard + truth + rng.normal(0, noise, 80), 1) for noise in (0.5, 1.0)]
    wins = [
        (s[truth][:, None] > s[~truth]) + 0.5 * (s[truth][:, None] == s[~truth]) for s in scores
    ]
    by_true, by_other = [np.cov([w.mean(axis=axis) for w in wins]) for axis in (1, 0)]
    covariance = by_true / 30 + by_other / 50
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    found = auc_difference(truth, *scores)
    assert found.figure.estimate == pytest.approx(wins[0].mean() - wins[1].mean())
    half = (found.figure.upper - found.figure.lower) / 2
    assert half == pytest.approx(stats.norm.ppf(0.975) * np.sqrt(variance))
    assert found.p is not None and found.signs == 2 * (found.p < 0.05)


def test_delong_interval_covers_what_it_promises() -> None:
    """Of 300 pairs of equally good, correlated models about 95 % of the intervals hold 0."""
    rng = np.random.default_rng(2)
    truth = np.arange(150) < 60
    held = 0
    for _ in range(300):
        shared = rng.normal(size=150) + truth
        pair = [shared + rng.normal(size=150) for _ in range(2)]
        held += auc_difference(truth, *pair).signs == 0
    assert 0.91 <= held / 300 <= 0.985


def test_a_model_does_not_differ_from_itself() -> None:
    rng = np.random.default_rng(3)
    truth, scores = np.arange(40) < 15, rng.normal(size=40)
    same = auc_difference(truth, scores, scores)
    assert (same.figure.estimate, same.figure.lower, same.figure.upper, same.p) == (0, 0, 0, 1)
    same = proportion_difference(truth, truth)
    assert same.figure.estimate == 0 and same.figure.lower < 0 < same.figure.upper and same.p == 1


def test_an_auc_difference_without_a_visible_variance_has_no_interval() -> None:
    found = auc_difference(np.array([0, 1]), np.array([0, 1]), np.array([1, 0]))
    assert found.figure.estimate == 1 and found.p is not None
    assert np.isnan([found.figure.lower, found.figure.upper, found.p]).all()
    assert found.signs == 0
    with pytest.raises(ValueError, match="both classes"):
        auc_difference(np.ones(3), np.arange(3), np.arange(3))


def test_paired_proportions_equal_the_published_interval() -> None:
    """Fagerland, Lydersen & Laake (2014): response before and after therapy (Cavo et al. 2012)."""
    found = table(59, 6, 16, 80)
    assert found.figure.estimate == pytest.approx(-0.0621, abs=5e-5)
    assert (found.figure.lower, found.figure.upper) == pytest.approx((-0.1186, -0.0046), abs=5e-5)
    assert (found.only_first, found.only_second, found.n) == (6, 16, 161)
    assert found.p == pytest.approx(2 * sum(stats.binom.pmf(k, 22, 0.5) for k in range(7)))


def test_mcnemar_exact_equals_the_published_p_values() -> None:
    """By hand: 2 · (1 + 8) / 256, and 2 · (1 + 11 + 55) / 2048 (Fay, The R Journal 2 (2010): 0.06543)."""
    assert table(1, 1, 7, 12).p == pytest.approx(0.0703125)
    assert table(21, 9, 2, 12).p == pytest.approx(0.06542969)


def test_newcombes_interval_by_hand() -> None:
    """No case is right twice and none wrong twice: φ is -1, and the reaches add up."""
    found = table(0, 10, 10, 0)
    wilson = stats.binomtest(10, 20).proportion_ci(0.95, method="wilson")
    assert found.figure.upper == pytest.approx((wilson.high - 0.5) + (0.5 - wilson.low))
    assert found.figure.lower == pytest.approx(-found.figure.upper)
    # independent: φ is 0, and their squares do
    found = table(16, 4, 16, 4)
    one, other = (stats.binomtest(k, 40).proportion_ci(0.95, method="wilson") for k in (20, 32))
    reach = np.hypot(one.high - 0.5, 0.8 - other.low)
    assert found.figure.upper == pytest.approx(-0.3 + reach)


def test_newcombes_interval_covers_what_it_promises() -> None:
    """Of 400 pairs with a true difference of 0.1 about 95 % of the intervals hold it."""
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(400):
        drawn = rng.choice(4, 120, p=[0.7, 0.15, 0.05, 0.1])
        found = proportion_difference(drawn < 2, (drawn == 0) | (drawn == 2)).figure
        held += found.lower <= 0.1 <= found.upper
    assert 0.925 <= held / 400 <= 0.98


def test_binary_differences_are_those_of_the_figures() -> None:
    """The same numbers as measuring each model by itself; the finding is class 0 here."""
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 2, 200)
    models = []
    for noise in (0.2, 0.6):
        of_finding = np.clip((labels == 0) * 0.6 + rng.normal(0.2, noise, 200), 0, 1)
        models.append(np.stack([of_finding, 1 - of_finding], axis=1))
    rules = (DecisionRule("binary", 0, 0.5), DecisionRule("binary", 0, 0.4))
    found = compare(labels, *models, rules=rules)
    alone = [
        evaluate(p, labels, rule=rule, classes=("a", "b"))
        for p, rule in zip(models, rules, strict=True)
    ]
    assert list(found) == ["auc", "accuracy", "sensitivity", "specificity"]
    for name, difference in found.items():
        expected = alone[0][name].estimate - alone[1][name].estimate
        assert difference.figure.estimate == pytest.approx(expected)
    assert found["sensitivity"].n == (labels == 0).sum()
    assert found["sensitivity"].n + found["specificity"].n == found["accuracy"].n == 200
    swapped = compare(labels, *models[::-1], rules=rules[::-1])
    for name, difference in found.items():
        assert swapped[name].figure.lower == pytest.approx(-difference.figure.upper)
        assert swapped[name].p == pytest.approx(difference.p)


@pytest.mark.parametrize("task", ["multi-class", "ordinal", "multi-label"])
def test_several_classes_are_bootstrapped_in_pairs(task: str) -> None:
    rng = np.random.default_rng(6)
    labels = rng.integers(0, 2, (300, 3)) if task == "multi-label" else rng.integers(0, 3, 300)
    one_hot = labels if labels.ndim == 2 else np.eye(3)[labels]
    good, poor = (np.clip(one_hot * w + rng.random((300, 3)) * (1 - w), 0, 1) for w in (0.5, 0.2))
    rule = DecisionRule(task)
    found = compare(labels, good, poor, rules=(rule, rule))
    alone = [evaluate(p, labels, rule=rule, classes=("a", "b", "c")) for p in (good, poor)]
    assert set(found) == {"auc", "accuracy"}
    for name, difference in found.items():
        expected = alone[0][name].estimate - alone[1][name].estimate
        assert difference.figure.estimate == pytest.approx(expected)
        assert difference.signs == 2 and difference.figure.lower > 0
        tested = task != "multi-label" and name == "accuracy"
        assert (difference.p is not None) == tested
    # in pairs: two models that err together differ by less than by chance
    shifted = compare(labels, good, good * 0.999, rules=(rule, rule))["auc"].figure
    assert shifted.upper - shifted.lower < 1e-9


def test_predicted_classes_follow_the_rule_of_the_task() -> None:
    probabilities = np.array([[0.3, 0.7], [0.6, 0.4], [0.45, 0.55]])
    binary = DecisionRule("binary", 1, 0.6).predict(probabilities)
    assert binary.tolist() == [1, 0, 0]
    assert DecisionRule("binary", 0, 0.3).predict(probabilities[0]) == 0
    three = np.array([[0.2, 0.5, 0.3]])
    assert DecisionRule("ordinal").predict(three).tolist() == [1]
    many = DecisionRule("multi-label").predict(three)
    assert many.tolist() == [[False, True, False]]
    assert class_names(many[0], ("a", "b", "c")) == ("b",)
    assert class_names(np.zeros(3, bool), ("a", "b", "c")) == ()
    assert class_names(np.array(2), ("a", "b", "c")) == ("c",)
